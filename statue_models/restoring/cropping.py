"""What a method sees of a photograph: which frame, and the crop through it.

A photograph is never scaled as a whole, and samples that mean nothing (missing, transparent) never reach a method.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.fitting.interpolation import nearest
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.method import Crop
from statue_models.restoring.request import RestorationRequest

#: How far the face frame may be widened so that the whole hole lies in it; what is still outside is interpolated.
WIDEST = 2.0
#: The frame of models that know no faces: the selection's box with half its size as margin.
SELECTION_MARGIN = 2.0
LARGEST_SELECTION = 1024

Rectangle = tuple[int, int, int, int]


def bounding_box(mask: NDArray[np.uint8] | NDArray[np.bool_]) -> Rectangle:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y


def with_margin(rectangle: Rectangle, margin: int, shape: tuple[int, ...]) -> Rectangle:
    """The rectangle and so many pixels around it, inside a picture of that shape (H, W, ...)."""
    x, y, width, height = rectangle
    left, top = max(0, x - margin), max(0, y - margin)
    right, low = min(shape[1], x + width + margin), min(shape[0], y + height + margin)
    return left, top, right - left, low - top


def widened(frame: FaceFrame, rectangle: Rectangle) -> FaceFrame:
    """The frame, widened about its centre until the rectangle lies in it, but not beyond ``WIDEST``."""
    x, y, width, height = rectangle
    corners = np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]], float)
    reach = np.abs(frame.to_crop(corners, 2) - 1).max()  # 1 = the frame's edge
    return FaceFrame(frame.centre, frame.side * float(np.clip(reach * 1.08, 1, WIDEST)), frame.angle)


def selection_frame(rectangle: Rectangle) -> tuple[FaceFrame, int]:
    x, y, width, height = rectangle
    side = SELECTION_MARGIN * max(width, height, 16)
    size = min(LARGEST_SELECTION, 16 * int(np.ceil(side / 16)))
    return FaceFrame((x + width / 2, y + height / 2), side, 0.0), size


def seen(frame: FaceFrame, rectangle: Rectangle) -> NDArray[np.bool_]:
    """(h, w) which of the rectangle's pixels the frame holds."""
    x, y, width, height = rectangle
    columns, rows = np.meshgrid(np.arange(x, x + width) + 0.5, np.arange(y, y + height) + 0.5)
    places = frame.to_crop(np.stack([columns.ravel(), rows.ravel()], 1), 1)
    return ((places >= 0) & (places <= 1)).all(1).reshape(height, width)


def unit_samples(image: NDArray[Any], window: Rectangle) -> NDArray[np.float32]:
    """A part of the photograph as (h, w, 3) float32 in [0, 1], without alpha."""
    x, y, width, height = window
    part = image[y : y + height, x : x + width]
    part = part[..., :3] if part.shape[2] >= 3 else np.repeat(part[..., :1], 3, axis=2)
    top = 1.0 if part.dtype == np.float32 else np.iinfo(part.dtype).max
    return np.clip(part / np.float32(top), 0, 1).astype(np.float32)


def rgb8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """The photograph as (H, W, 3) uint8 for the face search; no copy where it already is that."""
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return image
    part = image[..., :3] if image.shape[2] >= 3 else np.repeat(image[..., :1], 3, axis=2)
    if part.dtype == np.uint16:
        return (part >> 8).astype(np.uint8)
    return (
        np.round(np.clip(part, 0, 1) * 255).astype(np.uint8) if part.dtype == np.float32 else np.ascontiguousarray(part)
    )


def plugged(request: RestorationRequest) -> NDArray[Any]:
    """The photograph with the nearest visible sample wherever it is missing or fully transparent.

    Resampling mixes neighbours: paint that marks the damage would tint the stone beside the hole, and with it the fill.
    """
    image, nothing = request.image, request.mask > 0
    if image.shape[2] in (2, 4):
        nothing = nothing | (image[..., -1] <= 0)
    x, y, width, height = bounding_box(nothing)
    box = np.s_[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1]
    colours = 3 if image.shape[2] >= 3 else 1
    out = image.copy()
    out[box][..., :colours] = nearest(image[box][..., :colours], nothing[box])
    return out


def crop_of(request: RestorationRequest, frame: FaceFrame, size: int, landmarks: Landmarks | None) -> Crop:
    image = request.image
    colours, inside = frame.crop(image[..., :3] if image.shape[2] >= 3 else image[..., :1], size)
    hole = frame.crop_mask(request.mask, size) > 0
    if image.shape[2] in (2, 4):  # what is fully transparent shows nothing
        clear = (image[..., -1] <= 0).astype(np.uint8)
        inside = inside & (frame.crop_mask(clear, size) == 0)
    return Crop(
        rgb=unit_samples(colours, (0, 0, size, size)),
        hole=hole,
        known=inside & ~hole,
        landmarks=None if landmarks is None else frame.to_crop(landmarks.points, size),
        hidden=None if landmarks is None else landmarks.hidden,
        scale=frame.side / size,
        placed=None if landmarks is None else landmarks.placed,
    )
