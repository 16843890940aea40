"""What is told of a face beside its picture, drawn from its landmarks: points, discs, lines, bumps, hull, part.

A map of landmarks is (N, 1, H, W) in [0, 1]; landmarks outside the picture are left out of it, but for "bumps", whose
flanks may still be seen. Lengths in pixels are meant at 128, as those of ``training.damage`` are.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from statue_models.face.landmarks68 import COUNT
from statue_models.face.strokes import STROKES
from training.damage.canvas import Canvas, segment_distance
from training.damage.hulls import hull

#: Standard deviation of a bump in pixels; half the side of the square by which the face's hull is dilated (5 x 5, once:
#: PFCGAN's), in pixels. The first is chosen.
BUMP, HULL_DILATION = 2.0, 2.0


def draw_points(canvas: Canvas) -> Tensor:
    """The single pixels in which landmarks lie."""
    scale = torch.tensor([canvas.width, canvas.height], device=canvas.device)
    cells = (canvas.points * canvas.side).floor()
    there = ((cells >= 0) & (cells < scale)).all(-1).float()
    column, row = cells.clamp(min=0).minimum(scale - 1).long().unbind(-1)
    flat = torch.zeros(canvas.count, canvas.height * canvas.width, device=canvas.device)
    # The largest: a landmark outside must not take another's pixel away.
    flat.scatter_reduce_(1, row * canvas.width + column, there, "amax")
    return flat.view(-1, 1, canvas.height, canvas.width)


def draw_discs(canvas: Canvas, radius: float = 1) -> Tensor:
    """Filled discs round the pixels in which landmarks lie; with a radius of one pixel they are crosses of five."""
    reach = canvas.pixels(radius)
    steps = torch.arange(-reach, reach + 1, device=canvas.device)
    disc = (steps[:, None].square() + steps.square() <= reach**2).float()
    return (functional.conv2d(draw_points(canvas), disc[None, None], padding=reach) > 0).float()


def draw_lines(canvas: Canvas) -> Tensor:
    """The nine strokes of a drawn face, one pixel wide."""
    distance = torch.full((canvas.count, 1, canvas.height, canvas.width), torch.inf, device=canvas.device)
    for _, indices, closed in STROKES:  # one by one, for memory
        start = canvas.points[:, list(indices if closed else indices[:-1])]
        end = canvas.points[:, [*indices[1:], indices[0]] if closed else list(indices[1:])]
        nearest = segment_distance(canvas, start, end - start).amin(1, keepdim=True)
        distance = torch.minimum(distance, nearest)
    return (distance <= 0.5 / canvas.side).float()


def draw_bumps(canvas: Canvas) -> Tensor:
    """A bump of height 1 round every landmark, the highest where several meet."""
    sigma = BUMP / 128
    across = torch.exp(-0.5 * ((canvas.x[:, 0] - canvas.points[..., :1]) / sigma).square())
    down = torch.exp(-0.5 * ((canvas.y[:, 0, :, 0] - canvas.points[..., 1:]) / sigma).square())
    highest = torch.zeros(canvas.count, canvas.height, canvas.width, device=canvas.device)
    for index in range(COUNT):
        highest = torch.maximum(highest, down[:, index, :, None] * across[:, index, None, :])
    return highest[:, None]


#: Name of a map of landmarks -> what draws it.
LANDMARK_MAPS: dict[str, Callable[[Canvas], Tensor]] = {
    "points": draw_points, "discs": draw_discs, "lines": draw_lines, "bumps": draw_bumps,
}  # fmt: skip


def draw_hull(canvas: Canvas) -> Tensor:
    """(N, 1, H, W), 1 in the convex hull of all landmarks, a little dilated: where the face is."""
    return hull(canvas, "whole", HULL_DILATION).float()


def cut_part(picture: Tensor, face_hull: Tensor) -> Tensor:
    """(N, 3, H, W) the picture in [-1, 1] inside the hull, grey (0) elsewhere."""
    return picture * face_hull
