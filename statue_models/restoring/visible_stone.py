"""Which of the visible pixels near a hole show the stone whose grain belongs into it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import BROWS, CHIN, face_outline

#: Features whose edges are no grain, by their landmarks, and how far around them, in interocular distances: set by eye.
FEATURES = (range(17, 22), range(22, 27), range(36, 42), range(42, 48), range(48, 60), range(27, 36))
AROUND = 0.06
NOSE_BASE = 33  #: landmark
BESIDE = 2.0  #: pixels from the hole within which its edge may show; set by eye


@dataclass(frozen=True, eq=False)
class VisibleStone:
    """Pixels of a part of the photograph.

    Attributes:
        carved: (H, W) bool, the face with its features, without hair, neck and what a fitted neck takes for itself.
        plain: (H, W) bool, without the features.
        calm: (H, W) bool, those of ``plain`` above the nose's base, where no beard grows.
    """

    carved: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    calm: NDArray[np.bool_]


def find_visible_stone(
    head: NDArray[np.bool_], known: NDArray[np.bool_], points: NDArray[np.float64], near: float, interocular: float
) -> VisibleStone:
    """The stone that speaks for a hole.

    Args:
        head: (H, W) where the fitted head says that it is.
        known: (H, W) visible pixels.
        points: (68, 2) landmarks there.
        near: pixels from the hole within which stone speaks for it.
        interocular: distance of the outer eye corners in pixels.
    """
    away = np.asarray(cv2.distanceTransform(known.view(np.uint8), cv2.DIST_L2, 5))
    carved = head & known & (away < near) & (away > BESIDE)
    del away
    carved &= face_outline(points, head.shape)
    features = np.zeros(head.shape, np.uint8)
    for feature in FEATURES:
        cv2.fillConvexPoly(features, cv2.convexHull(points[list(feature)].astype(np.int32)), 1)
    away = np.asarray(cv2.distanceTransform((features == 0).view(np.uint8), cv2.DIST_L2, 5))
    plain = carved & (away > AROUND * interocular)
    del away
    down = points[CHIN] - points[BROWS].mean(0)
    y, x = np.ogrid[: head.shape[0], : head.shape[1]]
    above = (x - points[NOSE_BASE][0]) * down[0] < (points[NOSE_BASE][1] - y) * down[1]
    return VisibleStone(carved, plain, plain & above)
