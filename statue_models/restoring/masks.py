"""Masks that are to reach further, and rims of damage that a mask has left over."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.restoring.compositing import luma
from statue_models.restoring.cropping import bounding_box, unit_samples, with_margin
from statue_models.restoring.texture import log_luma

#: Widths in pixels of the rims that are looked for.
RIMS = (2, 4, 8)
#: A rim is darker or brighter (logarithm of luma) than what lies beyond it: by so much in the middle, and by half of
#: that, the same way, along so much of the border. Stone beside a nose is lit on one side and shaded on the other.
DIFFERENT, ALONG = 0.15, 0.8
#: Widest rim that is looked for, in interocular distances: on small faces a lid is as wide as a rim.
WIDEST_RIM = 0.03
#: The note's code in the record, and what it tells a user.
RIM_DIFFERS = "rim-differs"
RIM_NOTE = (
    "all round the mask the stone looks unlike what lies beyond, as if damage had been left over: look at the border, "
    "and let the mask reach further with {remedy} (rim-differs)"
)
#: Pixels that a mask may be grown by.
MOST_GROWN = 200


def grow(mask: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """A mask that reaches ``pixels`` further all round, its soft edge moved outwards.

    Args:
        mask: (H, W) uint8, > 0 = missing.
        pixels: 0 to ``MOST_GROWN``.
    """
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return np.asarray(cv2.dilate(mask, disc), np.uint8)


def left_over(image: NDArray[Any], missing: NDArray[np.uint8], mask: NDArray[np.uint8], interocular: float) -> int:
    """Width in pixels of the rim of damage that a mask has left over; 0 where there is none.

    Args:
        image: (H, W, C) the photograph.
        missing: (H, W) uint8, > 0 = missing.
        mask: (H, W) uint8, > 0 = the part of it whose border is looked at.
        interocular: of the face in pixels.
    """
    widths = [width for width in RIMS if width <= WIDEST_RIM * interocular]
    if not widths:
        return 0
    around = left, top, width, height = with_margin(bounding_box(mask), 4 * RIMS[-1], mask.shape)
    log = log_luma(luma(unit_samples(image, around)))
    window = np.s_[top : top + height, left : left + width]
    return rim_width(log, missing[window] == 0, mask[window] > 0, widths)


def rim_width(
    log: NDArray[np.float32], known: NDArray[np.bool_], hole: NDArray[np.bool_], widths: Sequence[int] = RIMS
) -> int:
    """Width in pixels of a rim of damage that the mask has left over all round; 0 where there is none.

    Args:
        log: (H, W) float32 logarithm of luma.
        known: (H, W) visible pixels.
        hole: (H, W) the hole whose border is looked at.
        widths: in pixels, that are looked for.
    """
    away = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    border = hole & (cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    best, strongest = 0, DIFFERENT
    for width in widths:
        near, far = known & (away <= width), known & (away > width + 1) & (away <= 3 * width + 2)
        step = _mean_at(log, near, border, 2 * width) - _mean_at(log, far, border, 2 * width)
        step = step[np.isfinite(step)]
        if not len(step):
            continue
        middle = float(np.median(step))
        coherent = float((step * np.sign(middle) > DIFFERENT / 2).mean())
        if abs(middle) > strongest and coherent >= ALONG:
            best, strongest = width, abs(middle)
    return best


def _mean_at(
    values: NDArray[np.float32], where: NDArray[np.bool_], places: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """(N,) Gaussian means of the values there, around the places; NaN where there are none."""
    total = cv2.GaussianBlur(where.astype(np.float32), (0, 0), reach)[places]
    sums = cv2.GaussianBlur(np.where(where, values, 0).astype(np.float32), (0, 0), reach)[places]
    return np.where(total > 1e-3, sums / np.maximum(total, 1e-3), np.nan).astype(np.float32)
