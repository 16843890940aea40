"""Which pixels of a selection are bright enough to be damage, and OpenCV's two fills for them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.methods.classical.classical import SelectionMethod, march
from statue_models.pixels.bands import bands
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import unit_samples
from statue_models.request import RestorationRequest

#: Radius in crop pixels from which OpenCV's two algorithms take their neighbours; published.
RADIUS = 3
#: The brightest level that thresholds count to.
TOP = 255


class BrightTelea(SelectionMethod):
    """Telea 2004, by OpenCV."""

    def __init__(self) -> None:
        super().__init__(lambda crop: march(crop.rgb, crop.known, cv2.INPAINT_TELEA, RADIUS))


class BrightNavierStokes(SelectionMethod):
    """Bertalmio et al. 2001, by OpenCV."""

    def __init__(self) -> None:
        super().__init__(lambda crop: march(crop.rgb, crop.known, cv2.INPAINT_NS, RADIUS))


def bright_part(request: RestorationRequest, threshold: int) -> NDArray[np.uint8]:
    """The part of a request's mask that is damage, its soft values kept.

    Args:
        request: its picture may have any depth; grey counts as three equal channels, and what is fully transparent
            shows nothing that could be bright.
        threshold: of 255, what all three channels of damage come up to.

    Returns:
        (H, W) uint8.

    Raises:
        StatueError: ``no-bright-pixel`` where nothing is left.
    """
    out = np.zeros_like(request.mask)
    window = Rectangle.of_mask(request.mask)
    for rows in bands(window.height):
        band = window.part(rows)
        bright = is_bright(request.image, band, threshold)
        out[band.slices] = np.where(bright, request.mask[band.slices], np.uint8(0))
    if not out.any():
        raise StatueError("no-bright-pixel", threshold=threshold)
    return out


def is_bright(image: NDArray[np.generic], window: Rectangle, threshold: int) -> NDArray[np.bool_]:
    """(h, w) whether all three channels of a window's pixels come up to a threshold of 255."""
    # In single precision a level over its top is the same number wherever it comes from: k / 255 = 257 k / 65535.
    bright = unit_samples(image, window).min(2) >= np.float32(threshold) / np.float32(TOP)
    if image.shape[2] in (2, 4):
        bright &= image[window.slices][..., -1] > 0  # type: ignore[operator]
    return np.asarray(bright)
