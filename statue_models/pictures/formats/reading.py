"""Any picture file in: its format is told from its first bytes, never from its name."""

import dataclasses
from pathlib import Path

import numpy as np

from statue_models.arrays import check_megapixels
from statue_models.errors import StatueError, reason_of, report_out_of_memory
from statue_models.notes import Note
from statue_models.pictures.formats import exif, jpeg_webp, png, tiff, xmp
from statue_models.pictures.formats.spooling import regular_file
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_picture(path: Path, check_size: SizeCheck = check_megapixels) -> StoredPicture:
    """The upright picture of a PNG, JPEG, TIFF or WebP file, of a pipe, or of standard input (``-``).

    Raises:
        StatueError: missing-file, unreadable-file, not-an-image, truncated-image, unsupported-image, bad-pixels,
            out-of-memory, and what ``check_size`` raises, which is asked before anything is decoded.
    """
    with regular_file(path) as file:
        return _read(file, check_size)


def _read(path: Path, check_size: SizeCheck) -> StoredPicture:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StatueError("missing-file", path=path) from error
    except IsADirectoryError as error:
        raise StatueError("not-an-image", path=path) from error
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from error
    with report_out_of_memory():
        stored = _read_as(path, head, check_size)
        if stored.samples.dtype.kind == "f" and not np.isfinite(stored.samples).all():
            raise StatueError("bad-pixels")
        stored = _upright(stored)
    stored.samples.flags.writeable = False
    return stored


def _read_as(path: Path, head: bytes, check_size: SizeCheck) -> StoredPicture:
    if head.startswith(png.SIGNATURE):
        return png.read(path, check_size)
    if head.startswith(b"\xff\xd8\xff"):
        return jpeg_webp.read(path, "JPEG", check_size)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return jpeg_webp.read(path, "WEBP", check_size)
    if head[:4] in _TIFF:
        return tiff.read(path, check_size)
    raise StatueError("not-an-image", path=path)


def _upright(stored: StoredPicture) -> StoredPicture:
    orientation, block = exif.upright(stored.exif) if stored.exif else (1, stored.exif)
    if stored.format == "TIFF":  # whose own tag says it; an EXIF block made from it has none
        orientation = stored.orientation
    if orientation == 1:
        return stored
    return dataclasses.replace(
        stored,
        samples=exif.turn_upright(stored.samples, orientation),
        exif=block,
        xmp=xmp.upright(stored.xmp) if stored.xmp else None,
        dpi=stored.dpi[::-1] if stored.dpi and orientation >= 5 else stored.dpi,
        notes=(*stored.notes, Note("turned-upright")),
        orientation=1,
        turned=orientation,
    )
