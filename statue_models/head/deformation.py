"""The fitted head, deformed until it passes through the landmarks that a user placed.

A head model knows neither a nose dragged aside nor what is this sculptor's own. What the fit leaves over is taken for a
smooth displacement in the picture's plane, a Gaussian process over the surface (kriging): the landmarks are met, and
between them the surface follows smoothly.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from statue_models.head.morphable_head import MorphableHead
from statue_models.head.pose import HeadFit

# All four set by eye; docs/quality.md ("Landmark guidance") measures how far a dragged nose follows with them.
#: cm: standard deviation of what a head model leaves over, and the distance over which it changes.
MISFIT, REACH = 0.25, 3.0
#: cm, a third of a pixel in a face of 256: landmarks that nearly touch, as those of closed lips, tear no surface. Set
#: by eye.
EXACT = 0.03
#: cm by which landmarks that nobody placed give way to one beside them that somebody did. Set by eye.
YIELDING = 0.15
#: cm: what is further off is no nose dragged aside but another face, and would tear the surface over the whole picture.
#: Set by eye.
FURTHEST = 2.0


def deform_to_landmarks(
    head: MorphableHead, fit: HeadFit, points: NDArray[np.float64], placed: NDArray[np.bool_] | None = None
) -> HeadFit:
    """The fit with the offset of each vertex that brings placed landmarks to where they are.

    Args:
        points: (68, 2) crop pixels.
        placed: (68,) bool; the others stay about where the fit has them. None = all are placed.
    """
    placed = np.ones(len(points), bool) if placed is None else placed
    vertices = head.shape_vertices(fit.coefficients).astype(np.float64)
    known = vertices[head.landmarks]
    camera = fit.camera_space(known)
    # In cm in the picture's plane, at the landmark's own depth.
    residual = (points - fit.project(camera)) * camera[:, 2:] / fit.focal
    residual *= np.minimum(1, FURTHEST / np.maximum(np.linalg.norm(residual, axis=1, keepdims=True), 1e-9))
    residual[~placed] = 0
    noise = np.where(placed, EXACT, YIELDING)
    weights = cho_solve(cho_factor(_kernel(known, known) + np.diag(noise**2)), residual)
    shift = np.zeros_like(vertices)
    shift[:, :2] = _kernel(vertices, known) @ weights
    return replace(fit, offset=(shift @ fit.rotation).astype(np.float32))


def _kernel(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, M) covariance in cm squared of the displacements at points (N, 3) and (M, 3): Matern's of order 3/2."""
    apart = np.sqrt(3) * cdist(one, other) / REACH
    return np.asarray(MISFIT**2 * (1 + apart) * np.exp(-apart))
