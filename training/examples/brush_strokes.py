"""A picture laid in brush strokes: each takes the colour of the place where it is set down, and its direction.

After Hertzmann 1998, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", with straight strokes: large
ones first, smaller ones over them where there is more to see. Every pixel looks for the topmost stroke among those of
the nine cells of a jittered grid around it, which is the same work for whole batches on any device.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.damage.draws import Draws

#: Half the length and half the width of strokes, in cells; longer ones would reach beyond the cells that are looked at.
#: Set by eye, like all numbers of this file.
HALF_LENGTH, HALF_WIDTH = (0.75, 1.15), (0.38, 0.55)
#: Bristles across a stroke, and how far they lighten or darken it.
BRISTLES, RELIEF = 7.0, 0.035
#: How much a stroke's colour differs from the place's: a share of it, and in each channel.
LIGHTNESS, TINT = 0.1, 0.016
#: The part of a stroke's half width, from its edge, in which it grows opaque.
EDGE = 0.35
#: Side in pixels of the mean that outlines are found in.
GRADIENT_BLUR = 3


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is to be painted.

    Attributes:
        colours: (N, 3, h, w) in [0, 1], at any resolution.
        directions: (N, 2, h, w), x and y of the strokes' direction there, of length 1.
        detail: (N, 1, h, w), how much there is to see.
    """

    colours: Tensor
    directions: Tensor
    detail: Tensor


def plan_strokes(colours: Tensor, flow: Tensor) -> Sketch:
    """A sketch of colours (N, 3, h, w): strokes follow outlines, and elsewhere the flow (N, 1, h, w), in radians."""
    grey = colours.mean(1, keepdim=True)
    grey = functional.avg_pool2d(grey, GRADIENT_BLUR, 1, GRADIENT_BLUR // 2, count_include_pad=False)
    padded = functional.pad(grey, (1, 1, 1, 1), "replicate")
    across = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    down = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    # Directions have no sign: they are mixed at twice their angle, where a gradient's normal is its negative.
    twice_x = (down**2 - across**2) * 400 + torch.cos(2 * flow)
    twice_y = -2 * across * down * 400 + torch.sin(2 * flow)
    angle = torch.atan2(twice_y, twice_x) / 2
    blurred = functional.avg_pool2d(colours, 5, 1, 2, count_include_pad=False)
    detail = (colours - blurred).abs().mean(1, keepdim=True) + torch.hypot(across, down)
    return Sketch(colours, torch.cat([angle.cos(), angle.sin()], 1), detail)


def lay_strokes(canvas: Tensor, sketch: Sketch, cell: int, threshold: Tensor, draws: Draws) -> Tensor:
    """A layer of strokes over a canvas.

    Args:
        canvas: (N, 3, H, W) in [0, 1].
        sketch: of the whole picture.
        cell: distance of strokes in pixels.
        threshold: (N, 1, 1, 1), detail below which no stroke is laid.
        draws: where they lie, how long they are, how they differ.
    """
    count, _, height, width = canvas.shape
    rows, columns = -(-height // cell) + 2, -(-width // cell) + 2
    shape = (count, 1, rows, columns)
    y = (torch.arange(rows, device=canvas.device)[:, None] - 1 + draws.uniform(*shape)) * cell
    x = (torch.arange(columns, device=canvas.device) - 1 + draws.uniform(*shape)) * cell
    taken = _take(torch.cat([sketch.colours, sketch.directions, sketch.detail], 1), y / height, x / width)
    colour, direction, detail = taken.split([3, 2, 1], 1)
    half_length = draws.uniform(*shape, low=HALF_LENGTH[0], high=HALF_LENGTH[1]) * cell
    half_width = draws.uniform(*shape, low=HALF_WIDTH[0], high=HALF_WIDTH[1]) * cell
    rank = torch.where(detail >= threshold, draws.uniform(*shape), -1.0)
    dx, dy = direction.chunk(2, 1)
    # Along and across a stroke a pixel's place is a linear function of its own: four numbers of each are looked up.
    along = torch.cat([dx / half_length, dy / half_length, (x * dx + y * dy) / half_length], 1)
    across = torch.cat([-dy / half_width, dx / half_width, (y * dx - x * dy) / half_width], 1)
    top, place, edge, side = _find_topmost(torch.cat([along, across, rank], 1), height, width, cell)
    colour = colour * (1 + LIGHTNESS * draws.normal(*shape)) + TINT * draws.normal(count, 3, rows, columns)
    shift = draws.uniform(*shape, high=6.28)
    found = _look_up(torch.cat([colour.clamp(min=0), shift], 1), place)
    relief = RELIEF * found[:, :3].sqrt() * (torch.sin(side * BRISTLES + found[:, 3:]) + side)
    opacity = ((1 - edge) / EDGE).clamp(0, 1) * (top >= 0)
    return torch.lerp(canvas, found[:, :3] + relief, opacity)


def _find_topmost(strokes: Tensor, height: int, width: int, cell: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of every pixel's topmost stroke: rank, place in the grid, nearness of its edge (1 = on it), place across it.

    Args:
        strokes: (N, 7, rows, columns).
    """
    count, numbers, rows, columns = strokes.shape
    device = strokes.device
    at_y, at_x = (torch.arange(height, device=device) + 0.5)[:, None], torch.arange(width, device=device) + 0.5
    index = torch.arange(rows * columns, device=device, dtype=strokes.dtype).view(1, 1, rows, columns)
    planes = torch.cat([strokes, index.expand(count, -1, -1, -1)], 1)
    # Every pixel of a cell has the same neighbours: seen at the pixels' scale, they are one cell's width away.
    spread = planes[..., None, :, None].expand(-1, -1, -1, cell, -1, cell)
    spread = spread.reshape(count, numbers + 1, rows * cell, columns * cell)
    top = strokes.new_full((count, 1, height, width), -0.5)
    place, edge, side = torch.zeros_like(top), torch.ones_like(top), torch.zeros_like(top)
    for down in range(3):
        for right in range(3):
            near = spread[..., down * cell : down * cell + height, right * cell : right * cell + width]
            ax, ay, a, bx, by, b, rank, here = near.split(1, 1)
            u, v = torch.addcmul(at_x * ax - a, at_y, ay), torch.addcmul(at_x * bx - b, at_y, by)
            reach = torch.maximum(u.abs(), v.abs())
            better = (reach < 1) & (rank > top)
            top, place = torch.where(better, rank, top), torch.where(better, here, place)
            edge, side = torch.where(better, reach, edge), torch.where(better, v, side)
    return top, place.long(), edge, side


def _take(values: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(N, C, rows, columns) the values (N, C, h, w) at places (N, 1, rows, columns) in shares of height and width."""
    height, width = values.shape[-2:]
    row = (y * height).long().clamp(0, height - 1)
    column = (x * width).long().clamp(0, width - 1)
    return _look_up(values, row * width + column)


def _look_up(values: Tensor, place: Tensor) -> Tensor:
    """(N, C, H, W) the values (N, C, h, w) at flat places (N, 1, H, W)."""
    channels = values.shape[1]
    index = place.flatten(1)[:, None].expand(-1, channels, -1)
    return values.flatten(2).gather(2, index).unflatten(2, place.shape[-2:])
