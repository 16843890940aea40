"""How well a model tells hidden parts of maps that it has not learnt from, and whether it knows how well."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.head.appearance import ANGLE, COLUMNS, HIGHEST, LOWEST, ROWS, Appearance
from statue_models.pixels.grid import centres_of

#: Maps are left out that show fewer cells than these outside the part, and in it. Chosen.
LEAST_SEEN, LEAST_HIDDEN = 300, 30

Place = NDArray[np.float64]
#: Part -> whether it holds cells, by their angle to straight ahead (radians) and height on the mean head (cm).
PARTS: dict[str, Callable[[Place, Place], NDArray[np.bool_]]] = {
    "nose": lambda angle, height: (abs(angle) < 0.22) & (height > -1.5) & (height < 3),
    "mouth": lambda angle, height: (abs(angle) < 0.4) & (height > -5) & (height < -1.2),
    "left eye": lambda angle, height: (angle > 0.12) & (angle < 0.65) & (height > 1.5) & (height < 5),
    "half": lambda angle, height: (angle > 0) & np.isfinite(height),
    "chin": lambda angle, height: (height < -1.5) & np.isfinite(angle),
}


@dataclass(frozen=True)
class PartError:
    """Errors of log(photograph / lit head) over all hidden cells of one part: root mean squares, natural logarithm.

    Attributes:
        bare: without a model. mean: of the mean map. rms: of what the model expects, told the rest of the map.
        chi: mean of squared error over variance in learnt cells, 0 without any; above 1, the model is too sure.
        maps: on so many maps.
    """

    bare: float
    mean: float
    rms: float
    chi: float
    maps: int


def part_cells(part: str) -> NDArray[np.bool_]:
    """(ROWS, COLUMNS) the cells of a part."""
    row, column = centres_of(np.mgrid[:ROWS, :COLUMNS])
    return PARTS[part]((column / COLUMNS * 2 - 1) * ANGLE, HIGHEST - row / ROWS * (HIGHEST - LOWEST))


def judge_appearance(model: Appearance, maps: NDArray[np.float32]) -> dict[str, PartError]:
    """Part -> errors; parts that no map shows are left out. Cells that were not learnt count as bare.

    Args:
        maps: (N, ROWS, COLUMNS) collected with this model, of photographs that it was not learnt from.
    """
    errors = {part: _part_error(model, maps.astype(np.float64), part_cells(part)) for part in PARTS}
    return {part: error for part, error in errors.items() if error is not None}


def _part_error(model: Appearance, maps: NDArray[np.float64], part: NDArray[np.bool_]) -> PartError | None:
    mean = np.where(model.learnt, model.mean, 0)
    errors: list[NDArray[np.float64]] = []  # (3, cells) each: bare, mean map, model
    surprises: list[NDArray[np.float64]] = []
    for seen in maps:
        hidden = np.isfinite(seen) & part
        rest = np.where(part, np.nan, seen)
        enough = np.isfinite(rest).sum() >= LEAST_SEEN and hidden.sum() >= LEAST_HIDDEN
        posterior = model.condition_on(rest) if enough else None
        if posterior is None:
            continue
        expected = np.where(model.learnt, posterior.mean_map(), 0)
        errors.append(np.stack([seen, seen - mean, seen - expected])[:, hidden])
        sure = hidden & model.learnt
        surprises.append((seen - expected)[sure] ** 2 / posterior.variance_map()[sure])
    if not errors:
        return None
    bare, level, rms = np.sqrt((np.concatenate(errors, 1) ** 2).mean(1))
    surprise = np.concatenate(surprises)
    chi = surprise.mean() if surprise.size else 0.0
    return PartError(float(bare), float(level), float(rms), float(chi), len(errors))


def overall(errors: Mapping[str, PartError]) -> float:
    """One figure for all parts: the mean of their rms; infinite where nothing could be judged."""
    return float(np.mean([error.rms for error in errors.values()])) if errors else float("inf")
