"""Losses of the pixels themselves."""

from torch import Tensor

#: Smallest share of missing pixels that is divided by: tiny holes would shout. Chosen.
LEAST_HOLE = 0.05


def l1_over_hole(picture: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference of whole pictures over the batch's share of missing pixels (LaFIn's).

    Args:
        picture, truth: (N, C, H, W). mask: (N, 1, H, W).
    """
    return (picture - truth).abs().mean() / mask.mean().clamp(min=LEAST_HOLE)


def total_variation(picture: Tensor) -> Tensor:
    """Mean absolute step from pixel to pixel, across plus down, of (N, C, H, W)."""
    across = (picture[..., 1:] - picture[..., :-1]).abs().mean()
    down = (picture[..., 1:, :] - picture[..., :-1, :]).abs().mean()
    return across + down
