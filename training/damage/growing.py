"""Masks grown to a requested share of the picture."""

from collections.abc import Sequence

import torch
from torch import Tensor

from training.damage.canvas import Canvas

#: Halvings of the range of levels; after that the next two float32 levels are neighbours.
HALVINGS = 32
#: A percentage, or the two between which each picture's is drawn.
Percent = float | Sequence[float]


def requested_shares(canvas: Canvas, percent: Percent) -> Tensor:
    """(N, 1, 1, 1) shares in (0, 1): the percentage for all pictures, or one between two for each.

    Raises:
        ValueError: unless the percentages lie between 0 and 100.
    """
    ends = [float(value) for value in percent] if isinstance(percent, Sequence) else [float(percent)] * 2
    if len(ends) != 2 or not 0 < ends[0] <= ends[1] < 100:
        raise ValueError(
            f"percent = {percent!r} is not possible: give a number between 0 and 100, or [lowest, highest]"
        )
    return canvas.draws.uniform(canvas.count, 1, 1, 1, low=ends[0] / 100, high=ends[1] / 100)


def grow_to_share(level: Tensor, share: Tensor) -> Tensor:
    """Of each picture the pixels of lowest level, just so many that they cover the share: bisection of all at once.

    Args:
        level: (N, 1, H, W) float32, finite; where many pixels have one level they come together.
        share: (N, 1, 1, 1) of the picture.

    Returns:
        (N, 1, H, W) bool.
    """
    wanted = share * level[0].numel()
    low = level.amin((1, 2, 3), keepdim=True)
    high = level.amax((1, 2, 3), keepdim=True)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = (level <= middle).sum((1, 2, 3), keepdim=True) >= wanted
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return level <= high
