"""Pieces broken off, and cracks.

A piece ends at a rough bowl beyond which nothing is left: points beyond it fall back onto it, along its normal. The
mesh stays closed that way; what has fallen back lies in the fracture and shows fresh stone. A steep and narrow bowl is
a drill hole. A crack is too fine for the mesh: it is cut into the visible surface.
"""

import warp as wp

from training.statues.description.layout import Fracture
from training.statues.kernels.noise import fractal


@wp.func
def fracture_distance(f: Fracture, anchor: wp.vec3, x: wp.vec3) -> float:
    """Signed distance in cm along the normal by which ``x`` lies beyond the fracture.

    Args:
        anchor: position of the break's landmark on this statue.
    """
    if f.on == 0 or f.crack > 0.0:
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


@wp.func
def in_crack(f: Fracture, anchor: wp.vec3, x: wp.vec3) -> float:
    """Distance in cm from the nearer rim of a crack to a point inside it; negative outside."""
    if f.on == 0 or f.crack <= 0.0:
        return -1000.0
    d = x - anchor
    across = wp.dot(d, f.normal) - f.offset
    away = wp.length(d - f.normal * wp.dot(d, f.normal))
    wander = f.roughness * fractal(x * f.frequency + wp.vec3(f.seed, f.seed, f.seed), 5)
    # It narrows towards its ends.
    return f.crack * (1.0 - wp.min(away / f.radius, 2.0)) - wp.abs(across + wander)
