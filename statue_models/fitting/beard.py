"""Where a beard belongs: the visible beard, carried over the mean head into the hole.

The head model is shaven. Locks show as strong fine contrast beside what shading explains, below the nose, and much
stronger than on the same face's cheeks: rough or shining stone is as rough there. Each hole pixel asks the visible
pixels nearest to it on the mean head, left and right alike. Lips stay lips.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from statue_models.fitting.head import MorphableHead
from statue_models.fitting.raster import HeadImage

SCALE, AROUND = 0.012, 0.03  # of the crop's side: locks are about this wide; contrast is averaged over this
#: Contrast of log(photograph / shading) over the cheeks': skin below, beard above. On 163 lost mouths, chins and halves
#: of photographs, nearly all shaven, these limits cost .002 of feature distance against no beards at all, lower ones
#: .004; of four bearded busts Pericles keeps his curls.
ROUGH = (2.3, 3.1)
LEAST = (0.18, 0.26)  # the same as such: fainter grain is no beard, however smooth the cheeks
CHEEK_SIDE, CHEEK_HEIGHT = (1.8, 5.0), (-1.5, 1.0)  # cm on the mean head
CHEEK_PIXELS = 20  # fewer visible ones say nothing, and without them there is no beard
FACING = -0.3  # z of the normal: steeper pixels, at the silhouette, show a misfit's edge
REACH = 1.2  # cm over which the nearest visible beard still speaks
PRIOR = 0.24  # weight of "no beard here" against one visible pixel at distance 0
UNSURE, SURE = 0.4, 0.8  # shares of rough neighbours: fewer are no beard, more are nothing else
BELOW_NOSE = -1.2  # cm, y of the mean head: where moustaches begin
LIP_MARGIN = 0.25  # cm
NEIGHBOURS = 16
ENOUGH = 20_000  # visible pixels that are asked


def beard(
    head: MorphableHead,
    image: HeadImage,
    log_ratio: NDArray[np.float64],
    known: NDArray[np.bool_],
    hole: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """(S, S) in [0, 1]: how likely a hole pixel shows beard rather than skin; 0 outside the hole.

    Args:
        head: for the lips' place on the mean head.
        image: the fitted head.
        log_ratio: (S, S) log(photograph / shading).
        known: (S, S) visible pixels.
        hole: (S, S) missing pixels.
    """
    zone = (image.coverage > 0.99) & (image.rest[..., 1] < BELOW_NOSE)
    inner = known & _within((image.coverage > 0.99) & (image.normal[..., 2] < FACING))
    rest = image.rest.reshape(-1, 3).copy()
    rest[:, 0] = np.abs(rest[:, 0])
    giving, asking = np.flatnonzero(zone & inner), np.flatnonzero(zone & hole)
    giving = giving[:: max(1, len(giving) // ENOUGH)]
    giving = giving[~_on_lips(head, rest[giving])]
    cheeks = inner.ravel() & _between(rest[:, 0], CHEEK_SIDE) & _between(rest[:, 1], CHEEK_HEIGHT)
    out = np.zeros(hole.shape, np.float32)
    if len(giving) < NEIGHBOURS or not len(asking) or cheeks.sum() < CHEEK_PIXELS:
        return out
    contrast = _roughness(log_ratio, known).ravel()
    rough = _ramp(contrast / max(float(np.median(contrast[cheeks])), 1e-3), ROUGH) * _ramp(contrast, LEAST)
    distance, index = cKDTree(rest[giving]).query(rest[asking], k=NEIGHBOURS)
    weight = np.exp(-((distance / REACH) ** 2))
    said = (weight * rough[giving][index]).sum(1) / (weight.sum(1) + PRIOR)
    said[_on_lips(head, rest[asking])] = 0
    out.ravel()[asking] = _ramp(said, (UNSURE, SURE))
    return out


def _roughness(log_ratio: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(S, S) local contrast of the visible pixels' log ratio, of what is finer than locks are wide."""
    weight = known.astype(np.float64)

    def mean(array: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
        total = cv2.GaussianBlur(weight, (0, 0), reach)
        return np.asarray(cv2.GaussianBlur(weight * array, (0, 0), reach) / np.maximum(total, 1e-3))

    size = len(log_ratio)
    fine = log_ratio - mean(log_ratio, SCALE * size)
    return np.sqrt(mean(fine**2, AROUND * size))


def _within(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The region without a margin of ``AROUND``."""
    reach = int(AROUND * len(region))
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    return cv2.erode(region.astype(np.uint8), kernel) > 0


def _between(values: NDArray[np.float32], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values > limits[0]) & (values < limits[1])


def _ramp(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.float64]:
    """0 below the limits, 1 above them."""
    return np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1)


def _on_lips(head: MorphableHead, rest: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) which places (|x|, y, z) of the mean head lie on the lips."""
    outline = head.vertices[head.landmarks[48:60], :2]
    polygon = np.round(outline * 100).astype(np.int32)
    inside = np.array([cv2.pointPolygonTest(polygon, (float(x) * 100, float(y) * 100), True) for x, y in rest[:, :2]])
    return inside > -LIP_MARGIN * 100
