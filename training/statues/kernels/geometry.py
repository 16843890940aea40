"""Kernels from a head's shape to the sculpted surface. Arrays are (B, ...), one row per statue; lengths in cm."""

from typing import Any

import warp as wp

from training.statues.description.layout import Beard, Carving, Fracture, Hair, Headgear, Proportions
from training.statues.kernels.carving import MOUTH, carving_height, reproportion
from training.statues.kernels.fracture import fracture_distance
from training.statues.kernels.hair import SKULL_Y, SKULL_Z, beard_share, locks, loose_hair_share, mass, scalp
from training.statues.kernels.headgear import drapes, gear_relief, headgear_share, ushnisha
from training.statues.kernels.noise import rise

#: Height of hair between its locks, as a share of its full height. Of a beard, the same. Both set by eye.
HAIR_GROUND = wp.constant(0.55)
BEARD_GROUND = wp.constant(0.45)
#: Pieces that may be missing of a head at most, as ``training.statues.drawing.breakage.CHANCES`` has entries.
BREAKS = wp.constant(3)


@wp.kernel
def morph(
    mean: wp.array(dtype=wp.vec3),
    modes: wp.array2d(dtype=wp.vec3),
    weights: wp.array2d(dtype=float),
    shape: wp.array2d(dtype=wp.vec3),
) -> None:
    """(B, V) the morphable head. Not a matrix product: its last digits would depend on the batch."""
    b, v = wp.tid()
    x = mean[v]
    for k in range(weights.shape[1]):
        weight = weights[b, k]
        if weight != 0.0:
            x += modes[k, v] * weight
    shape[b, v] = x


@wp.kernel
def apply_proportions(
    rest: wp.array(dtype=wp.vec3), g: wp.array(dtype=Proportions), shape: wp.array2d(dtype=wp.vec3)
) -> None:
    """(B, V) positions of the morphable head, changed in place."""
    b, v = wp.tid()
    shape[b, v] = reproportion(g[b], rest[v], shape[b, v])


@wp.kernel
def average_parents(parents: wp.array2d(dtype=int), first: int, values: wp.array2d(dtype=Any)) -> None:
    """One round of refinement: vertices from ``first`` on become the mean of their two parents."""
    b, i = wp.tid()
    v = first + i
    values[b, v] = (values[b, parents[v, 0]] + values[b, parents[v, 1]]) * 0.5


wp.overload(average_parents, {"values": wp.array2d(dtype=wp.vec3)})
wp.overload(average_parents, {"values": wp.array2d(dtype=wp.vec4)})


@wp.kernel
def ring_normals(
    corners: wp.array2d(dtype=int),
    start: wp.array(dtype=int),
    ring: wp.array(dtype=int),
    x: wp.array2d(dtype=wp.vec3),
    normals: wp.array2d(dtype=wp.vec3),
) -> None:
    """Normals at vertices: of the triangles round them, weighted by area, always summed in the same order."""
    b, v = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(start[v], start[v + 1]):
        t = ring[k]
        o = x[b, corners[t, 0]]
        total += wp.cross(x[b, corners[t, 1]] - o, x[b, corners[t, 2]] - o)
    normals[b, v] = wp.normalize(total)


@wp.func
def relief(g: Hair, d: Beard, h: Headgear, c: Carving, q: wp.vec3, part: int) -> wp.vec4:
    """Height in cm along the normal; shares of hair, beard and headgear in what shows."""
    height = carving_height(c, q, part)
    if part >= MOUTH:
        return wp.vec4(height, 0.0, 0.0, 0.0)
    hanging = loose_hair_share(g, q)
    grown = wp.max(scalp(g, q), hanging) * rise(0.0, 0.04, g.height)
    chin = beard_share(d, q) * (1.0 - grown)
    gear = headgear_share(h, q)
    if grown > 0.0 and gear < 1.0:
        height += (
            grown * g.height * (1.0 - 0.5 * hanging) * (HAIR_GROUND + locks(q, g.style, g.frequency, g.parting, g.seed))
        )
    if chin > 0.0:
        curled = locks(q + wp.vec3(31.0, 0.0, 0.0), d.style, d.frequency, 0.0, d.seed)
        height += chin * d.height * (BEARD_GROUND + curled)
    height += ushnisha(h, q)
    if gear > 0.0:
        # Locks below a band are pressed flat: the band lies on the hair's ground.
        height = wp.lerp(height, grown * g.height * 0.5 + gear_relief(h, q), gear)
    return wp.vec4(height, grown * (1.0 - gear), chin, gear)


@wp.kernel
def place_landmarks(
    vertex: wp.array(dtype=int),
    rest: wp.array(dtype=wp.vec3),
    part: wp.array(dtype=int),
    shape: wp.array2d(dtype=wp.vec3),
    normals: wp.array2d(dtype=wp.vec3),
    carving: wp.array(dtype=Carving),
    landmarks: wp.array2d(dtype=wp.vec3),
) -> None:
    """(B, 68) positions on the carved face, under hair and beard, where it is whole."""
    b, i = wp.tid()
    v = vertex[i]
    landmarks[b, i] = shape[b, v] + normals[b, v] * carving_height(carving[b], rest[v], part[v])


@wp.kernel
def sculpt(
    rest: wp.array(dtype=wp.vec3),
    part: wp.array(dtype=int),
    shape: wp.array2d(dtype=wp.vec3),
    normals: wp.array2d(dtype=wp.vec3),
    carving: wp.array(dtype=Carving),
    hair: wp.array(dtype=Hair),
    beard: wp.array(dtype=Beard),
    headgear: wp.array(dtype=Headgear),
    fractures: wp.array2d(dtype=Fracture),
    landmarks: wp.array2d(dtype=wp.vec3),
    broken: int,
    position: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.vec4),
    height: wp.array2d(dtype=float),
) -> None:
    """The surface that is seen.

    Args:
        broken: 1 = with the pieces missing.
        cover: out, shares of hair, beard and headgear, and by how many cm a vertex fell back onto a fracture (negative:
            how far it is from one).
        height: out, ``relief`` at the vertex.
    """
    b, v = wp.tid()
    q = rest[v]
    p = part[v]
    g = hair[b]
    d = beard[b]
    h = headgear[b]
    x = shape[b, v]
    n = normals[b, v]
    free = loose_hair_share(g, q) * (1.0 - drapes(h, q))
    cloth = drapes(h, q)
    if p < MOUTH and free + cloth > 0.0:
        hung = mass(q, x, wp.lerp(g.volume, h.height, cloth))
        outward = wp.normalize(wp.vec3(hung[0], wp.max(hung[1] - SKULL_Y, 0.0), hung[2] - SKULL_Z))
        share = wp.max(free, cloth)
        x = wp.lerp(x, hung, share)
        n = wp.normalize(wp.lerp(n, outward, share))
    r = relief(g, d, h, carving[b], q, p)
    x = x + n * r[0]
    if r[2] > 0.0 and p < MOUTH:
        drop = d.hang * r[2] * rise(-4.5, -8.5, q[1]) * rise(2.0, 7.0, q[2])
        x = x + wp.vec3(0.0, -drop, 0.12 * drop)
    cut = float(-1000.0)
    if broken == 1:
        for k in range(BREAKS):
            f = fractures[b, k]
            gone = fracture_distance(f, landmarks[b, f.landmark], x)
            if gone > 0.0:
                x = x - f.normal * gone
            cut = wp.max(cut, gone)
    position[b, v] = x
    cover[b, v] = wp.vec4(r[1], r[2], r[3], cut)
    height[b, v] = r[0]
