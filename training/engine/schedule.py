"""How far the schedule is, and the learning rate there."""

import math

from training.engine.checkpoints import Position
from training.engine.recipe import Recipe


def share_done(recipe: Recipe, position: Position) -> float:
    """Share of the present schedule that is done, from 0 to 1: of its times or its images, whichever is furthest."""
    lengths = (
        (position.seconds - position.schedule_seconds, recipe.minutes, 60),
        (position.core_seconds - position.schedule_core_seconds, recipe.core_minutes, 60),
        (position.images - position.schedule_images, recipe.images, 1),
    )
    shares = [done / (unit * whole) if whole else 1.0 for done, whole, unit in lengths if whole is not None]
    return min(1.0, max(shares, default=0.0))


def learning_rate(recipe: Recipe, position: Position) -> float:
    """Linear warm-up by steps, times the decay by ``position.share``."""
    warm = min(1.0, (position.steps - position.schedule_steps + 1) / max(1, recipe.warm_up))
    decay = 0.5 + 0.5 * math.cos(math.pi * min(1.0, position.share)) if recipe.decay == "cosine" else 1.0
    return recipe.peak_rate(position.resumed) * warm * decay
