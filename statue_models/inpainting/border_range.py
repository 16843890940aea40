"""No fill beyond its surroundings: what continues slopes into a hole can leave every value that is seen beside it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.border import RING
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.regions import dilate


def keep_in_range(
    filled: NDArray[np.float32], hole: NDArray[np.bool_], seen: NDArray[np.float32], known: NDArray[np.bool_]
) -> None:
    """Clip a fill, in place: in each connected hole, each channel to its range beside that hole.

    A hole that touches nothing that is known stays as it is.

    Args:
        filled: (H, W, C); only its samples in the hole are changed.
        hole: (H, W) bool.
        seen: (H, W, C) the photograph.
        known: (H, W) bool, what it shows; ``RING`` pixels beside a hole speak for it.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hole.view(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, width, height = (int(each) for each in stats[number, : cv2.CC_STAT_AREA])
        window = Rectangle(x, y, width, height).expand(RING, hole.shape).slices
        own = np.asarray(labels[window]) == number
        ring = dilate(own, RING) & known[window]
        if ring.any():
            samples = seen[window][ring]
            filled[window][own] = np.clip(filled[window][own], samples.min(0), samples.max(0))
