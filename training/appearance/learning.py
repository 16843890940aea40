"""A Gaussian of incomplete maps.

What a map does not show is filled in by the maps' main modes, which then are found anew, until both agree: soft-impute
(Mazumder, Hastie and Tibshirani 2010, algorithm 1). The completed maps give the factors of a factor analysis (Rubin and
Thayer 1982); what these leave in the cells that were seen is its noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from statue_models.head.appearance import Appearance
from training.appearance.recipe import AppearanceRecipe


@dataclass(frozen=True, eq=False)
class CompletedMaps:
    """Maps less their mean, completed, as a product of rank K.

    Attributes:
        rows: (K, C) orthonormal right singular vectors over the cells.
        values: (K,) singular values, largest first.
        low: (N, C) the maps with their singular values shrunk.
    """

    rows: NDArray[np.float32]
    values: NDArray[np.float32]
    low: NDArray[np.float32]


def make_empty_model(modes: int, shape: tuple[int, int]) -> Appearance:
    """The model before anything was learnt: it has nothing to say about any cell."""
    return Appearance(np.zeros(shape), np.zeros((modes, *shape)), np.zeros(shape), np.zeros(shape, bool))


def learn_appearance(maps: NDArray[np.float32], recipe: AppearanceRecipe) -> Appearance:
    """The model of these maps and their mirror images.

    Args:
        maps: (N, ROWS, COLUMNS) natural logarithm, NaN where a statue shows nothing.

    Returns:
        A model of ``recipe.modes`` modes; beyond the number of maps, mirror images included, they are 0.

    Raises:
        ValueError: if no cell is seen in enough maps.
    """
    both = np.concatenate([maps, maps[:, :, ::-1]])
    cells = np.isfinite(both).sum(0) >= recipe.least_share * max(len(both), 1)
    if not cells.any():
        raise ValueError("no cell of a face is seen in enough photographs")
    values = both[:, cells].astype(np.float32)
    seen = np.isfinite(values)
    count = seen.sum(0)
    mean = np.where(seen, values, 0).sum(0, dtype=np.float64) / count
    centred = np.where(seen, values - mean, 0).astype(np.float32)
    # One thread: sums in another order would be other bytes.
    with threadpool_limits(1):
        completed = soft_impute(centred, seen, min(recipe.modes, len(values)), recipe.shrinkage, recipe.fillings)
    left = np.where(seen, centred - completed.low, 0).astype(np.float64)
    noise = np.maximum((left**2).sum(0) / count, recipe.least_noise)
    loadings = np.zeros((recipe.modes, len(mean)))
    loadings[: len(completed.rows)] = completed.rows * (completed.values / np.sqrt(len(values)))[:, None]
    return Appearance(_on_map(mean, cells), _on_map(loadings, cells), _on_map(noise, cells), cells)


def soft_impute(
    centred: NDArray[np.float32], seen: NDArray[np.bool_], modes: int, shrinkage: float, fillings: int
) -> CompletedMaps:
    """Completes a matrix by one of low rank whose singular values are shrunk.

    Args:
        centred: (N, C), 0 where nothing was seen. seen: (N, C).
        modes: the rank K, at most N.
        shrinkage: by how much the singular values over sqrt(N) shrink.
        fillings: iterations.
    """
    filled = centred
    for _ in range(fillings):
        # The singular vectors on the side of the maps, of which there are fewer than cells.
        squares, left = np.linalg.eigh(filled @ filled.T)
        values = np.sqrt(np.maximum(squares[::-1][:modes], 1e-9))
        left = left[:, ::-1][:, :modes]
        rows = (left.T @ filled) / values[:, None]
        shrunk = np.maximum(values - np.float32(shrinkage * np.sqrt(len(centred))), 0)
        low = (left * shrunk) @ rows
        filled = np.where(seen, centred, low)
    return CompletedMaps(rows, values, low)


def _on_map(values: NDArray[np.floating], cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(..., ROWS, COLUMNS) of (..., C) values at the True cells, 0 elsewhere."""
    out = np.zeros((*values.shape[:-1], *cells.shape))
    out[..., cells] = values
    return out
