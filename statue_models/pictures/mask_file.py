"""Masks as files: any picture that says which part of a photograph is missing, understood or refused.

White on black is the rule; what else people bring is taken as they mean it, and said (``mask_values``). What is no mask
is refused, before anything is restored by it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.arrays import check_mask_size, check_megapixels
from statue_models.errors import StatueError
from statue_models.metadata.exif import turn_back, turn_upright
from statue_models.notes import Note
from statue_models.pictures.formats.reading import read_picture
from statue_models.pictures.formats.stored_picture import StoredPicture
from statue_models.pictures.mask_values import is_inverted, is_picture, mask_levels
from statue_models.pixels.bands import bands
from statue_models.pixels.white import full_white

#: In place of a mask's file: what the photograph itself shows through.
ALPHA = "alpha"
#: Pixels converted at a time; chosen, for memory.
BAND = 1 << 18
#: Notes of a file that matter for a mask.
_SAID = ("damaged", "first-page-only")


@dataclass(frozen=True, eq=False)
class Mask:
    """A mask that was understood.

    Attributes:
        levels: (H, W) uint8, 255 = missing, between = a soft edge.
        notes: what had to be guessed.
    """

    levels: NDArray[np.uint8]
    notes: tuple[Note, ...] = ()


def understood(levels: NDArray[np.uint8]) -> Note:
    """How much of a mask (H, W) is missing, and in how many pieces."""
    hole = (levels > 0).astype(np.uint8)
    pixels = int(hole.sum())
    pieces = cv2.connectedComponents(hole, connectivity=8)[0] - 1
    return Note.of("mask-understood", pixels=pixels, percent=round(100 * pixels / hole.size, 3), holes=pieces)


def read_mask(path: Path, photograph: StoredPicture | None = None, invert: bool | None = None) -> Mask:
    """The mask in a picture file: white = missing.

    It counts by its brightest channel, so that a red stroke is as good as a white one. With transparency, unpainted
    parts are not missing: a mask painted in a single colour, black too, counts by its alpha, any other by brightness
    times alpha.

    Args:
        path: as ``Photograph.read``; an orientation tag is followed, or left aside where the mask fits only so.
        photograph: which it is of: a file that cannot fit it, turned or not, is refused by its header.
        invert: black = missing; None refuses a mask that looks inverted, False takes it as it is.

    Raises:
        StatueError: as ``Photograph.read``; mask-size, not-a-mask, inverted-mask.
    """

    def check_size(width: int, height: int) -> None:
        check_megapixels(width, height)
        if photograph is not None and (height, width) != (photograph.width, photograph.height):
            check_mask_size((width, height), (photograph.width, photograph.height))

    stored = read_picture(Path(path), check_size)
    levels, notes = _levels(stored, bool(invert))
    notes = [note for note in stored.notes if note.code in _SAID] + notes
    if photograph is not None:
        levels, turned = _turned_to_fit(levels, stored, photograph)
        notes += turned
    return _checked(levels, notes, path, invert)


def mask_of_alpha(photograph: StoredPicture, path: Path, invert: bool | None = None) -> Mask:
    """What a photograph shows through: the part that was erased.

    Args:
        photograph: with alpha. path: its file, for the user. invert: what shows is missing.

    Raises:
        StatueError: no-alpha; inverted-mask.
    """
    alpha = photograph.samples[..., -1] if photograph.has_alpha else None
    if alpha is None or bool((alpha == full_white(alpha.dtype)).all()):
        raise StatueError("no-alpha", path=path)
    opaque = _sixteen_bits(alpha) if alpha.dtype.kind == "f" else alpha
    levels = (np.right_shift(opaque, 8) if opaque.dtype == np.uint16 else opaque).astype(np.uint8)
    return _checked(levels if invert else 255 - levels, [], path, invert)


def _checked(levels: NDArray[np.uint8], notes: list[Note], path: Path, invert: bool | None) -> Mask:
    if is_picture(levels):
        raise StatueError("not-a-mask", path=path)
    if invert is None and is_inverted(levels):
        raise StatueError("inverted-mask", path=path, percent=round(100 * float((levels >= 128).mean())))
    return Mask(levels, tuple(notes))


def _levels(stored: StoredPicture, invert: bool) -> tuple[NDArray[np.uint8], list[Note]]:
    """(H, W) mask of a file's samples."""
    samples = stored.samples
    colours = samples[..., : stored.channels - stored.has_alpha]
    alpha = samples[..., -1]
    coverage = alpha if stored.has_alpha and bool((alpha < full_white(alpha.dtype)).any()) else None
    lossy = stored.format in ("JPEG", "WEBP", "HEIC", "AVIF")
    if coverage is not None and (coverage == 0).all():
        values = coverage
    elif coverage is not None and _one_colour(colours[coverage > 0], stored.premultiplied):
        values = _inverted(coverage) if invert else coverage
    else:
        values = _brightest(colours, None if stored.premultiplied else coverage, invert)
    return mask_levels(_sixteen_bits(values) if values.dtype.kind == "f" else values, lossy)


def _brightest(colours: NDArray[Any], coverage: NDArray[Any] | None, invert: bool) -> NDArray[Any]:
    """(H, W) of the same dtype: the brightest channel, as far as it covers; inverted, how far below white the darkest.

    On white paper a red stroke is dark in two channels, and what is transparent shows the paper.
    """
    out = colours.min(2) if invert else colours.max(2)
    if coverage is not None:
        paper = float(out.max()) if invert else 0.0
        for band in bands(len(out), max(1, BAND // out.shape[1])):
            mixed = paper + (out[band] - paper) * (coverage[band] / full_white(out.dtype))
            out[band] = mixed if out.dtype.kind == "f" else np.floor(mixed + 0.5)
    return _inverted(out) if invert else out


def _inverted(values: NDArray[Any]) -> NDArray[Any]:
    """White is what is brightest: paper is seldom 255."""
    return np.asarray(values.max() - values, values.dtype)


def _sixteen_bits(values: NDArray[Any]) -> NDArray[np.uint16]:
    """(H, W) floats, 0..1 or, where they go further, 0..their largest."""
    top = max(1.0, float(values.max()))
    out = np.empty((len(values), values.shape[1]), np.uint16)
    for band in bands(len(out), max(1, BAND // out.shape[1])):
        out[band] = np.floor(np.clip(values[band] / top, 0, 1) * 65535 + 0.5)
    return out


def _one_colour(colours: NDArray[Any], premultiplied: bool) -> bool:
    """Whether all (N, C) colours are the same; premultiplied ones only when black, as the others have faded edges."""
    return not colours.any() if premultiplied else bool((colours == colours[0]).all())


def _turned_to_fit(
    levels: NDArray[np.uint8], mask: StoredPicture, photograph: StoredPicture
) -> tuple[NDArray[np.uint8], list[Note]]:
    """The mask as it lies over its photograph, where one of the two has an orientation tag that the other lacks.

    Raises:
        StatueError: mask-size.
    """
    if levels.shape == (photograph.height, photograph.width):
        return levels, []
    if mask.turned == 1 and photograph.turned >= 5:
        turned = turn_upright(levels[..., None], photograph.turned)[..., 0]
        return turned, [Note("mask-turned")]
    if mask.turned >= 5:
        back = turn_back(levels[..., None], mask.turned)[..., 0]
        return back, [Note("mask-unturned")]
    check_mask_size((mask.width, mask.height), (photograph.width, photograph.height))
    return levels, []
