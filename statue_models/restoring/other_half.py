"""Detail from the other half of a face at the photograph's own resolution.

A crop of at most 512 pixels, and a mean of what statues look like, hold no sharp lid and no pit. Where the same place
of the other half is visible, what is finer there than the model stands in for the fill's own, turned as a mirror does.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.inpainting.local_means import local_mean
from statue_models.inpainting.texture import log_luma, log_luma_of, ramp_from_border
from statue_models.methods.method import OtherHalf
from statue_models.pixels.bands import bands
from statue_models.pixels.grid import cells_at
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import luma_of

TILE = 256  #: pixels: side of what is worked on at a time, for memory
LEAST = 0.02  #: share below which nothing is taken; chosen
FADING = 3.0  #: pixels from the border over which it sets in; set by eye
SHARPEST = 0.5  #: natural logarithm: most that it adds or takes; set by eye
#: Natural logarithm of luma by which both sides may differ: what lies in shadow shows noise and the shadow's edge
#: (``native``, "no noise of shadows on lit cheeks" in docs/experiments.md).
ALIKE = 0.6
WHOLE = 0.99  #: share of a sample's neighbours that must be visible


def transfer_other_half(
    picture: NDArray[np.float32],
    hole: NDArray[np.bool_],
    window: Rectangle,
    half: OtherHalf,
    image: Pixels,
    missing: Pixels,
    frame: FaceFrame,
    reach: float,
) -> NDArray[np.float32]:
    """(height, width) log luma to add to a fill, 0 outside the hole: what is finer on the other half, less its own.

    Args:
        picture: (height, width, 3) in [0, 1], the fill.
        hole: (height, width) bool, what is missing.
        window: of both in the photograph.
        half: on the crop.
        image: (H, W, C) the photograph.
        missing: (H, W) uint8, > 0 = missing.
        frame: of the crop.
        reach: standard deviation in pixels of the blur that parts fine structure from form.
    """
    added, beside = np.zeros(window.shape, np.float32), int(4 * reach) + 3
    size = half.share.shape[0]
    for band in bands(window.height, TILE):
        # By tiles, because a strip across a tilted head is mirrored to one across the whole face.
        border = ramp_from_border(hole, band, FADING)
        for columns in bands(window.width, TILE):
            here = window.part(band, columns)
            share = np.clip(frame.uncrop(half.share, here), 0, 1)
            share[~hole[band, columns]] = 0
            wanted = share > LEAST
            if not wanted.any():
                continue
            in_crop = frame.uncrop(half.places, here).reshape(-1, 2)
            places = cells_at(frame.to_photograph(in_crop, size).reshape(*share.shape, 2))
            fine, level, seen = _sample(image, missing, places, wanted, reach)
            share[~(wanted & seen)] = 0
            rows, beyond = (slice(max(0, each.start - beside), each.stop + beside) for each in (band, columns))
            inner = np.s_[
                band.start - rows.start : band.stop - rows.start,
                columns.start - beyond.start : columns.stop - beyond.start,
            ]
            log = log_luma_of(picture[rows, beyond])
            coarse = local_mean(log, hole[rows, beyond], reach)[inner]
            share *= np.exp(-(((level - coarse) / ALIKE) ** 2)) * border[:, columns]
            added[band, columns] = np.clip(share * (fine - (log[inner] - coarse)), -SHARPEST, SHARPEST)
    return added


def _sample(
    image: Pixels, missing: Pixels, places: NDArray[np.float64], wanted: NDArray[np.bool_], reach: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """(h, w) at (h, w, 2) places, pixel centres at integers: log luma less its blur, that blur, where it is seen."""
    ends = np.stack([places[wanted].min(0), places[wanted].max(0)])
    (left, top), (right, low) = np.clip(ends, 0, np.array(image.shape[1::-1]) - 1).astype(int).tolist()
    box = Rectangle.between(left, top, right + 2, low + 2).expand(int(4 * reach) + 3, image.shape)
    known = part_of(missing, box) == 0
    log = log_luma(luma_of(image, box))
    coarse = local_mean(log, known, reach)
    log -= coarse
    log *= known
    x, y = (np.ascontiguousarray(places[..., axis] - box[axis], np.float32) for axis in (0, 1))
    shown = cv2.remap(known.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    level = cv2.remap(coarse, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    fine = cv2.remap(log, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(fine, np.float32), np.asarray(level, np.float32), np.asarray(shown > WHOLE)
