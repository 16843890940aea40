"""Holes that know nothing of the face: noise above a threshold, a disc, strokes of a brush."""

import math

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.growing import Percent, grow_to_share, requested_shares
from training.damage.noise import perlin_noise

#: Strokes are measured at this side; of ten, six are lines, two are discs and two are ellipses.
STROKE_SIDE, LINES, DISCS = 256, 0.6, 0.2


def none(canvas: Canvas) -> Tensor:
    """No damage at all, for mixtures."""
    return torch.zeros(canvas.count, 1, canvas.height, canvas.width, dtype=torch.bool, device=canvas.device)


def perlin(canvas: Canvas, threshold: float = 0.8) -> Tensor:
    """Where fractal gradient noise, scaled to [0, 1], lies above the threshold (the Renoir system's)."""
    if not 0 < threshold < 1:
        raise ValueError(f"threshold = {threshold} is not possible: give a number between 0 and 1")
    return perlin_noise(canvas) > threshold


def circle(canvas: Canvas, radius: float = 20) -> Tensor:
    """A disc in the centre, its radius in pixels at 128 (the Renoir system's test)."""
    if not 0 < radius <= 64:
        raise ValueError(f"radius = {radius} pixels at 128 is not possible: give more than 0 and at most 64")
    width, height = canvas.extent
    inside = torch.hypot(canvas.x - width / 2, canvas.y - height / 2) < radius / 128
    return inside.expand(canvas.count, -1, -1, -1)


def strokes(canvas: Canvas, percent: Percent | None = None, fewest: int = 16, most: int = 64) -> Tensor:
    """Lines, discs and ellipses, 4 to 20 pixels thick at 256 (PICNet's irregular holes).

    Args:
        canvas: where.
        percent: of the picture to be covered. Strokes are drawn until they cover it, and then all made a little
            thinner (or, after the last, thicker) until they cover it exactly. None: whatever their number covers.
        fewest, most: strokes.
    """
    if not 0 < fewest <= most:
        raise ValueError(f"{fewest} to {most} strokes are not possible: give 0 < fewest <= most")
    number = fewest + canvas.draws.index(most - fewest + 1, canvas.count, 1, 1, 1)
    share = None if percent is None else requested_shares(canvas, percent)
    level = torch.full((canvas.count, 1, canvas.height, canvas.width), torch.inf, device=canvas.device)
    for index in range(most):
        stroke = _stroke(canvas)
        wanted = number > index if share is None else (level < 1).float().mean((1, 2, 3), keepdim=True) < share
        level = torch.where(wanted, torch.minimum(level, stroke), level)
    return level < 1 if share is None else grow_to_share(level, share)


def _stroke(canvas: Canvas) -> Tensor:
    """(N, 1, H, W) one stroke for each picture: distance from its core over its half thickness, 1 on its edge.

    A line is a rounded bar, a disc one without length, an ellipse a disc with two radii.
    """
    count, draws = canvas.count, canvas.draws
    extent = torch.tensor(canvas.extent, device=canvas.device)
    ends = draws.uniform(count, 2, 2) * extent
    thick, other = draws.uniform(2, count, low=4 / STROKE_SIDE, high=20 / STROKE_SIDE)
    form, turned = draws.uniform(count), draws.uniform(count, high=math.pi)
    line, disc = form < LINES, (form >= LINES) & (form < LINES + DISCS)
    middle, span = ends.mean(1), ends[:, 1] - ends[:, 0]
    half_length = torch.where(line, span.norm(dim=1) / 2, 0)
    angle = torch.where(line, torch.atan2(span[:, 1], span[:, 0]), turned)
    # Discs and ellipses have the thickness as their radius, lines as their width.
    along, beside = torch.where(line, thick / 2, thick), torch.where(line, thick / 2, torch.where(disc, thick, other))
    dx, dy = canvas.x - middle[:, 0, None, None, None], canvas.y - middle[:, 1, None, None, None]
    cosine, sine = angle.cos()[:, None, None, None], angle.sin()[:, None, None, None]
    beyond = ((dx * cosine + dy * sine).abs() - half_length[:, None, None, None]).clamp(min=0)
    return torch.hypot(beyond / along[:, None, None, None], (dy * cosine - dx * sine) / beside[:, None, None, None])
