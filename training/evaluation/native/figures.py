"""The figures of fills judged at a photograph's own size: grain, relief, light, colour, and how the border shows.

Pictures are (H, W, 3) uint8 RGB, holes (H, W) bool, True = missing; lengths are measured in distances of the outer eye
corners, which are given in pixels. All but ``light_r`` are 0 where a fill is as the truth is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.samples import LUMA_REC601

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

#: As published figures take it.
_LUMA = np.array(LUMA_REC601, np.float32)
#: Standard deviation in pixels of the finest Gaussian; each octave doubles it. Chosen.
FINEST = 0.8
#: Octaves that count as grain, of so many in all; chosen.
GRAIN_OCTAVES, OCTAVES = 3, 6
#: Added to luma before its logarithm: the noise of black must not count as relief. Luma 0..1; set by eye, as
#: ``statue_models.inpainting.texture.BLACK``.
BLACK = 0.03
#: Added to energies, and to deviations of L*: a flat fill is far off, not infinitely far. Chosen.
LEAST_ENERGY, LEAST_DEVIATION = 1e-7, 0.3
#: Pixels so near to the hole's border are left out of the energies, where enough others remain. Chosen.
BORDER, ENOUGH = 2, 200
#: Deviation of the Gaussian before light and colour are compared, and width of the bands beside the border. Interocular
#: distances; chosen.
SMOOTHING, BAND = 0.05, 0.04
#: What is looked at around the hole's box: so many eye distances, and so many pixels at least. Chosen.
AROUND, LEAST_AROUND = 0.25, 48


@dataclass(frozen=True)
class Figures:
    """The figures of one fill.

    Attributes:
        grain_db: energy of log luma in the three finest octaves, result / truth in dB: mean of the absolute values.
        grain_signed: the same with its sign: below 0 the fill is too smooth.
        grain_1, grain_2, grain_3: signed, of each of the three octaves, the finest first.
        relief_db: as ``grain_db``, of the next three octaves.
        light_dL: mean absolute difference of L* after a Gaussian of .05 eye distances.
        light_r: correlation of L* with the truth's after the same Gaussian; 1 is right.
        light_gain: log2 of the ratio of the deviations of L* after the same Gaussian; below 0 the fill is too flat.
        colour_dab: mean distance in a*, b* after the same Gaussian.
        seam: mean absolute luma step across the hole's border, result minus truth, 8-bit levels.
        level: the same between the means of two bands inside and outside the border, .04 eye distances wide.
    """

    grain_db: float
    grain_signed: float
    grain_1: float
    grain_2: float
    grain_3: float
    relief_db: float
    light_dL: float  # noqa: N815, it is CIELAB's L
    light_r: float
    light_gain: float
    colour_dab: float
    seam: float
    level: float


#: Names of the figures, in their order.
FIGURES = tuple(field.name for field in fields(Figures))


def surroundings(hole: Mask, eye_distance: float) -> tuple[slice, slice]:
    """Rows and columns of the hole's box with a margin, inside the picture: all that the figures look at."""
    rows, columns = np.nonzero(hole)
    margin = int(max(LEAST_AROUND, AROUND * eye_distance))
    return (
        slice(max(0, rows.min() - margin), min(hole.shape[0], rows.max() + margin + 1)),
        slice(max(0, columns.min() - margin), min(hole.shape[1], columns.max() + margin + 1)),
    )


def figures(result: Picture, truth: Picture, hole: Mask, eye_distance: float) -> Figures:
    """The figures of a fill, at the pictures' own size."""
    window = surroundings(hole, eye_distance)
    hole = hole[window]
    a, b = _unit(result[window]), _unit(truth[window])
    luma_a, luma_b = a @ _LUMA, b @ _LUMA
    decibels = _energies(luma_a, luma_b, hole)
    grain, relief = decibels[:GRAIN_OCTAVES], decibels[GRAIN_OCTAVES:]
    light_dl, light_r, light_gain, colour = _light_and_colour(a, b, hole, eye_distance)
    border = _Border(hole, eye_distance)
    return Figures(
        grain_db=float(np.abs(grain).mean()),
        grain_signed=float(grain.mean()),
        grain_1=float(grain[0]),
        grain_2=float(grain[1]),
        grain_3=float(grain[2]),
        relief_db=float(np.abs(relief).mean()),
        light_dL=light_dl,
        light_r=light_r,
        light_gain=light_gain,
        colour_dab=colour,
        seam=255 * (border.step(luma_a) - border.step(luma_b)),
        level=255 * (border.level(luma_a) - border.level(luma_b)),
    )


def octaves(luma: Plane) -> list[Plane]:
    """Differences of Gaussians of log luma, the finest first: deviations of 0.8, 1.6, 3.2 ... pixels."""
    logarithm = np.log(luma + BLACK)
    found, last = [], logarithm
    for octave in range(OCTAVES):
        blurred = _blur(logarithm, FINEST * 2**octave)
        found.append(last - blurred)
        last = blurred
    return found


def _energies(result: Plane, truth: Plane, hole: Mask) -> NDArray[np.float64]:
    """(6,) energy in every octave, result / truth in dB, away from the border: steps there are the seam's."""
    inner = hole & (_depth(hole) > BORDER)
    inner = inner if inner.sum() > ENOUGH else hole
    ratios = []
    for a, b in zip(octaves(result), octaves(truth), strict=True):
        energy_a, energy_b = (float(np.mean(plane[inner] ** 2)) + LEAST_ENERGY for plane in (a, b))
        ratios.append(10 * np.log10(energy_a / energy_b))
    return np.array(ratios)


def _light_and_colour(
    result: NDArray[np.float32], truth: NDArray[np.float32], hole: Mask, eye_distance: float
) -> tuple[float, float, float, float]:
    """Difference, correlation and gain of L*, and the difference of a*, b*, of what a squinting eye sees."""
    smooth_a, smooth_b = (
        cv2.cvtColor(_blur(picture, smoothing(eye_distance)), cv2.COLOR_RGB2LAB) for picture in (result, truth)
    )
    apart = (smooth_a - smooth_b)[hole]
    light_a, light_b = smooth_a[..., 0][hole], smooth_b[..., 0][hole]
    deviations = float(light_a.std()), float(light_b.std())
    # What is flat goes along with nothing.
    correlation = float(np.corrcoef(light_a, light_b)[0, 1]) if min(deviations) > 0 else 0.0
    gain = float(np.log2((deviations[0] + LEAST_DEVIATION) / (deviations[1] + LEAST_DEVIATION)))
    return float(np.abs(apart[:, 0]).mean()), correlation, gain, float(np.hypot(apart[:, 1], apart[:, 2]).mean())


class _Border:
    """The border of a hole, for steps across it.

    Args:
        hole: (H, W). eye_distance: in pixels.
    """

    def __init__(self, hole: Mask, eye_distance: float) -> None:
        self._hole = hole
        self._band = max(3, BAND * eye_distance)
        depth = _depth(hole)
        self._inside = (hole & (depth <= self._band)).astype(np.float32)
        self._outside = (~hole & (_depth(~hole) <= self._band)).astype(np.float32)
        self._rim = hole & (depth <= 1.5)

    def step(self, luma: Plane) -> float:
        """Mean absolute difference of the neighbours on either side, the mean of rows and columns."""
        steps = []
        for axis in (0, 1):
            crosses = np.diff(self._hole.astype(np.int8), axis=axis) != 0
            if crosses.any():
                steps.append(np.abs(np.diff(luma, axis=axis))[crosses].mean())
        return float(np.mean(steps))

    def level(self, luma: Plane) -> float:
        """Mean absolute difference of the local means of the two bands, along the hole's rim."""
        apart = self._mean(luma, self._inside) - self._mean(luma, self._outside)
        return float(np.abs(apart)[self._rim].mean())

    def _mean(self, luma: Plane, where: Plane) -> Plane:
        weight: Plane = np.maximum(_blur(where, self._band), np.float32(1e-3))
        return (_blur(luma * where, self._band) / weight).astype(np.float32)


@dataclass(frozen=True)
class Spread:
    """How far hypotheses are apart in the hole: mean absolute difference of luma between two, 8-bit levels.

    Attributes:
        smooth: after a Gaussian of .05 eye distances: what an eye calls another shape or another light.
        plain: without it: grain that falls otherwise counts, too.
    """

    smooth: float
    plain: float


def spread(results: Sequence[Picture], hole: Mask, eye_distance: float) -> Spread:
    """The mean over all pairs; NaN for fewer than two hypotheses."""
    if len(results) < 2:
        return Spread(float("nan"), float("nan"))
    window = surroundings(hole, eye_distance)
    plain = [np.float32(255) * (_unit(result[window]) @ _LUMA) for result in results]
    smooth = [_blur(luma, smoothing(eye_distance)) for luma in plain]

    def mean_distance(planes: list[Plane]) -> float:
        return float(np.mean([np.abs(a - b)[hole[window]].mean() for a, b in combinations(planes, 2)]))

    return Spread(mean_distance(smooth), mean_distance(plain))


def smoothing(eye_distance: float) -> float:
    """Deviation in pixels of the Gaussian for light and colour."""
    return max(2, SMOOTHING * eye_distance)


def _unit(picture: Picture) -> NDArray[np.float32]:
    return (picture / np.float32(255)).astype(np.float32)


def _blur(plane: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), deviation), np.float32)


def _depth(where: Mask) -> Plane:
    """(H, W) distance in pixels to the nearest pixel that is not in the mask."""
    return np.asarray(cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
