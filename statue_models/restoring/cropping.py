"""What a method sees of a photograph: which frame, and the crop through it.

A photograph is never scaled as a whole, and samples that mean nothing (missing, transparent) never reach a method.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.inpainting.interpolation import nearest
from statue_models.methods.method import Crop
from statue_models.pixels.bands import bands
from statue_models.pixels.grid import centres_in, centres_of
from statue_models.pixels.overlay import Overlay, Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import as_unit

#: How far the face frame may be widened so that the whole hole lies in it; what is still outside is interpolated. Times
#: its side; chosen.
WIDEST = 2.0
#: The frame of models that know no faces: the selection's box with half its size as margin. Chosen.
SELECTION_MARGIN = 2.0
#: Pixels: largest side of that frame's crop; chosen.
LARGEST_SELECTION = 1024


def widen_to_hold(frame: FaceFrame, rectangle: Rectangle) -> FaceFrame:
    """The frame, widened about its centre until the rectangle lies in it, but not beyond ``WIDEST``."""
    x, y, right, bottom = rectangle.x, rectangle.y, rectangle.right, rectangle.bottom
    corners = np.array([[x, y], [right, y], [x, bottom], [right, bottom]], float)
    reach = np.abs(frame.to_crop(corners, 2) - 1).max()  # 1 = the frame's edge
    return FaceFrame(frame.centre, frame.side * float(np.clip(reach * 1.08, 1, WIDEST)), frame.angle)


def selection_frame(rectangle: Rectangle) -> tuple[FaceFrame, int]:
    """The frame of a method that looks at the hole's surroundings alone, upright around it, and its crop's side.

    The side is a multiple of 16 crop pixels near the frame's own in the photograph's, and at most
    ``LARGEST_SELECTION``.
    """
    side = SELECTION_MARGIN * max(rectangle.width, rectangle.height, 16)
    size = min(LARGEST_SELECTION, 16 * int(np.ceil(side / 16)))
    centre = (rectangle.x + rectangle.width / 2, rectangle.y + rectangle.height / 2)
    return FaceFrame(centre, side, 0.0), size


def pixels_in_frame(frame: FaceFrame, rectangle: Rectangle) -> NDArray[np.bool_]:
    """(h, w) which of the rectangle's pixels the frame holds."""
    columns, rows = (rectangle.x, rectangle.right - 1), (rectangle.y, rectangle.bottom - 1)
    if frame.holds(centres_of(np.array([[x, y] for y in rows for x in columns], float))).all():
        return np.ones(rectangle.shape, bool)
    out = np.empty(rectangle.shape, bool)
    for band in bands(rectangle.height):
        places = centres_in(rectangle.part(band))
        out[band] = frame.holds(np.stack([axis.ravel() for axis in places], 1)).reshape(-1, rectangle.width)
    return out


def fill_nearest(image: NDArray[Any], mask: Pixels, window: Rectangle | None = None) -> Overlay:
    """The photograph with the nearest visible sample wherever it is missing or fully transparent.

    Resampling mixes neighbours: paint that marks the damage would tint the stone beside the hole, and with it the fill.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing.
        window: the part of it that will be looked at; None = all.
    """
    window = window or Rectangle(0, 0, mask.shape[1], mask.shape[0])
    nothing = part_of(mask, window)
    if image.shape[2] in (2, 4):
        nothing = ((nothing > 0) | (part_of(image, window)[..., -1] <= 0)).view(np.uint8)
    box = Rectangle.of_mask(nothing).expand(1, nothing.shape)
    nothing, box = part_of(nothing, box), box.move(*window.corner)
    colours = 3 if image.shape[2] >= 3 else 1
    samples = part_of(image, box).copy()
    samples[..., :colours] = nearest(samples[..., :colours], nothing > 0)
    return Overlay(image, box, samples)


def crop_of(
    image: Pixels,
    mask: Pixels,
    frame: FaceFrame,
    size: int,
    landmarks: Landmarks | None,
    elsewhere: Pixels | None = None,
) -> Crop:
    """What a method sees of a photograph through a frame.

    Args:
        image: (H, W, C) as in ``RestorationRequest``; what it holds in the hole is mixed into the stone beside it.
        mask: (H, W) uint8, > 0 = missing.
        frame, size: of the crop.
        landmarks: in the photograph, or None.
        elsewhere: (H, W) uint8, > 0 = missing as well and filled apart; None where nothing is.
    """
    # Read as floats before they are averaged: rounded to levels, 8 bits would give another crop than 16.
    colours, inside = frame.crop(image, size, as_unit)
    hole = frame.crop_mask(mask, size) > 0
    if image.shape[2] in (2, 4):  # what is fully transparent shows nothing
        inside = inside & (frame.crop_mask(_clear(image), size) == 0)
    if elsewhere is not None:
        inside = inside & (frame.crop_mask(elsewhere, size) == 0)
    return Crop(
        rgb=np.clip(colours, 0, 1),
        hole=hole,
        known=inside & ~hole,
        landmarks=None if landmarks is None else landmarks.to_crop(frame, size),
        scale=frame.scale(size),
    )


def _clear(image: Pixels) -> NDArray[np.bool_]:
    """(H, W) where a photograph with alpha is fully transparent."""
    out = np.empty(image.shape[:2], bool)
    for band in bands(len(out)):
        out[band] = image[band, :][..., -1] <= 0
    return out
