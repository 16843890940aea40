"""Light from the surroundings that reaches a point past the head itself, as first-order spherical harmonics.

Ramamoorthi and Hanrahan 2001 for the irradiance; the visibility is that of precomputed radiance transfer (Sloan et al.
2002), found anew for every head with small depth maps from all sides.
"""

import numpy as np
import warp as wp
from numpy.typing import NDArray

from training.statues.description.layout import Light
from training.statues.kernels.raster import Lamp, to_lamp

#: Directions from which the head is looked at, side of their depth maps, and how far (cm) a point may lie below one.
#: The side is in pixels.
#: Chosen, for time; the last set by eye.
SKY_DIRECTIONS = 28
SKY_SIDE = 112
BIAS = wp.constant(0.45)
PI = wp.constant(3.14159265)


def sky_directions() -> NDArray[np.float32]:
    """(K, 3) unit vectors spread evenly over the sphere (Fibonacci lattice)."""
    index = np.arange(SKY_DIRECTIONS) + 0.5
    height = 1 - 2 * index / SKY_DIRECTIONS
    azimuth = np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(azimuth), height, ring * np.sin(azimuth)], 1).astype(np.float32)


@wp.func
def sample_sky(maps: wp.array4d(dtype=float), which: int, turn: float, d: wp.vec3) -> wp.vec3:
    """Radiance of an equirectangular map in a direction, bilinear. maps: (E, rows, columns, 3)."""
    rows = maps.shape[1]
    columns = maps.shape[2]
    azimuth = wp.atan2(d[0], d[2]) - turn
    u = azimuth / (2.0 * PI) + 0.5
    u = (u - wp.floor(u)) * float(columns) - 0.5
    v = wp.clamp((0.5 - wp.asin(wp.clamp(d[1], -1.0, 1.0)) / PI) * float(rows) - 0.5, 0.0, float(rows) - 1.001)
    cu = int(wp.floor(u))
    rv = int(wp.floor(v))
    fu = u - float(cu)
    fv = v - float(rv)
    c0 = (cu + columns) % columns
    c1 = (cu + 1) % columns
    a = wp.vec3(maps[which, rv, c0, 0], maps[which, rv, c0, 1], maps[which, rv, c0, 2])
    b = wp.vec3(maps[which, rv, c1, 0], maps[which, rv, c1, 1], maps[which, rv, c1, 2])
    c = wp.vec3(maps[which, rv + 1, c0, 0], maps[which, rv + 1, c0, 1], maps[which, rv + 1, c0, 2])
    d1 = wp.vec3(maps[which, rv + 1, c1, 0], maps[which, rv + 1, c1, 1], maps[which, rv + 1, c1, 2])
    return wp.lerp(wp.lerp(a, b, fu), wp.lerp(c, d1, fu), fv)


@wp.kernel
def gather_sky(
    lamps: wp.array2d(dtype=Lamp),
    highest: wp.array4d(dtype=float),
    light: wp.array(dtype=Light),
    soft: wp.array4d(dtype=float),
    x: wp.array2d(dtype=wp.vec3),
    normals: wp.array2d(dtype=wp.vec3),
    ambient: wp.array2d(dtype=wp.vec3),
    across: wp.array2d(dtype=wp.vec3),
    upward: wp.array2d(dtype=wp.vec3),
    forward: wp.array2d(dtype=wp.vec3),
) -> None:
    """(B, V) vertices: radiance that reaches them, projected on 1, x, y, z.

    It is scaled so that irradiance / pi in the direction n is ambient + n.x * across + n.y * upward + n.z * forward.
    """
    b, v = wp.tid()
    g = light[b]
    point = x[b, v] + normals[b, v] * 0.3
    side = highest.shape[2]
    l0 = wp.vec3(0.0, 0.0, 0.0)
    lx = wp.vec3(0.0, 0.0, 0.0)
    ly = wp.vec3(0.0, 0.0, 0.0)
    lz = wp.vec3(0.0, 0.0, 0.0)
    for k in range(lamps.shape[1]):
        lamp = lamps[b, k]
        d = lamp.towards
        if wp.dot(d, normals[b, v]) > -0.35:
            p = to_lamp(lamp, float(side), point)
            column = wp.clamp(int(p[0]), 0, side - 1)
            row = wp.clamp(int(p[1]), 0, side - 1)
            if highest[b, k, row, column] < p[2] + BIAS:
                radiance = sample_sky(soft, g.surroundings, g.turn, d)
                l0 += radiance
                lx += radiance * d[0]
                ly += radiance * d[1]
                lz += radiance * d[2]
    # Monte Carlo weight 4 pi / K; cosine lobe A0 = pi, A1 = 2 pi / 3; Y00^2 = 1 / 4 pi, Y1m^2 = 3 / 4 pi; over pi.
    scale = g.sky / float(lamps.shape[1])
    ambient[b, v] = l0 * scale
    across[b, v] = lx * (2.0 * scale)
    upward[b, v] = ly * (2.0 * scale)
    forward[b, v] = lz * (2.0 * scale)
