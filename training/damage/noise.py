"""Noise that frays edges and makes holes of its own."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.damage.canvas import Canvas

#: Value noise: cells along the shorter side per octave, and the next octave's strength relative to the last. Set by
#: eye.
OCTAVES, FALL = (4, 8, 16, 32, 64), 0.55
#: Perlin noise of the Renoir system: the same.
PERLIN_OCTAVES, PERSISTENCE = (2, 4, 8, 16, 32), 0.4


def value_noise(canvas: Canvas) -> Tensor:
    """(N, 1, H, W) fractal noise between random values, each picture with mean about 0 and standard deviation 1."""
    count, height, width = canvas.count, canvas.height, canvas.width
    total = torch.zeros(count, 1, height, width, device=canvas.device)
    for octave, cells in enumerate(cells for cells in OCTAVES if cells <= canvas.side):
        across, down = (round(cells * extent) for extent in canvas.extent)
        grid = canvas.draws.normal(count, 1, down, across)
        total += FALL**octave * functional.interpolate(grid, size=(height, width), mode="bicubic", align_corners=False)
    return total / total.std((1, 2, 3), keepdim=True)


def perlin_noise(canvas: Canvas) -> Tensor:
    """(N, 1, H, W) fractal gradient noise (Perlin 2002, with the quintic fade), each picture scaled to [0, 1]."""
    total = torch.zeros(canvas.count, 1, canvas.height, canvas.width, device=canvas.device)
    for octave, cells in enumerate(cells for cells in PERLIN_OCTAVES if 2 * cells <= canvas.side):
        total += PERSISTENCE**octave * _gradient_noise(canvas, cells)
    low, high = total.amin((1, 2, 3), keepdim=True), total.amax((1, 2, 3), keepdim=True)
    return (total - low) / (high - low)


def _gradient_noise(canvas: Canvas, cells: int) -> Tensor:
    """One octave: a lattice of random unit gradients, ``cells`` cells along the shorter side."""
    across, down = (math.ceil(cells * extent) + 1 for extent in canvas.extent)
    angle = canvas.draws.uniform(canvas.count, 1, down, across, high=2 * math.pi)
    gradient_x, gradient_y = angle.cos(), angle.sin()
    u, v = canvas.x[0, 0, 0] * cells, canvas.y[0, 0, :, 0] * cells
    column, row = u.floor().long(), v.floor().long()
    u, v = (u - column)[None, :], (v - row)[:, None]

    def corner(right: int, below: int) -> Tensor:
        """The corner's gradient times the pixel's offset from it."""
        of_x = gradient_x[:, :, row + below][..., column + right]
        of_y = gradient_y[:, :, row + below][..., column + right]
        return of_x * (u - right) + of_y * (v - below)

    fade_u, fade_v = _fade(u), _fade(v)
    above = torch.lerp(corner(0, 0), corner(1, 0), fade_u.expand(len(row), -1))
    under = torch.lerp(corner(0, 1), corner(1, 1), fade_u.expand(len(row), -1))
    return torch.lerp(above, under, fade_v.expand(-1, len(column)))


def _fade(t: Tensor) -> Tensor:
    return t**3 * (t * (t * 6 - 15) + 10)
