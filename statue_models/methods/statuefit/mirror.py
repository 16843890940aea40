"""Detail from the other half of the face: carved lids, pupils, beards and locks, lit from the right side.

What the photograph shows beyond the shaded head, log(photograph / shading), is carried to the hole from the visible
pixel whose rest position is the mirror image of the hole pixel's.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from statue_models.head.raster import HeadImage
from statue_models.inpainting.interpolation import nearest
from statue_models.methods.method import OtherHalf
from statue_models.pixels.grid import centres_of

# Which pixels answer; set by eye. Centimetres are the mean head's.
FACING = -0.15  #: z of the normal: steeper pixels show too little of the surface
FRONT = -1.0  #: cm: behind this plane there are ears and hair, which no mirror helps
NEIGHBOURS = 4  #: nearest visible pixels that a mirror image is the mean of
NEAREST = 0.03  #: cm added to their distances, so that none is infinitely near
REACH = 0.35  #: cm at which a mirrored pixel's confidence has fallen to 1/e
MIDDLE = 0.6  #: cm from the middle line below which a face's own mirror image says nothing
MINIMUM_SOURCE = 50  #: pixels
#: -z of normals over which what is seen is believed: at the head's outline hair and background begin (``native``, "no
#: outlines on cheeks" in docs/experiments.md; values set by eye).
EDGE_ON, FACE_ON = 0.2, 0.5
SMOOTH = 2.0  #: pixels: standard deviation of the blur over the places of mirror images

# What of their detail is taken.
LOW_PASS = 0.08  #: of the crop's side: standard deviation of the blur that parts light from carving; set by eye
BLUR_SIDE = 128  #: pixels: side of the picture that it is worked out on, for time
LOW_REMOVED = 0.8  #: share of the low frequencies that belongs to the light, not to the carving; set by eye
#: Share that is taken: .5 and .6 are alike on ``native`` (docs/quality.md), .8 costs .08 dB on ``check``
#: (docs/experiments.md).
STRENGTH = 0.6
DETAIL_RANGE = (-1.3, 0.9)  #: natural logarithm: deep cuts down, highlights up; set by eye


@dataclass(frozen=True, eq=False)
class MirrorDetail:
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

    def other_half(self, matte: NDArray[np.float32]) -> OtherHalf | None:
        """Where the finest detail is to be had, as far as the head is to be seen (S, S); None where there is none."""
        there = self.confidence > 0
        if not there.any():
            return None
        places = cv2.GaussianBlur(nearest(self.source, ~there), (0, 0), SMOOTH)
        return OtherHalf(np.asarray(places, np.float32), (self.confidence * matte).astype(np.float32))


def no_detail(size: int) -> MirrorDetail:
    """What there is when nothing visible mirrors the hole."""
    return MirrorDetail(np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size, 2), np.float32))


def mirror_detail(
    image: HeadImage,
    log_ratio: NDArray[np.float64],
    known: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    depth: NDArray[np.float32],
) -> MirrorDetail:
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
    sources = facing & known & (image.rest[..., 2] > FRONT)
    targets = facing & hole
    if sources.sum() < MINIMUM_SOURCE or not targets.any():
        return no_detail(size)
    tree = cKDTree(image.rest[sources])
    mirror = image.rest[targets] * np.array([-1, 1, 1], np.float32)
    distance, index = tree.query(mirror, k=NEIGHBOURS)
    weight = 1 / (distance + NEAREST) ** 2
    weight /= weight.sum(1, keepdims=True)
    detail, confidence = np.zeros((size, size)), np.zeros((size, size))
    detail[targets] = (np.clip(log_ratio[sources], *DETAIL_RANGE)[index] * weight).sum(1)
    off_middle = np.clip(np.abs(image.rest[targets][:, 0]) / MIDDLE, 0, 1)
    seen = np.clip((-image.normal[sources][:, 2][index[:, 0]] - EDGE_ON) / (FACE_ON - EDGE_ON), 0, 1)
    confidence[targets] = np.exp(-((distance[:, 0] / REACH) ** 2)) * off_middle * seen
    source = np.zeros((size, size, 2), np.float32)
    places = centres_of(np.argwhere(sources)[:, ::-1])
    source[targets] = (places[index] * weight[..., None]).sum(1)
    return MirrorDetail(_attenuate(detail, confidence, depth), confidence, source)


def _attenuate(detail: NDArray[Any], confidence: NDArray[Any], depth: NDArray[Any]) -> NDArray[np.float64]:
    """Detail without most of its low frequencies, faded by confidence and towards the border of the hole."""
    sure = (confidence > 0.1).astype(np.float64)
    low = _low_pass(detail * sure) / np.maximum(_low_pass(sure), 1e-3)
    fade = np.clip(depth / max(2.0, 0.015 * len(detail)), 0, 1)
    return (detail - LOW_REMOVED * low) * cv2.GaussianBlur(confidence, (0, 0), 1.0) * STRENGTH * fade


def _low_pass(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian of LOW_PASS of the side; a wide blur is worked out on a smaller picture."""
    size = len(array)
    small = cv2.resize(array, (min(size, BLUR_SIDE),) * 2, interpolation=cv2.INTER_AREA)
    low = cv2.GaussianBlur(small, (0, 0), len(small) * LOW_PASS)
    return np.asarray(cv2.resize(low, (size, size), interpolation=cv2.INTER_LINEAR), np.float64)
