"""What a method sees of a photograph: which frame, and the crop through it.

A photograph is never scaled as a whole, and samples that mean nothing (missing, transparent) never reach a method.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.fitting.interpolation import nearest
from statue_models.restoring.bands import bands
from statue_models.restoring.compositing import luma
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.method import Crop
from statue_models.restoring.overlay import Overlay, Pixels, Rectangle, part_of

#: How far the face frame may be widened so that the whole hole lies in it; what is still outside is interpolated.
WIDEST = 2.0
#: The frame of models that know no faces: the selection's box with half its size as margin.
SELECTION_MARGIN = 2.0
LARGEST_SELECTION = 1024


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
    right, low = x + width - 0.5, y + height - 0.5
    if _inside(frame, np.array([[x + 0.5, y + 0.5], [right, y + 0.5], [x + 0.5, low], [right, low]])).all():
        return np.ones((height, width), bool)
    out = np.empty((height, width), bool)
    for band in bands(height):
        places = np.meshgrid(np.arange(x, x + width) + 0.5, np.arange(y + band.start, y + band.stop) + 0.5)
        out[band] = _inside(frame, np.stack([axis.ravel() for axis in places], 1)).reshape(-1, width)
    return out


def _inside(frame: FaceFrame, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) which of (N, 2) positions in the photograph the frame holds."""
    places = frame.to_crop(points, 1)
    return np.asarray(((places >= 0) & (places <= 1)).all(1))


def unit_samples(image: Pixels, window: Rectangle) -> NDArray[np.float32]:
    """A part of the photograph as (h, w, 3) float32 in [0, 1], without alpha."""
    return as_unit(part_of(image, window))


def as_unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Samples (..., C) of a photograph as (..., 3) float32 in [0, 1], without alpha."""
    samples = samples[..., :3] if samples.shape[-1] >= 3 else np.repeat(samples[..., :1], 3, axis=-1)
    top = 1.0 if samples.dtype == np.float32 else np.iinfo(samples.dtype).max
    out = np.asarray(samples / np.float32(top), np.float32)
    return np.clip(out, 0, 1, out=out)


def luma_of(image: Pixels, window: Rectangle) -> NDArray[np.float32]:
    """(h, w) luma 0..1 of a part of the photograph, without ever holding its colours as floats."""
    x, y, width, height = window
    out = np.empty((height, width), np.float32)
    for band in bands(height):
        out[band] = luma(unit_samples(image, (x, y + band.start, width, band.stop - band.start)))
    return out


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


def plugged(image: NDArray[Any], mask: NDArray[np.uint8]) -> Overlay:
    """The photograph with the nearest visible sample wherever it is missing or fully transparent.

    Resampling mixes neighbours: paint that marks the damage would tint the stone beside the hole, and with it the fill.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing.
    """
    nothing = mask
    if image.shape[2] in (2, 4):
        nothing = ((mask > 0) | (image[..., -1] <= 0)).view(np.uint8)
    box = with_margin(bounding_box(nothing), 1, image.shape)
    colours = 3 if image.shape[2] >= 3 else 1
    samples = part_of(image, box).copy()
    samples[..., :colours] = nearest(samples[..., :colours], part_of(nothing, box) > 0)
    return Overlay(image, box, samples)


def crop_of(image: Pixels, mask: Pixels, frame: FaceFrame, size: int, landmarks: Landmarks | None) -> Crop:
    """What a method sees of a photograph through a frame.

    Args:
        image: (H, W, C) as in ``RestorationRequest``; what it holds in the hole is mixed into the stone beside it.
        mask: (H, W) uint8, > 0 = missing.
        frame, size: of the crop.
        landmarks: in the photograph, or None.
    """
    colours, inside = frame.crop(_colours(image), size)
    hole = frame.crop_mask(mask, size) > 0
    if image.shape[2] in (2, 4):  # what is fully transparent shows nothing
        inside = inside & (frame.crop_mask(_clear(image), size) == 0)
    return Crop(
        rgb=as_unit(colours),
        hole=hole,
        known=inside & ~hole,
        landmarks=None if landmarks is None else frame.to_crop(landmarks.points, size),
        hidden=None if landmarks is None else landmarks.hidden,
        scale=frame.side / size,
        placed=None if landmarks is None else landmarks.placed,
    )


def _colours(image: Pixels) -> Pixels:
    """Without alpha."""
    count = 3 if image.shape[2] >= 3 else 1
    if count == image.shape[2]:
        return image
    return image.channels(count) if isinstance(image, Overlay) else image[..., :count]


def _clear(image: Pixels) -> NDArray[np.bool_]:
    """(H, W) where a photograph with alpha is fully transparent."""
    out = np.empty(image.shape[:2], bool)
    for band in bands(len(out)):
        out[band] = image[band, :][..., -1] <= 0
    return out
