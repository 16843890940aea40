"""Pieces broken off: rough bowls beyond which nothing is left. Points beyond one fall back onto it, along its normal.

The mesh stays closed that way; what has fallen back lies in the fracture and shows fresh stone.
"""

import warp as wp

from training.statues.layout import Fracture
from training.statues.noise import fractal


@wp.func
def beyond(f: Fracture, anchor: wp.vec3, x: wp.vec3) -> float:
    """Signed distance in cm along the normal by which ``x`` lies beyond the fracture.

    Args:
        anchor: position of the break's landmark on this statue.
    """
    if f.on == 0:
        return -1000.0
    d = x - anchor
    height = wp.dot(d, f.normal)
    away = wp.length(d - f.normal * height)
    over = wp.max(away - f.radius, 0.0)
    rough = f.roughness * fractal(x * f.frequency + wp.vec3(f.seed, f.seed, f.seed), 4)
    return height - f.offset - rough - f.bowl * over * over


@wp.func
def fracture_normal(f: Fracture, anchor: wp.vec3, x: wp.vec3) -> wp.vec3:
    """Outward normal of the fracture at a point on it, its roughness aside."""
    d = x - anchor
    height = wp.dot(d, f.normal)
    lateral = d - f.normal * height
    away = wp.length(lateral)
    over = wp.max(away - f.radius, 0.0)
    return wp.normalize(f.normal - lateral * (2.0 * f.bowl * over / wp.max(away, 1.0e-3)))
