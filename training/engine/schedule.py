"""How far the schedule is, and the learning rate there."""

import math

from training.engine.checkpoints import Position
from training.engine.recipe import Recipe


def share_done(recipe: Recipe, position: Position) -> float:
    """Share of the present schedule that is done, from 0 to 1: of its time or its images, whichever is further."""
    by_time = by_images = 0.0
    if recipe.minutes is not None:
        by_time = (position.seconds - position.schedule_seconds) / (60 * recipe.minutes) if recipe.minutes else 1.0
    if recipe.images is not None:
        by_images = (position.images - position.schedule_images) / recipe.images if recipe.images else 1.0
    return min(1.0, max(by_time, by_images))


def learning_rate(recipe: Recipe, position: Position) -> float:
    """Linear warm-up by steps, times the decay by ``position.share``."""
    warm = min(1.0, (position.steps - position.schedule_steps + 1) / max(1, recipe.warm_up))
    decay = 0.5 + 0.5 * math.cos(math.pi * min(1.0, position.share)) if recipe.decay == "cosine" else 1.0
    return recipe.peak_rate(position.resumed) * warm * decay
