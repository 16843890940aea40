"""Smooth continuation of known samples into a hole: the membrane (Laplace) and the thin plate (biharmonic).

Both take an optional ``valid`` mask: pixels outside it are absent, neither known nor to be filled, and the surface
ends there freely (natural boundary), as it does at the border of the array.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix, csr_matrix, diags

from statue_models.inpainting.multigrid import solve_on_pixels
from statue_models.pixels.bands import bands

#: Accepted residual, as a share of the largest known magnitude: errors stay far below a grey level. Chosen.
TOLERANCE = 1e-6
#: Jacobi weights for the two operators, below 2 / the largest eigenvalue of D^-1 A (2 and 3.2).
MEMBRANE_DAMPING, PLATE_DAMPING = 0.8, 0.5
#: Pixels: the 13-point stencil reaches two beyond the hole; a third keeps the degrees of those right.
MARGIN = 3


def membrane(
    values: NDArray[np.floating], hole: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Harmonic extension of the known samples into the hole (zero Laplacian, as a stretched membrane).

    Args:
        values: (H, W) or (H, W, C); samples in the hole and outside ``valid`` mean nothing.
        hole: (H, W) bool, what is to be filled.
        valid: (H, W) bool, pixels that exist; None = all. Holes outside it are left alone.

    Returns:
        The same shape, float64: known samples as they are, the hole filled. A part of the hole that touches no known
        pixel keeps its input.
    """
    return _extend(values, hole, valid, order=1)


def biharmonic(
    rgb: NDArray[np.floating], hole: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Biharmonic inpainting: the fill of least squared Laplacian, so slopes run on into the hole.

    Discretised as Damelin and Hoang ("On Surface Completion and Image Inpainting by Biharmonic Functions", 2018) do:
    the graph Laplacian applied twice, one equation per hole pixel; clipped to the known samples' range per channel.

    Args:
        rgb, hole, valid: as in ``membrane``.

    Returns:
        As ``membrane``.
    """
    result = _extend(rgb, hole, valid, order=2)
    known = ~hole if valid is None else valid & ~hole
    if not known.any():
        return result
    filled = hole if valid is None else hole & valid
    samples = np.asarray(rgb, np.float64)[known]
    result[filled] = np.clip(result[filled], samples.min(0), samples.max(0))
    return result


def nearest(values: NDArray[Any], empty: NDArray[np.bool_]) -> NDArray[Any]:
    """A copy whose empty pixels hold the nearest other pixel's samples; as it is where every pixel is empty.

    Args:
        values: (H, W, C) of any dtype.
        empty: (H, W) bool.
    """
    out = values.copy()
    if empty.all() or not empty.any():
        return out
    labels = _nearest_labels(empty)
    samples = np.empty((int(labels.max()) + 1, out.shape[-1]), out.dtype)
    for band in bands(len(empty)):
        samples[labels[band][~empty[band]]] = out[band][~empty[band]]
    for band in bands(len(empty)):
        out[band][empty[band]] = samples[labels[band][empty[band]]]
    return out


def _nearest_labels(empty: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(H, W) every pixel's nearest one that is not empty, by a number of its own."""
    whole = empty.astype(np.uint8)
    return np.asarray(cv2.distanceTransformWithLabels(whole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1])


def _extend(
    values: NDArray[np.floating], hole: NDArray[np.bool_], valid: NDArray[np.bool_] | None, order: int
) -> NDArray[np.float64]:
    result = np.array(values, np.float64)
    inside = hole if valid is None else hole & valid
    if not inside.any():
        return result
    box = _box(inside)
    exists = np.ones(inside[box].shape, bool) if valid is None else valid[box]
    reachable = _touching_known(inside[box], exists & ~inside[box])
    exists = exists & (reachable | ~inside[box])
    inside = reachable
    if not inside.any():
        return result
    part = result[box]
    part[inside] = _solve(part.reshape(*inside.shape, -1), inside, exists, order).reshape(part[inside].shape)
    return result


def _box(hole: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The hole's bounding box with a margin, inside the array."""
    spans = []
    for axis in (1, 0):
        (places,) = np.nonzero(hole.any(axis))
        spans.append(slice(max(int(places[0]) - MARGIN, 0), int(places[-1]) + 1 + MARGIN))
    return spans[0], spans[1]


def _touching_known(hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of the hole that touch a known pixel; the others have no determined value."""
    labels, _ = ndimage.label(hole)
    beside = ndimage.binary_dilation(known) & hole
    return np.isin(labels, np.unique(labels[beside])) & hole


def _laplacian(exists: NDArray[np.bool_]) -> csr_matrix:
    """Graph Laplacian (degree on the diagonal, -1 per 4-neighbour) over the (H, W) array, row-major.

    Absent pixels have empty rows.
    """
    number = np.arange(exists.size).reshape(exists.shape)
    first, second = [], []
    for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        both = exists[a] & exists[b]
        first.append(number[a][both])
        second.append(number[b][both])
    i, j = np.concatenate(first), np.concatenate(second)
    links = coo_matrix((np.ones(2 * len(i)), (np.r_[i, j], np.r_[j, i])), shape=(exists.size,) * 2).tocsr()
    return (diags(np.asarray(links.sum(1)).ravel()) - links).tocsr()


def _solve(
    values: NDArray[np.float64], hole: NDArray[np.bool_], exists: NDArray[np.bool_], order: int
) -> NDArray[np.float64]:
    """(N, C) values of the hole's pixels in row-major order."""
    laplacian = _laplacian(exists)
    unknown, known = np.flatnonzero(hole), np.flatnonzero(exists & ~hole)
    equations = laplacian[unknown]
    if order == 2:
        equations = equations @ laplacian
    samples = values.reshape(hole.size, -1)[known]
    right = -(equations[:, known] @ samples)
    rows, columns = np.nonzero(hole)
    damping = MEMBRANE_DAMPING if order == 1 else PLATE_DAMPING
    tolerance = TOLERANCE * max(float(np.abs(samples).max()), 1e-12)
    return solve_on_pixels(equations[:, unknown].tocsr(), right, rows, columns, damping, tolerance)
