"""The fill into the photograph: exact outside the mask, mixed by the mask inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.bands import bands
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import luma
from statue_models.pixels.white import Scale, full_white
from statue_models.request import Hypothesis, RestorationRequest
from statue_models.restoring.own_palette import find_palette, keep_to_palette, run_length

_BAND = 1 << 18  # pixels mixed at a time; chosen, for memory


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a fill.

    Attributes:
        rectangle: of the photograph.
        picture: (height, width, 3) float32 in [0, 1], sRGB-encoded.
        where: (height, width) bool, the pixels that it is for.
    """

    rectangle: Rectangle
    picture: NDArray[np.float32]
    where: NDArray[np.bool_]


def composite_hypotheses(
    request: RestorationRequest,
    rectangle: Rectangle,
    mask: NDArray[np.uint8],
    hypotheses: Sequence[Hypothesis],
    pieces: Sequence[Sequence[Piece]],
) -> tuple[list[NDArray[Any]], NDArray[Any] | None]:
    """The samples of a rectangle of a request's photograph, per hypothesis, and the palette that they keep to, if any.

    Args:
        request: with the photograph on its own scale.
        rectangle: inside it.
        mask: (H, W) uint8, 255 = missing: the request's, or a part of it.
        hypotheses: as many as there are fills.
        pieces: of each hypothesis' fill.
    """
    image, scale = request.image, request.scale
    laid = [composite_pieces(image, rectangle, mask, own, scale) for own in pieces]
    palette = find_palette(image, request.mask)
    if palette is not None:
        run = run_length(image, request.mask, rectangle)
        for pixels, hypothesis in zip(laid, hypotheses, strict=True):
            keep_to_palette(pixels, part_of(mask, rectangle), palette, scale, run, hypothesis)
    return laid, palette


def composite_pieces(
    image: NDArray[Any],
    rectangle: Rectangle,
    mask: NDArray[np.uint8],
    pieces: Sequence[Piece],
    scale: Scale | None = None,
) -> NDArray[Any]:
    """The samples of a rectangle of the photograph with all pieces laid over it; see ``composite``.

    Args:
        image: (H, W, C), as in ``composite``.
        rectangle: inside the image.
        mask: (H, W) uint8, 255 = missing.
        pieces: of the fill.
        scale: as in ``composite``.
    """
    out = image[rectangle.slices].copy()
    for piece in pieces:
        shared = rectangle.intersect(piece.rectangle)
        for rows in bands(shared.height, max(1, _BAND // max(shared.width, 1))):
            band = shared.part(rows)
            own = band.relative_to(piece.rectangle.corner).slices
            part = np.where(piece.where[own], mask[band.slices], np.uint8(0))
            if part.any():
                laid = composite(image, band, piece.picture[own], part, scale)
                np.copyto(out[band.relative_to(rectangle.corner).slices], laid, where=part[..., None] > 0)
    return out


def composite(
    image: NDArray[Any],
    rectangle: Rectangle,
    fill: NDArray[np.float32],
    mask: NDArray[np.uint8],
    scale: Scale | None = None,
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
        rectangle: inside the image.
        fill: (h, w, 3) float32 in [0, 1], sRGB-encoded, over the rectangle; clipped to that range.
        mask: (h, w) uint8 over the rectangle, 255 = missing.
        scale: of the image's samples, onto which the fill goes; None = the one of their kind.

    Returns:
        (h, w, C) array of the image's dtype; the image itself is not changed.

    Raises:
        ValueError: when the rectangle leaves the image, or the shapes do not agree with it.
    """
    if not Rectangle(0, 0, image.shape[1], image.shape[0]).holds(rectangle):
        raise ValueError(f"the rectangle {rectangle} leaves the image {image.shape}")
    if fill.shape != (*rectangle.shape, 3) or mask.shape != rectangle.shape:
        raise ValueError(f"fill {fill.shape} and mask {mask.shape} do not cover the rectangle {rectangle}")
    scale = scale or Scale(full_white(image.dtype), full_white(image.dtype))
    out = image[rectangle.slices].copy()
    for band in bands(rectangle.height, max(1, _BAND // max(rectangle.width, 1))):
        hole = mask[band] > 0
        if hole.any():
            out[band][hole] = _mix(out[band][hole], fill[band][hole], mask[band][hole], scale)
    return out


def _mix(samples: NDArray[Any], fill: NDArray[np.float32], mask: NDArray[np.uint8], scale: Scale) -> NDArray[Any]:
    """(N, C) samples under (N, 3) fill and (N,) mask. Double precision: 16-bit halves must round exactly."""
    dtype, channels = samples.dtype, samples.shape[1]
    floating = dtype.kind == "f"
    new = fill.astype(np.float64)
    np.clip(new, 0.0, 1.0, out=new)
    new = scale.decode(new)
    if channels < 3:
        new = luma(new)[:, None]
    if channels in (1, 3) and (mask == 255).all():
        return new.astype(dtype) if floating else np.floor(new + 0.5).astype(dtype)
    old = samples.astype(np.float64)
    weight = mask / 255.0
    if channels in (2, 4):
        alpha = np.clip(old[:, -1] / scale.opaque, 0.0, 1.0)
        opacity = np.maximum(old[:, -1], weight * scale.opaque)
        weight = weight / (alpha + weight * (1.0 - alpha))
        old = old[:, :-1]
    weight = weight[:, None]
    # Written out at weight 1, where a huge float under the hole would otherwise swallow the fill.
    mixed = np.where(weight == 1.0, new, old + (new - old) * weight)
    if channels in (2, 4):
        mixed = np.concatenate([mixed, opacity[:, None]], axis=1)
    return mixed.astype(dtype) if floating else np.floor(mixed + 0.5).astype(dtype)
