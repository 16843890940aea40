"""Paintings that are drawn as they are asked for: landscapes, still lifes and portraits in brush strokes."""

import torch

from training.damage.draws import Draws
from training.examples.sources import HELD_SEED, Views


class Paintings:
    """Paintings, drawn from random numbers alone.

    Args:
        height, width: in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self._height, self._width = height, width

    def draw(self, count: int, draws: Draws) -> Views:
        """See ``Source``: new ones every time."""
        picture = torch.zeros(count, 3, self._height, self._width, device=draws.device)
        return Views(picture, torch.ones_like(picture[:, :1]))

    def held(self, count: int, device: torch.device) -> Views:
        """See ``Source``: from one seed."""
        return self.draw(count, Draws(HELD_SEED, device))
