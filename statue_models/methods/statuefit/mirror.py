"""Detail from the other half of the face: carved lids, pupils, beards and locks, lit from the right side.

What the photograph shows beyond the shaded head, log(photograph / shading), is carried to the hole from the visible
pixel whose rest position is the mirror image of the hole pixel's.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from statue_models.head.raster import HeadImage
from statue_models.inpainting.interpolation import nearest
from statue_models.methods.method import OtherHalf

FACING = -0.15  # z of the normal: steeper pixels show too little of the surface
FRONT = -1.0  # cm: behind this plane of the mean head there are ears and hair, which no mirror helps
NEIGHBOURS = 4
REACH = 0.35  # cm of rest position at which a mirrored pixel's confidence has fallen to 1/e
MIDDLE = 0.6  # cm from the middle line below which a face's own mirror image says nothing
LOW_PASS = 0.08  # of the crop's side
BLUR_SIDE = 128
LOW_REMOVED = 0.8  # share of the low frequencies that belongs to the light, not to the carving
STRENGTH = 0.6
DETAIL_RANGE = (-1.3, 0.9)  # natural logarithm: deep cuts down, highlights up
MINIMUM_SOURCE = 50  # pixels
#: -z of normals over which what is seen is believed: at the head's outline hair and background begin.
EDGE_ON, FACE_ON = 0.2, 0.5
SMOOTH = 2.0  # pixels: standard deviation of the blur over the places of mirror images


@dataclass(frozen=True, eq=False)
class MirroredDetail:
    """Detail for the hole.

    Attributes:
        log_detail: (S, S) float64 natural logarithm to add to the log of the shading, faded at the hole's border.
        confidence: (S, S) float64 in [0, 1], how well a visible mirror image answers for the pixel.
        source: (S, S, 2) float32 crop position (x, y) of the mirror image, a mean of the nearest visible pixels; 0
            where there is none.
    """

    log_detail: NDArray[np.float64]
    confidence: NDArray[np.float64]
    source: NDArray[np.float32]

    def half(self, shown: NDArray[np.float32]) -> OtherHalf | None:
        """Where the finest detail is to be had, as far as the head is shown (S, S); None where there is none."""
        there = self.confidence > 0
        if not there.any():
            return None
        places = cv2.GaussianBlur(nearest(self.source, ~there), (0, 0), SMOOTH)
        return OtherHalf(np.asarray(places, np.float32), (self.confidence * shown).astype(np.float32))


def no_detail(size: int) -> MirroredDetail:
    """What there is when nothing visible mirrors the hole."""
    return MirroredDetail(np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size, 2), np.float32))


def mirrored_detail(
    image: HeadImage,
    log_ratio: NDArray[np.float64],
    known: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    depth: NDArray[np.float32],
) -> MirroredDetail:
    """Detail for the hole from the visible other half.

    Args:
        image: the fitted head.
        log_ratio: (S, S) log(photograph / shading).
        known: (S, S) pixels that may be copied from.
        hole: (S, S) pixels that need an answer.
        depth: (S, S) distance of hole pixels from the hole's border, in pixels.
    """
    size = hole.shape[0]
    facing = (image.coverage > 0.99) & (image.normal[..., 2] < FACING)
    giving = facing & known & (image.rest[..., 2] > FRONT)
    asking = facing & hole
    if giving.sum() < MINIMUM_SOURCE or not asking.any():
        return no_detail(size)
    tree = cKDTree(image.rest[giving])
    mirror = image.rest[asking] * np.array([-1, 1, 1], np.float32)
    distance, index = tree.query(mirror, k=NEIGHBOURS)
    weight = 1 / (distance + 0.03) ** 2
    weight /= weight.sum(1, keepdims=True)
    detail, confidence = np.zeros((size, size)), np.zeros((size, size))
    detail[asking] = (np.clip(log_ratio[giving], *DETAIL_RANGE)[index] * weight).sum(1)
    off_middle = np.clip(np.abs(image.rest[asking][:, 0]) / MIDDLE, 0, 1)
    seen = np.clip((-image.normal[giving][:, 2][index[:, 0]] - EDGE_ON) / (FACE_ON - EDGE_ON), 0, 1)
    confidence[asking] = np.exp(-((distance[:, 0] / REACH) ** 2)) * off_middle * seen
    source = np.zeros((size, size, 2), np.float32)
    places = np.argwhere(giving)[:, ::-1] + 0.5
    source[asking] = (places[index] * weight[..., None]).sum(1)
    return MirroredDetail(_shaped(detail, confidence, depth), confidence, source)


def _shaped(detail: NDArray, confidence: NDArray, depth: NDArray) -> NDArray[np.float64]:
    """Detail without most of its low frequencies, faded by confidence and towards the border of the hole."""
    sure = (confidence > 0.1).astype(np.float64)
    low = _blurred(detail * sure) / np.maximum(_blurred(sure), 1e-3)
    fade = np.clip(depth / max(2.0, 0.015 * len(detail)), 0, 1)
    return (detail - LOW_REMOVED * low) * cv2.GaussianBlur(confidence, (0, 0), 1.0) * STRENGTH * fade


def _blurred(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian of LOW_PASS of the side; a wide blur is worked out on a smaller picture."""
    size = len(array)
    small = cv2.resize(array, (min(size, BLUR_SIDE),) * 2, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), len(small) * LOW_PASS)
    return np.asarray(cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR), np.float64)
