"""How open to the sky each vertex of the mean head is: ambient occlusion, worked out once.

Nostrils, the corners of the eyes and the line between the lips are dark on every head; at run time a crop is too coarse
to see into them. Light comes from directions spread evenly over the sphere; a vertex sees one when nothing of the head
lies nearer along it (a depth buffer per direction).
"""

import numpy as np
from numpy.typing import NDArray

from statue_models.head.morphable_head import vertex_normals
from statue_models.head.raster import rasterise

DIRECTIONS = 256  #: over the sphere; chosen
SIDE = 512  # pixels of each depth buffer; chosen
FAR = 1e4  # cm to the eye: as good as a parallel projection
BIAS = 0.12  # cm: a surface does not shade itself; set by eye


def sphere_directions(count: int) -> NDArray[np.float64]:
    """(count, 3) unit vectors, evenly spread (Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], 1)


def _find_lit_vertices(vertices: NDArray, triangles: NDArray, direction: NDArray) -> NDArray[np.bool_]:
    """(V,) which vertices light from ``direction`` reaches."""
    side = np.cross(direction, [0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, direction)
    # The eye looks along -direction; picture x right, y down.
    x, y, height = vertices @ -side, vertices @ -up, vertices @ direction
    scale = (SIDE - 4) / max(np.ptp(x), np.ptp(y))
    points = np.stack([(x - x.min()) * scale + 2, (y - y.min()) * scale + 2], 1)
    depth = FAR + height.max() - height
    both = np.concatenate([triangles, triangles[:, ::-1]])  # the cut edge has no back: either face blocks light
    triangle, weights = rasterise(points, depth, both, SIDE)
    buffer = np.full((SIDE, SIDE), np.inf)
    hit = triangle >= 0
    buffer[hit] = (weights[hit] * depth[both[triangle[hit]]]).sum(1)
    column, row = np.clip(points.astype(int), 0, SIDE - 1).T
    return depth <= buffer[row, column] + BIAS


def vertex_openness(vertices: NDArray[np.floating], triangles: NDArray[np.integer]) -> NDArray[np.uint8]:
    """(V,) cosine-weighted share of the sky that each vertex sees, 0..255."""
    normals = vertex_normals(vertices.astype(np.float32), triangles.astype(np.int32)).astype(np.float64)
    reached, possible = np.zeros(len(vertices)), np.full(len(vertices), 1e-9)
    for direction in sphere_directions(DIRECTIONS):
        cosine = np.maximum(normals @ direction, 0)
        reached += cosine * _find_lit_vertices(vertices.astype(np.float64), triangles, direction)
        possible += cosine
    return np.round(np.clip(reached / possible, 0, 1) * 255).astype(np.uint8)
