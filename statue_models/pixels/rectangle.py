"""Rectangles of a picture: (x, y, width, height) in whole pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[int, int, int, int]


def bounding_box(mask: NDArray[np.uint8] | NDArray[np.bool_]) -> Rectangle:
    """(x, y, width, height) of what is not 0 in a mask (H, W); of no size where there is nothing."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return x, y, width, height


def with_margin(rectangle: Rectangle, margin: int, shape: tuple[int, ...]) -> Rectangle:
    """The rectangle and so many pixels around it, inside a picture of that shape (H, W, ...)."""
    x, y, width, height = rectangle
    left, top = max(0, x - margin), max(0, y - margin)
    right, low = min(shape[1], x + width + margin), min(shape[0], y + height + margin)
    return left, top, right - left, low - top
