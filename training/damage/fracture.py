"""Broken stone of a requested size: chips and whole sides that break off along facets, with rough edges."""

import math

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.growing import Percent, grow_to_share, requested_shares
from training.damage.noise import value_noise

#: Half of the pictures lose a side, the others at most so many chips. Set by eye.
SIDES, CHIPS = 0.5, 3
#: Facets are the Voronoi cells of so many random points. Set by eye.
FACETS = 40
#: How much of a pixel's level its facet decides: 1 breaks whole facets, 0 knows none. Set by eye.
FACETED = 0.6
#: How far noise moves the facets' edges and the level, in shorter sides. Set by eye.
WARP, ROUGHNESS = 0.015, 0.02


def fracture(canvas: Canvas, percent: Percent = (5, 50)) -> Tensor:
    """Stone broken away, grown to a requested percentage of the picture.

    The break begins beyond a random straight line or at one to three random points (on the faces, where landmarks
    are known), and spreads facet by facet.

    Args:
        canvas: where.
        percent: of the picture to be covered, or the two between which each picture's is drawn.
    """
    share = requested_shares(canvas, percent)
    spread = _Spread(canvas)
    rough, warp = value_noise(canvas), value_noise(canvas)
    x, y = canvas.x + WARP * rough, canvas.y + WARP * warp
    width, height = canvas.extent
    site_x = canvas.draws.uniform(canvas.count, FACETS, 1, 1, high=width)
    site_y = canvas.draws.uniform(canvas.count, FACETS, 1, 1, high=height)
    levels = spread.level(site_x, site_y)
    nearest = torch.full_like(rough, torch.inf)
    facet = torch.zeros_like(rough)
    for k in range(FACETS):
        distance = torch.hypot(x - site_x[:, k, None], y - site_y[:, k, None])
        facet = torch.where(distance < nearest, levels[:, k, None], facet)
        nearest = torch.minimum(nearest, distance)
    level = FACETED * facet + (1 - FACETED) * spread.level(canvas.x, canvas.y) + ROUGHNESS * rough
    return grow_to_share(level, share)


class _Spread:
    """Where a break begins: ``level`` is lowest there and rises by 1 per shorter side."""

    def __init__(self, canvas: Canvas) -> None:
        count, draws = canvas.count, canvas.draws
        self.is_side = draws.uniform(count, 1, 1, 1) < SIDES
        self.angle = draws.uniform(count, 1, 1, 1, high=2 * math.pi)
        start = draws.uniform(count, CHIPS, 2)
        if canvas.landmarks is None:
            start = start * torch.tensor(canvas.extent, device=canvas.device)
        else:
            low, high = canvas.landmarks.amin(1, keepdim=True), canvas.landmarks.amax(1, keepdim=True)
            start = low + start * (high - low)
        self.start = start
        # Chips after the first begin later, and so stay smaller, or never show.
        self.delay = draws.uniform(count, CHIPS, high=0.5)
        self.delay[:, 0] = 0

    def level(self, x: Tensor, y: Tensor) -> Tensor:
        """The level at positions that broadcast with (N, K, H, W)."""
        side = x * self.angle.cos() + y * self.angle.sin()
        chip = torch.full_like(side, torch.inf)
        for k in range(CHIPS):
            start, delay = self.start[:, k, :, None, None, None], self.delay[:, k, None, None, None]
            chip = torch.minimum(chip, torch.hypot(x - start[:, 0], y - start[:, 1]) + delay)
        return torch.where(self.is_side, side, chip)
