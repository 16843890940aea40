"""Regions of a picture, as planes of bool."""

import cv2
import numpy as np
from numpy.typing import NDArray


def dilate(region: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """The region (H, W) and all that is at most so many pixels (along both axes) from it."""
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return cv2.dilate(region.view(np.uint8), kernel).view(bool)
