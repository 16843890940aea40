"""Samples of a photograph as numbers in [0, 1], and their luma."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.bands import bands
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.white import full_white

#: Luma weights of Rec. 709 (ITU-R BT.709-6, section 3.2), applied to encoded values.
LUMA = (0.2126, 0.7152, 0.0722)
#: The same of Rec. 601 (ITU-R BT.601-7, section 2.5.1), as JPEG weighs them.
LUMA_REC601 = (0.299, 0.587, 0.114)


def luma(rgb: NDArray[Any]) -> NDArray[Any]:
    """(...) luma of (..., 3) floats; exactly the common value where the three channels are equal."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    return np.asarray(red + LUMA[1] * (green - red) + LUMA[2] * (blue - red))


def as_unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Samples (..., C) of a photograph as (..., 3) float32 in [0, 1], without alpha."""
    samples = samples[..., :3] if samples.shape[-1] >= 3 else np.repeat(samples[..., :1], 3, axis=-1)
    out = np.asarray(samples / np.float32(full_white(samples.dtype)), np.float32)
    return np.clip(out, 0, 1, out=out)


def unit_samples(image: Pixels, window: Rectangle) -> NDArray[np.float32]:
    """A part of the photograph as (h, w, 3) float32 in [0, 1], without alpha."""
    return as_unit(part_of(image, window))


def luma_of(image: Pixels, window: Rectangle) -> NDArray[np.float32]:
    """(h, w) luma 0..1 of a part of the photograph, without ever holding its colours as floats."""
    out = np.empty(window.shape, np.float32)
    for band in bands(window.height):
        out[band] = luma(unit_samples(image, window.part(band)))
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
