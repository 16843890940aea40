"""What white is among a photograph's samples: its kind's own white, or less or more than it.

Cameras, scanners and laboratories write 10, 12 or 14 bits into 16; programs write 0..255 or 0..65535, or light without
an upper end, into floats. What works on photographs knows one scale, on which white is 255, 65535 or 1: such a picture
is brought onto it, and what comes back goes onto the picture's own. To take too little for white does no harm: it is no
less than what is seen, and a fill is not to outshine that.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.bands import bands
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.regions import dilate

#: Share of the samples that may lie above the brightest that counts: hot pixels, specks of dust. Chosen.
RARE = 1e-5
#: Of 16 bits, as many as a photograph that is merely dark may leave unused: one whose brightest sample is below an
#: eighth of linear light (below half, encoded: 15 bits) is found as it is; a quarter and less is a scale of its own,
#: or so dark that faces are found by it alone. Chosen.
PLAIN_BITS = 15
#: The same for floats.
PLAIN_FLOAT = 0.25
#: Share of the samples above 1 that floats may have which mean 0..1: highlights that were pushed beyond. Chosen.
PUSHED = 0.01
#: The scales of whole numbers that are kept in floats; and, as shares of one, what its lights and half of what is near
#: come up to: light without an upper end has a few that are far above the rest. Chosen.
WHOLE_SCALES, USED, MIDDLE = (255, 1023, 4095, 16383, 65535), 0.25, 0.02
#: Quantile of light without an upper end that stands for white, and where it is looked at: in the hole's bounding box,
#: enlarged all round by so many times its longer side. Chosen: a sky beside a statue is none of it.
LIGHTS, AROUND = 0.99, 1.0
#: Of white: medians below are linear light's. Middle grey is 0.5 of white as sRGB encodes it, and 0.2 as light. Chosen.
DARK = 1 / 3
#: Greatest sample that can be part of a picture: 32 bits; and how far below black it may reach, times what the
#: brightest reach above it: filters go below, but numbers around 0 are no picture's. Chosen.
HIGHEST, BELOW = 2.0**32, 0.7
#: Pixels beside a hole that speak for it. Chosen.
RING = 2
#: Samples that are looked at, evenly spread, at most; of whole numbers before all are. For time; chosen.
SAMPLE = 1_000_000


class Scale(NamedTuple):
    """What the samples of one photograph mean.

    Attributes:
        white: the sample value of white.
        opaque: of wholly opaque.
        linear: whether samples are linear light; else they are encoded as sRGB is.
    """

    white: float
    opaque: float
    linear: bool = False

    def encode(self, colours: NDArray[Any]) -> NDArray[Any]:
        """Samples on it as sRGB-encoded floats, 0..1 for black..white and beyond."""
        unit = colours / self.white
        return encode_srgb(unit) if self.linear else np.asarray(unit)

    def decode(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        """sRGB-encoded floats, 0..1 for black..white, as samples on it, not rounded."""
        return (decode_srgb(unit) if self.linear else unit) * self.white


def full_white(dtype: np.dtype[Any] | type) -> float:
    """White of a kind of samples: 255, 65535 or 1 (float)."""
    return 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)


def encode_srgb(light: NDArray[Any]) -> NDArray[Any]:
    """Linear light as sRGB-encoded floats (IEC 61966-2-1); negative light is black."""
    power = 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, 12.92 * np.maximum(light, 0), power), light.dtype)


def decode_srgb(encoded: NDArray[Any]) -> NDArray[Any]:
    """The inverse."""
    power = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, power), encoded.dtype)


def is_whole(white: float) -> bool:
    """Whether it is the white of a scale of whole numbers: one less than a power of two."""
    return white == int(white) and (int(white) & (int(white) + 1)) == 0


def scale_of(image: NDArray[Any], mask: NDArray[np.uint8] | None = None, white: float | None = None) -> Scale | None:
    """The scale of what a photograph shows; None where its values are no picture's.

    Eight bits mean what they say. Sixteen of which at most 14 are used are as many bits as their brightest sample
    needs. Floats are 0..1; where a hundredth lies above that, the whole scale that they use, or, where they use none,
    the lights around the hole, and linear light where most of it is dark beside them; where they stay below a
    quarter, their brightest sample. Alpha has its kind's own white, or the colours', whichever holds all of it.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing: what stands there counts for nothing. None = all is seen.
        white: the sample value of white, where somebody says it.
    """
    if white is None:
        white = _estimate_white(image, mask)
    if white is None:
        return None
    return Scale(white, _opaque(image, white), _is_linear(image, mask, white))


def to_full_scale(image: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """The photograph as if white were its kind's own; the same array where it is. Integers beyond white become white.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        scale: of it.
    """
    full = full_white(image.dtype)
    if scale == (full, full, False):
        return image
    out = np.empty_like(image)
    colours = 3 if image.shape[2] >= 3 else 1
    for band in bands(len(image)):
        if image.dtype.kind == "f":
            out[band, :, :colours] = scale.encode(image[band, :, :colours])
            out[band, :, colours:] = image[band, :, colours:] / scale.opaque
        else:
            out[band, :, :colours] = _stretch(image.dtype, scale.white)[image[band, :, :colours]]
            out[band, :, colours:] = _stretch(image.dtype, scale.opaque)[image[band, :, colours:]]
    return out


@lru_cache(maxsize=4)
def _stretch(dtype: np.dtype[Any], white: float) -> NDArray[Any]:
    """(samples,) every sample of a kind on the scale whose white is its kind's own."""
    full = full_white(dtype)
    levels = np.arange(int(full) + 1) * (full / white)
    return np.asarray(np.floor(np.minimum(levels, full) + 0.5).astype(dtype))


def range_of(image: NDArray[Any]) -> tuple[float, float]:
    """The lowest and the highest colour sample."""
    colours = image[..., : 3 if image.shape[2] >= 3 else 1]
    return float(colours.min()), float(colours.max())


def highest_seen(image: NDArray[Any], mask: NDArray[np.uint8] | None = None) -> float:
    """The brightest colour sample that is not rare; 0 where nothing is seen.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing; None = all is seen.
    """
    if image.dtype != np.float32:
        return float(_highest_whole(image, mask))
    seen = _seen_samples(image, mask)
    return float(np.quantile(seen, 1 - RARE)) if len(seen) else 0.0


def _highest_whole(image: NDArray[Any], mask: NDArray[np.uint8] | None) -> int:
    """The brightest colour sample that is not rare."""
    colours = 3 if image.shape[2] >= 3 else 1
    counts = np.zeros(np.iinfo(image.dtype).max + 1, np.int64)
    for band in bands(len(image)):
        seen = image[band, :, :colours]
        if mask is not None:
            seen = seen[mask[band] == 0]
        counts += np.bincount(seen.ravel(), minlength=len(counts))
    above = np.cumsum(counts[::-1])[::-1]
    return int(np.flatnonzero(above > RARE * above[0])[-1]) if above[0] else 0


def _estimate_white(image: NDArray[Any], mask: NDArray[np.uint8] | None) -> float | None:
    full = full_white(image.dtype)
    if image.dtype == np.uint8:
        return full
    seen = _seen_samples(image, mask)
    if image.dtype != np.float32:
        if np.count_nonzero(seen >= 2 ** (PLAIN_BITS - 1)) > 100 * RARE * len(seen):
            return full  # without a look at all of them
        bits = _highest_whole(image, mask).bit_length()
        return float(2**bits - 1) if 0 < bits < PLAIN_BITS else full
    return _white_of_floats(image, mask, seen)


def _white_of_floats(image: NDArray[Any], mask: NDArray[np.uint8] | None, seen: NDArray[np.float32]) -> float | None:
    """``seen``: (N,) its samples outside the hole."""
    full = full_white(image.dtype)
    if not len(seen):
        return full
    low, lights, high, highest = (float(each) for each in np.quantile(seen, (0.001, 1 - PUSHED, 0.999, 1 - RARE)))
    if low < -BELOW * max(high, 0) - np.finfo(np.float32).eps or highest > HIGHEST:
        return None
    if lights <= full:
        return highest if 0 < highest < PLAIN_FLOAT else full
    near = _seen_samples(image, mask, near=True)
    near = near if len(near) else seen
    middle, bright = (float(each) for each in np.quantile(near, (0.5, LIGHTS)))
    for scale in WHOLE_SCALES:
        if USED * scale < high <= scale and middle > MIDDLE * scale:
            return float(scale)
    return max(bright, PLAIN_FLOAT, _beside(image, mask))


def _beside(image: NDArray[Any], mask: NDArray[np.uint8] | None) -> float:
    """The middle of what lies right beside the hole, which a fill must come up to; 0 where there is none."""
    if mask is None or not mask.any():
        return 0.0
    window = Rectangle.of_mask(mask).expand(RING, mask.shape)
    hole = part_of(mask, window) > 0
    ring = dilate(hole, RING) & ~hole
    samples = part_of(image, window)[ring][:, : 3 if image.shape[2] >= 3 else 1]
    return float(np.median(samples.max(1))) if len(samples) else 0.0


def _opaque(image: NDArray[Any], white: float) -> float:
    full = full_white(image.dtype)
    if image.shape[2] not in (2, 4) or white == full:
        return full
    highest = max(float(image[band, :, -1].max()) for band in bands(len(image)))
    low, high = sorted((white, full))
    return low if highest <= low else high


def _is_linear(image: NDArray[Any], mask: NDArray[np.uint8] | None, white: float) -> bool:
    """Whether floats without an upper end are linear light: half of what is near is dark beside its lights."""
    if image.dtype != np.float32 or white <= 1 or is_whole(white):
        return False
    near = _seen_samples(image, mask, near=True)
    return bool(len(near) and np.median(near) < DARK * white)


def _seen_samples(image: NDArray[Any], mask: NDArray[np.uint8] | None, near: bool = False) -> NDArray[Any]:
    """(N,) colour samples outside the hole, or near it alone, evenly spread where they are many."""
    colours = 3 if image.shape[2] >= 3 else 1
    window = Rectangle(0, 0, image.shape[1], image.shape[0])
    if near and mask is not None and mask.any():
        hole = Rectangle.of_mask(mask)
        window = hole.expand(int(AROUND * max(hole.width, hole.height)), mask.shape)
    step = max(1, math.isqrt(math.ceil(window.width * window.height * colours / SAMPLE)))
    seen = part_of(image, window)[::step, ::step, :colours]
    if mask is None:
        return seen.ravel()
    return np.asarray(seen[part_of(mask, window)[::step, ::step] == 0].ravel())
