"""A picture out to a file: whole or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.pictures.formats import jpeg_webp, png, tiff
from statue_models.pictures.formats.holding import fit
from statue_models.pictures.formats.stored_picture import StoredPicture
from statue_models.whole_file import check_writable, whole_file

Encoder = Callable[[StoredPicture, BinaryIO], None]

_FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_ENCODERS: dict[str, Encoder] = {
    "PNG": png.encode,
    "TIFF": tiff.encode,
    "WEBP": jpeg_webp.encode_webp,
    "JPEG": jpeg_webp.encode_jpeg,
}
#: Pixels: 14 bits in WebP, libjpeg's limit in JPEG.
_LONGEST_SIDE = {"WEBP": 16383, "JPEG": 65500}


def check_output(path: Path, force: bool, picture: StoredPicture | None = None) -> None:
    """Refuse, before any work starts, a file that could not be written at its end.

    Raises:
        StatueError: output-format, output-unwritable, or output-exists (unless ``force``).
    """
    name = _FORMATS.get(path.suffix.lower())
    if name is None:
        known = ", ".join(_FORMATS)
        raise StatueError("output-format", path=path, reason=f"its name ends in none of {known}")
    reason = _find_obstacle(name, picture) if picture else None
    if reason:
        raise StatueError("output-format", path=path, reason=reason)
    check_writable(path, force)


def _find_obstacle(name: str, picture: StoredPicture) -> str | None:
    """Why a format cannot hold a picture, or None."""
    dtype = picture.samples.dtype
    if dtype == np.float32 and name != "TIFF":
        return f"{name} has no floating-point samples"
    if dtype == np.uint16 and name in ("JPEG", "WEBP"):
        return f"{name} has only 8 bits per channel"
    if picture.has_alpha and name == "JPEG":
        return "JPEG has no transparency"
    if picture.premultiplied and name != "TIFF":
        return f"{name} has no premultiplied transparency"
    if name == "WEBP" and picture.channels < 3 and picture.icc and picture.icc[16:20] == b"GRAY":
        return "WebP has no greyscale for its grey colour profile"
    if max(picture.width, picture.height) > _LONGEST_SIDE.get(name, 1 << 31):
        return f"{name} is limited to {_LONGEST_SIDE[name]} pixels a side"
    return None


def can_be_written(path: Path) -> bool:
    """Whether the name's ending is that of a format that is written here."""
    return path.suffix.lower() in _FORMATS


def notes_of_writing(picture: StoredPicture, path: Path) -> tuple[Note, ...]:
    """What is to be said of a picture in the format that the name's ending says: what is left out or converted."""
    name = _FORMATS.get(path.suffix.lower())
    return () if name is None else fit(picture, name)[1]


def write_picture(picture: StoredPicture, path: Path, force: bool = False) -> tuple[Note, ...]:
    """Write a picture in the format that the name's ending says; the file appears whole or not at all.

    Returns:
        Those of ``notes_of_writing``.

    Raises:
        StatueError: those of ``check_output``, and disk-full.
    """
    check_output(path, force, picture)
    name = _FORMATS[path.suffix.lower()]
    fitted, notes = fit(picture, name)
    with whole_file(path, force) as stream:
        _ENCODERS[name](fitted, stream)
    return notes
