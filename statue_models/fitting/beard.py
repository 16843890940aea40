"""Where a beard belongs: the visible beard, carried over the mean head into the hole.

The head model is shaven. Beards show as strong fine contrast beside what shading explains, below the nose; each hole
pixel there asks the visible pixels nearest to it on the mean head, left and right alike. Lips stay lips.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from statue_models.fitting.head import MorphableHead
from statue_models.fitting.raster import HeadImage

SCALE = 0.015  # of the crop's side: locks are about this wide
ROUGH = (0.14, 0.26)  # standard deviation of log(photograph / shading): skin below, beard above
REACH = 1.2  # cm over which the nearest visible beard still speaks
PRIOR = 0.15  # weight of "no beard here" against one visible pixel at distance 0
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
    giving, asking = np.flatnonzero(zone & known), np.flatnonzero(zone & hole)
    out = np.zeros(hole.shape, np.float32)
    if len(giving) < NEIGHBOURS or not len(asking):
        return out
    giving = giving[:: max(1, len(giving) // ENOUGH)]
    rough = np.clip((_roughness(log_ratio, known) - ROUGH[0]) / (ROUGH[1] - ROUGH[0]), 0, 1)
    rest = image.rest.reshape(-1, 3) * np.float32(1)
    rest[:, 0] = np.abs(rest[:, 0])
    distance, index = cKDTree(rest[giving]).query(rest[asking], k=NEIGHBOURS)
    weight = np.exp(-((distance / REACH) ** 2))
    said = (weight * rough.ravel()[giving][index]).sum(1) / (weight.sum(1) + PRIOR * NEIGHBOURS * 0.1)
    said[_on_lips(head, rest[asking])] = 0
    out.ravel()[asking] = np.clip(said * 2.5 - 1, 0, 1)
    return out


def _roughness(log_ratio: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(S, S) local standard deviation of the visible pixels' log ratio."""
    sigma = SCALE * len(log_ratio)
    weight = known.astype(np.float64)
    blur = lambda array: cv2.GaussianBlur(array, (0, 0), sigma)  # noqa: E731
    total = np.maximum(blur(weight), 1e-3)
    mean = blur(weight * log_ratio) / total
    return np.sqrt(np.maximum(blur(weight * log_ratio**2) / total - mean**2, 0))


def _on_lips(head: MorphableHead, rest: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) which places (|x|, y, z) of the mean head lie on the lips."""
    outline = head.vertices[head.landmarks[48:60], :2] * np.array([1, 1], np.float32)
    polygon = np.round(outline * 100).astype(np.int32)
    inside = np.array([cv2.pointPolygonTest(polygon, (float(x) * 100, float(y) * 100), True) for x, y in rest[:, :2]])
    return inside > -LIP_MARGIN * 100
