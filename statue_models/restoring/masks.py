"""Masks that are to reach further, and rims of damage that a mask has left."""

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.texture import log_luma
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import luma_of

# The test's numbers are set by eye.
#: Pixels: widths of the rims that are looked for.
RIMS = (1, 2, 4, 8)
#: A rim is darker or brighter (logarithm of luma) than what lies beyond it: by so much in the middle, and by half of
#: that, the same way, along so much of the border. Stone beside a nose is lit on one side and shaded on the other.
DIFFERENT, ALONG = 0.15, 0.8
#: Widest rim that is found by that, in interocular distances, and least width of a face's own lines: on small faces a
#: lid is as wide as a rim. Wider ones must differ more, all along: 9 of 275 holes in faces of 50 pixels do.
WIDEST_RIM, LINE, CLEARLY_DIFFERENT, ALL_ALONG = 0.03, 2, 0.4, 0.95
#: From here on a rim is suspected: the user is told, and the fill stays as it is. None of 90 holes in photographs of
#: ``native``, at three sizes, and 34 of those 275 (docs/experiments.md).
SUSPICIOUS, MOSTLY_ALONG = 0.2, 0.85
#: Pixels: a border is looked at in pieces, what lies in one tile of so many; for time.
TILE = 256


def grow(mask: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """A mask that reaches ``pixels`` further all round, its soft edge moved outwards.

    Args:
        mask: (H, W) uint8, > 0 = missing.
        pixels: 0 or more.
    """
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return np.asarray(cv2.dilate(mask, disc), np.uint8)


def feather(mask: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """A mask that fades over ``pixels`` more all round; what was missing stays missing altogether.

    Args:
        mask: (H, W) uint8, 255 = missing.
        pixels: 0 or more.
    """
    if pixels == 0 or not mask.any():
        return mask
    out = mask.copy()
    window = Rectangle.of_mask(mask).expand(pixels + 1, mask.shape).slices
    away = cv2.distanceTransform((mask[window] < 128).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = np.clip(1 - away / (pixels + 1), 0, 1)
    soft = (near * near * (3 - 2 * near) * 255 + 0.5).astype(np.uint8)
    np.maximum(out[window], soft, out=out[window])
    return out


def find_leftover_rim(
    image: Pixels, missing: Pixels, mask: Pixels, rectangle: Rectangle, interocular: float
) -> tuple[int, bool]:
    """Width in pixels of the rim of damage that a mask has left, 0 where there is none, and whether that is sure.

    Args:
        image: (H, W, C) the photograph.
        missing: (H, W) uint8, > 0 = missing.
        mask: (H, W) uint8, > 0 = the part of it whose border is looked at.
        rectangle: that part's bounding box.
        interocular: of the face in pixels.
    """
    around = rectangle.expand(4 * RIMS[-1], image.shape)
    log = log_luma(luma_of(image, around))
    steps = measure_rims(log, part_of(missing, around) == 0, part_of(mask, around) > 0)
    sure = {width for width in steps if max(width, LINE) <= WIDEST_RIM * interocular and _is_rim(steps[width])}
    sure |= {width for width in steps if _is_rim(steps[width], CLEARLY_DIFFERENT, ALL_ALONG)}
    suspected = {width for width in steps if _is_rim(steps[width], SUSPICIOUS, MOSTLY_ALONG)}
    return max(sure or suspected, key=lambda width: abs(steps[width][0]), default=0), bool(sure)


def rim_width(steps: Mapping[int, tuple[float, float]]) -> int:
    """Width in pixels of the rim that differs most; 0 where none differs enough.

    Args:
        steps: as ``measure_rims`` gives them.
    """
    found = [width for width in steps if _is_rim(steps[width])]
    return max(found, key=lambda width: abs(steps[width][0]), default=0)


def _is_rim(step: tuple[float, float], different: float = DIFFERENT, along: float = ALONG) -> bool:
    return abs(step[0]) > different and step[1] >= along


def measure_rims(
    log: NDArray[np.float32], known: NDArray[np.bool_], hole: NDArray[np.bool_], widths: Sequence[int] = RIMS
) -> dict[int, tuple[float, float]]:
    """By width in pixels, the step from rims beside a hole to what lies beyond, and where it is one.

    Args:
        log: (H, W) float32 logarithm of luma.
        known: (H, W) visible pixels.
        hole: (H, W) the hole whose border is looked at.
        widths: in pixels, that are looked for.

    Returns:
        The median along the border, and the share of the border where it is half of ``DIFFERENT`` the same way.
    """
    away = np.asarray(cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5))
    border = hole & (cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    found = {}
    for width in widths:
        reach = 2 * width
        steps = [np.zeros(0, np.float32)]
        for window, places in _tiles(border, 4 * reach):  # OpenCV's Gaussian ends at four standard deviations
            off, seen = away[window], known[window]
            near, far = seen & (off <= width), seen & (off > width + 1) & (off <= 3 * width + 2)
            means = [_mean_at(log[window], where, places, reach) for where in (near, far)]
            steps.append(means[0] - means[1])
        step = np.concatenate(steps)
        step = step[np.isfinite(step)]
        if len(step):
            middle = float(np.median(step))
            found[width] = middle, float((step * np.sign(middle) > DIFFERENT / 2).mean())
    return found


def _tiles(border: NDArray[np.bool_], margin: int) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
    """Windows of a picture with ``margin`` pixels around the border's pixels in one tile, and (h, w) where these are.

    The inside of a hole, and a picture's blur there, concern nobody.
    """
    height, width = border.shape
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            tile = border[top : top + TILE, left : left + TILE]
            if not tile.any():
                continue
            inner = Rectangle.of_mask(tile).move(left, top)
            window = inner.expand(margin, border.shape)
            places = np.zeros(window.shape, bool)
            part_of(places, inner.relative_to(window.corner))[...] = part_of(border, inner)
            yield window.slices, places


def _mean_at(
    values: NDArray[np.float32], where: NDArray[np.bool_], places: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """(N,) Gaussian means of the values there, around the places; NaN where there are none."""
    total = cv2.GaussianBlur(where.astype(np.float32), (0, 0), reach)[places]
    sums = cv2.GaussianBlur(np.where(where, values, 0).astype(np.float32), (0, 0), reach)[places]
    return np.where(total > 1e-3, sums / np.maximum(total, 1e-3), np.nan).astype(np.float32)
