"""Any picture file in: its format is told from its first bytes, never from its name."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from statue_models.arrays import check_megapixels
from statue_models.errors import StatueError, reason_of, report_out_of_memory
from statue_models.metadata import exif, xmp
from statue_models.notes import Note
from statue_models.pictures.formats import heif, jpeg_webp, png, raw, tiff
from statue_models.pictures.formats.spooling import page_of, regular_file
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture

_HEAD = 256  #: bytes that tell formats apart; chosen: the brands of HEIF files are the longest list
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_picture(path: Path, check_size: SizeCheck = check_megapixels) -> StoredPicture:
    """The upright picture of a picture file, of a pipe, or of standard input (``-``).

    Args:
        path: PNG, JPEG, TIFF, WebP, GIF, BMP, HEIC, AVIF, DNG or another raw file; ``name.tif[3]`` is its third page.
        check_size: is asked before anything is decoded.

    Raises:
        StatueError: missing-file, unreadable-file, not-an-image, truncated-image, unsupported-image, bad-pixels,
            missing-decoder, out-of-memory, usage (there is no such page), and what ``check_size`` raises.
    """
    path, page = page_of(path)
    with regular_file(path) as file:
        return _read(file, page, check_size)


def _read(path: Path, page: int, check_size: SizeCheck) -> StoredPicture:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StatueError("missing-file", path=path) from error
    except IsADirectoryError as error:
        raise StatueError("not-an-image", path=path) from error
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from error
    with report_out_of_memory():
        stored = _read_as(path, head, page, check_size)
        if stored.samples.dtype.kind == "f" and not np.isfinite(stored.samples).all():
            raise StatueError("bad-pixels")
        stored = _upright(stored)
    stored.samples.flags.writeable = False
    return stored


def _read_as(path: Path, head: bytes, page: int, check_size: SizeCheck) -> StoredPicture:
    kind = _kind_of(path, head)
    if kind is None:
        raise StatueError("not-an-image", path=path)
    if kind in _PAGED:
        return _PAGED[kind](path, check_size, page)
    if page != 1:
        raise StatueError("usage", reason=f"Of a {kind} file only the first picture can be read")
    return _SINGLE[kind](path, check_size)


def _kind_of(path: Path, head: bytes) -> str | None:
    if raw.is_raw(path, head[:16]):
        return "raw"
    starts = {"PNG": png.SIGNATURE, "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8", "BMP": b"BM"}
    for kind, start in starts.items():
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "TIFF" if head[:4] in _TIFF else heif.kind_of(head)


_SINGLE: dict[str, Callable[[Path, SizeCheck], StoredPicture]] = {
    "raw": raw.read,
    "PNG": png.read,
    "JPEG": jpeg_webp.read_jpeg,
    "HEIC": heif.read_heic,
}
_PAGED: dict[str, Callable[[Path, SizeCheck, int], StoredPicture]] = {
    "TIFF": tiff.read,
    "WEBP": jpeg_webp.read_webp,
    **{kind: partial(heif.read_by_pillow, name=kind) for kind in ("AVIF", "GIF", "BMP")},
}


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
