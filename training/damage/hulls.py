"""Convex hulls of landmarks: whole features that are missing, and where on the picture the face is."""

import math

import torch
from torch import Tensor

from statue_models.face.landmarks68 import BROWS, CHIN, COUNT, HAIRLINE
from statue_models.pixels.grid import centres_of
from training.damage.canvas import SIDE, Canvas

_EYE_AND_BROW = {"right": (*range(17, 22), *range(36, 42)), "left": (*range(22, 27), *range(42, 48))}
#: Landmarks of the features that can be cut out. Right and left are the statue's own.
GROUPS: dict[str, tuple[int, ...]] = {
    "nose": tuple(range(27, 36)),
    "right eye": _EYE_AND_BROW["right"],
    "left eye": _EYE_AND_BROW["left"],
    "eyes": _EYE_AND_BROW["right"] + _EYE_AND_BROW["left"],
    "mouth": tuple(range(48, 68)),
    "nose and mouth": (*range(27, 36), *range(48, 68)),
    "lower face": (*range(2, 15), *range(31, 36), *range(48, 68)),
    "whole": tuple(range(COUNT)),
}
#: Directions in which hulls are bounded. An edge of 60 pixels is met to a quarter of a pixel.
DIRECTIONS = 360


def hull(canvas: Canvas, group: str = "nose", dilation: float = 2) -> Tensor:
    """The filled convex hull of a group of landmarks, dilated.

    Args:
        canvas: with landmarks.
        group: one of ``GROUPS``.
        dilation: half the side of the square it is dilated by, in pixels at 128; 2 is the face editor's 5 x 5.
    """
    if group not in GROUPS:
        raise ValueError(f"there is no group of landmarks {group!r}: choose one of {', '.join(GROUPS)}")
    if not 0 <= dilation <= SIDE:
        raise ValueError(f"dilation = {dilation} pixels at 128 is not possible: give 0 to {SIDE}")
    return inside_hull(canvas, canvas.points[:, list(GROUPS[group])], dilation / SIDE)


def inside_hull(canvas: Canvas, points: Tensor, dilation: float = 0.0) -> Tensor:
    """The pixels whose centres lie in the convex hull of points.

    A convex body is where no direction goes beyond its support, which needs neither the hull's corners nor a loop
    over the pictures. The support of a body dilated by a square is the sum of both supports.

    Args:
        canvas: where.
        points: (N, K, 2).
        dilation: half the side of the square by which the hull is dilated, in units of the shorter side.

    Returns:
        (N, 1, H, W) bool.
    """
    inside = torch.ones(canvas.count, 1, canvas.height, canvas.width, dtype=torch.bool, device=canvas.device)
    for step in range(DIRECTIONS):
        angle = 2 * math.pi * step / DIRECTIONS
        across, down = math.cos(angle), math.sin(angle)
        support = (points[..., 0] * across + points[..., 1] * down).amax(1) + dilation * (abs(across) + abs(down))
        inside &= canvas.x * across + canvas.y * down <= support[:, None, None, None]
    return inside


def face_region(canvas: Canvas) -> Tensor:
    """(N, 1, H, W) bool: the hull of the landmarks with the brows raised to about the hairline."""
    brows = canvas.points[:, BROWS]
    raised = brows + HAIRLINE * (brows.mean(1, keepdim=True) - canvas.points[:, [CHIN]])
    return inside_hull(canvas, torch.cat([canvas.points, raised], 1))


def places_in(canvas: Canvas, region: Tensor, number: int) -> Tensor:
    """(N, number, 2) centres of random pixels of a region (N, 1, H, W); the picture's middle where it is empty."""
    passed = region.flatten(1).long().cumsum(1)
    total = passed[:, -1:]
    wanted = canvas.draws.up_to((total - 1).clamp(min=0).expand(-1, number)) + 1
    pixel = torch.searchsorted(passed, wanted)
    place = centres_of(torch.stack([pixel % canvas.width, pixel // canvas.width], 2))
    middle = torch.tensor([canvas.width, canvas.height], device=canvas.device) / 2
    return torch.where(total[..., None] > 0, place, middle) / canvas.side
