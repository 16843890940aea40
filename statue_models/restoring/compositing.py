"""The fill into the photograph: exact outside the mask, mixed by the mask inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.samples import luma

_BAND = 1 << 18  # pixels mixed at a time


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a fill.

    Attributes:
        rectangle: (x, y, width, height) in photograph pixels.
        picture: (height, width, 3) float32 in [0, 1], sRGB-encoded.
        where: (height, width) bool, the pixels that it is for.
    """

    rectangle: tuple[int, int, int, int]
    picture: NDArray[np.float32]
    where: NDArray[np.bool_]


def composite_pieces(
    image: NDArray[Any], rectangle: tuple[int, int, int, int], mask: NDArray[np.uint8], pieces: Sequence[Piece]
) -> NDArray[Any]:
    """The samples of a rectangle of the photograph with all pieces laid over it; see ``composite``.

    Args:
        image: (H, W, C), as in ``composite``.
        rectangle: (x, y, width, height) in pixels, inside the image.
        mask: (H, W) uint8, 255 = missing.
        pieces: of the fill.
    """
    x, y, width, height = rectangle
    out = image[y : y + height, x : x + width].copy()
    for piece in pieces:
        px, py, pw, ph = piece.rectangle
        left, right = max(x, px), min(x + width, px + pw)
        rows = max(1, _BAND // max(pw, 1))
        for top in range(max(y, py), min(y + height, py + ph), rows):
            low = min(top + rows, y + height, py + ph)
            own = np.s_[top - py : low - py, left - px : right - px]
            part = np.where(piece.where[own], mask[top:low, left:right], np.uint8(0))
            if part.any():
                laid = composite(image, (left, top, right - left, low - top), piece.picture[own], part)
                np.copyto(out[top - y : low - y, left - x : right - x], laid, where=part[..., None] > 0)
    return out


def composite(
    image: NDArray[Any], rectangle: tuple[int, int, int, int], fill: NDArray[np.float32], mask: NDArray[np.uint8]
) -> NDArray[Any]:
    """The samples of a rectangle of the photograph, with the fill laid over it.

    With a = mask / 255 a colour becomes image + (fill - image) a, in sRGB-encoded values as every editor mixes layers;
    a grey picture takes the fill's luma. Integers are rounded to the nearest, halves up. Where the mask is 0, samples
    are the image's own, bit for bit.

    With alpha A, the result's alpha is max(A, a): a hole that was erased to transparency shows its fill. Colours are
    then mixed with the weight a / (A + a (1 - A)) of "fill over image", so that whatever colour lies under alpha 0
    never shows.

    Args:
        image: (H, W, C) uint8, uint16 or float32, sRGB-encoded; C is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA),
            alpha not premultiplied.
        rectangle: (x, y, width, height) in pixels, inside the image.
        fill: (h, w, 3) float32 in [0, 1], sRGB-encoded, over the rectangle; clipped to that range.
        mask: (h, w) uint8 over the rectangle, 255 = missing.

    Returns:
        (h, w, C) array of the image's dtype; the image itself is not changed.

    Raises:
        ValueError: when the rectangle leaves the image, or the shapes do not agree with it.
    """
    x, y, width, height = rectangle
    if not (0 <= x <= x + width <= image.shape[1] and 0 <= y <= y + height <= image.shape[0]):
        raise ValueError(f"the rectangle {rectangle} leaves the image {image.shape}")
    if fill.shape != (height, width, 3) or mask.shape != (height, width):
        raise ValueError(f"fill {fill.shape} and mask {mask.shape} do not cover the rectangle {rectangle}")
    out = image[y : y + height, x : x + width].copy()
    rows = max(1, _BAND // max(width, 1))
    for top in range(0, height, rows):
        band = slice(top, top + rows)
        hole = mask[band] > 0
        if hole.any():
            out[band][hole] = _mix(out[band][hole], fill[band][hole], mask[band][hole])
    return out


def _mix(samples: NDArray[Any], fill: NDArray[np.float32], mask: NDArray[np.uint8]) -> NDArray[Any]:
    """(N, C) samples under (N, 3) fill and (N,) mask. Double precision: 16-bit halves must round exactly."""
    dtype, channels = samples.dtype, samples.shape[1]
    floating = dtype.kind == "f"
    top = 1.0 if floating else float(np.iinfo(dtype).max)
    new = fill.astype(np.float64)
    np.clip(new, 0.0, 1.0, out=new)
    new *= top
    if channels < 3:
        new = luma(new)[:, None]
    if channels in (1, 3) and (mask == 255).all():
        return new.astype(dtype) if floating else np.floor(new + 0.5).astype(dtype)
    old = samples.astype(np.float64)
    weight = mask / 255.0
    if channels in (2, 4):
        alpha = np.clip(old[:, -1] / top, 0.0, 1.0)
        opacity = np.maximum(old[:, -1], weight * top)
        weight = weight / (alpha + weight * (1.0 - alpha))
        old = old[:, :-1]
    weight = weight[:, None]
    # Written out at weight 1, where a huge float under the hole would otherwise swallow the fill.
    mixed = np.where(weight == 1.0, new, old + (new - old) * weight)
    if channels in (2, 4):
        mixed = np.concatenate([mixed, opacity[:, None]], axis=1)
    return mixed.astype(dtype) if floating else np.floor(mixed + 0.5).astype(dtype)
