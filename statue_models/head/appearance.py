"""Learnt appearance: what carving, wear and light leave on a statue's face beyond a lit bare head.

log(photograph / lit bare head), laid out over the surface of the mean head, is a Gaussian: a mean map, the main ways in
which statues differ from it, and what is left in every cell (factor analysis; Rubin and Thayer 1982). Given what a
damaged picture shows, the rest follows in closed form: mean, variance and draws (Bishop 2006, section 12.2). It was
learnt with mirror images, so that one eye says what it says about the other. ``training/appearance`` learns it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.head.raster import HeadImage
from statue_models.inpainting.local_means import blur_within
from statue_models.pixels.grid import cells_at
from statue_models.weights_file import load_weights

APPEARANCE_FILE = Path(__file__).parents[1] / "weights" / "appearance.safetensors"
#: Measured together with the map's size on the ``check`` photographs: more gain hardly anything ("Appearance" in
#: docs/experiments.md).
MODES = 160

#: The map: columns go round the head's axis, rows down the mean head. 64 x 80 and 112 x 112 were tried, too (as above).
ROWS, COLUMNS = 80, 112
AXIS = 4.0  #: cm behind the origin of the mean head; set by eye
ANGLE = 1.5  #: radians to either side of straight ahead; set by eye
LOWEST, HIGHEST = -9.0, 11.0  #: cm on the mean head; set by eye
#: Natural logarithms beyond which a pixel shows something else: a hole, a highlight, the background. Set by eye.
RANGE = (-1.6, 1.2)
#: Neighbouring cells err alike: so many of them count as one observation. Measured: 12 and 48 are no better.
ALIKE = 24.0
#: What a cell must have seen to count as seen, in pixels of a crop of ``REFERENCE`` pixels that face the camera;
#: set by eye.
ENOUGH, REFERENCE = 0.1, 128
LEAST_CELLS = 200  #: of the map, without which nothing is expected; set by eye
#: z of the normal; cm, z on the mean head: steeper and further back, little is to be seen. Set by eye.
FACING, FRONT = -0.2, -1.0
#: -z of normals over which carving is believed: at the head's outline maps have learnt the background, too. There it is
#: taken from beside, over a blur of so much of the crop's side. Looked at on ``native`` (docs/experiments.md, "carving
#: at outlines from beside"); values set by eye.
EDGE_ON, FACE_ON = 0.1, 0.4
BESIDE = 0.015
EDGE = 1.5  #: cells over which the map fades out where nothing was learnt; set by eye


@dataclass(frozen=True, eq=False)
class Appearance:
    """A Gaussian over maps of log(photograph / lit bare head).

    Attributes:
        mean: (ROWS, COLUMNS) float64, natural logarithm.
        loadings: (MODES, ROWS, COLUMNS) float64: a map is mean + z . loadings + noise, z standard normal.
        noise: (ROWS, COLUMNS) float64 variance of what the modes leave.
        learnt: (ROWS, COLUMNS) bool, cells that enough statues have shown.
    """

    mean: NDArray[np.float64]
    loadings: NDArray[np.float64]
    noise: NDArray[np.float64]
    learnt: NDArray[np.bool_]

    def condition_on(self, observed: NDArray[np.float64]) -> "ConditionalAppearance | None":
        """What is to be expected of a statue of which this much is observed.

        Args:
            observed: (ROWS, COLUMNS), NaN where nothing is.

        Returns:
            The conditional Gaussian, or None where too little is observed to say anything.
        """
        use = np.isfinite(observed) & self.learnt
        if use.sum() < LEAST_CELLS:
            return None
        rows = self.loadings[:, use]
        scaled = rows / (self.noise[use] * ALIKE)
        precision = np.eye(len(rows)) + scaled @ rows.T
        expected = np.linalg.solve(precision, scaled @ (observed[use] - self.mean[use]))
        root = np.linalg.cholesky(precision)
        return ConditionalAppearance(self, expected.astype(np.float64), root.astype(np.float64))


@dataclass(frozen=True, eq=False)
class ConditionalAppearance:
    """The conditional Gaussian of one statue's map.

    Attributes:
        model: what was learnt.
        expected: (MODES,) mean of z.
        root: (MODES, MODES) lower Cholesky factor of the precision of z.
    """

    model: Appearance
    expected: NDArray[np.float64]
    root: NDArray[np.float64]

    def mean_map(self) -> NDArray[np.float64]:
        """(ROWS, COLUMNS) conditional mean."""
        return self._map(self.expected)

    def sample_map(self, generator: np.random.Generator) -> NDArray[np.float64]:
        """(ROWS, COLUMNS) a draw, without the noise of single cells."""
        return self._map(self.expected + np.linalg.solve(self.root.T, generator.standard_normal(len(self.root))))

    def variance_map(self) -> NDArray[np.float64]:
        """(ROWS, COLUMNS) conditional variance, with the noise of single cells; 0 where nothing was learnt."""
        model = self.model
        whitened = np.linalg.solve(self.root, model.loadings.reshape(len(self.root), -1))
        spread = (whitened**2).sum(0).reshape(model.mean.shape) + model.noise
        return np.where(model.learnt, spread, 0.0)

    def _map(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.model.mean + np.tensordot(z, self.model.loadings, 1)


@cache
def load_appearance(path: Path = APPEARANCE_FILE, sha256: str | None = None) -> Appearance:
    """The bundled model.

    Raises:
        StatueError: ``weights-missing``, ``weights-corrupt`` or ``weights-hash``.
    """
    shape = (ROWS, COLUMNS)
    template = {"mean": ("F16", shape), "loadings": ("F16", (MODES, *shape)), "noise": ("F16", shape)}
    arrays = {name: array.astype(np.float64) for name, array in load_weights(path, sha256, template).items()}
    return Appearance(arrays["mean"], arrays["loadings"], arrays["noise"], arrays["noise"] > 0)


def visible_surface(image: HeadImage) -> NDArray[np.bool_]:
    """(S, S) where the head's surface is seen well enough to learn from it."""
    return (image.coverage > 0.99) & (image.normal[..., 2] < FACING) & (image.rest[..., 2] > FRONT)


def unwrap_crop(image: HeadImage, log_ratio: NDArray[np.float64], use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(ROWS, COLUMNS) what a crop shows of the map, NaN where it shows too little.

    Args:
        image: the fitted head.
        log_ratio: (S, S) log(photograph / lit bare head).
        use: (S, S) pixels that show stone.
    """
    use = use & visible_surface(image)
    facing = np.clip(-image.normal[use][:, 2], 0, 1).astype(np.float64)
    column, row = (cells_at(axis) for axis in _cells(image.rest[use]))
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    right_share, low_share = column - left, row - top
    values = np.clip(log_ratio[use], *RANGE)
    sums, weights = np.zeros(ROWS * COLUMNS), np.zeros(ROWS * COLUMNS)
    for right in (0, 1):
        for low in (0, 1):
            share = (right_share if right else 1 - right_share) * (low_share if low else 1 - low_share) * facing
            x, y = left + right, top + low
            inside = (x >= 0) & (x < COLUMNS) & (y >= 0) & (y < ROWS)
            cell = (y * COLUMNS + x)[inside]
            weights += np.bincount(cell, share[inside], ROWS * COLUMNS)
            sums += np.bincount(cell, (share * values)[inside], ROWS * COLUMNS)
    enough = ENOUGH * (len(log_ratio) / REFERENCE) ** 2
    means = np.where(weights > enough, sums / np.maximum(weights, 1e-9), np.nan)
    return means.reshape(ROWS, COLUMNS)


def render_map(values: NDArray[np.float64], learnt: NDArray[np.bool_], image: HeadImage) -> NDArray[np.float64]:
    """(S, S) a map (ROWS, COLUMNS) as the crop's camera sees it, fading to 0 where nothing was learnt."""
    inner = cv2.erode(learnt.astype(np.float32), np.ones((3, 3)))
    faded = (np.where(learnt, values, 0) * cv2.GaussianBlur(inner, (0, 0), EDGE)).astype(np.float32)
    column, row = (np.asarray(cells_at(axis), np.float32) for axis in _cells(image.rest))
    warped = np.asarray(cv2.remap(faded, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT), np.float32)
    covered = image.coverage > 0.5
    facing = np.where(covered, np.clip((-image.normal[..., 2] - EDGE_ON) / (FACE_ON - EDGE_ON), 0, 1), 0)
    facing = facing.astype(np.float32)
    beside = blur_within(warped, facing, BESIDE * len(facing))
    return np.where(covered, facing * warped + (1 - facing) * beside, 0).astype(np.float64)


def _cells(rest: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Column and row of (..., 3) positions on the mean head in cm; cells' edges are at integers."""
    around = np.arctan2(rest[..., 0], rest[..., 2] + AXIS).astype(np.float64)
    down = (HIGHEST - rest[..., 1]).astype(np.float64)
    return (around / ANGLE + 1) / 2 * COLUMNS, down / (HIGHEST - LOWEST) * ROWS
