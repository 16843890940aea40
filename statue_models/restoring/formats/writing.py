"""A picture out to a file: whole or not at all."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from statue_models.errors import StatueError
from statue_models.restoring.formats import jpeg_webp, png, tiff
from statue_models.restoring.formats.stored_picture import StoredPicture

Encoder = Callable[[StoredPicture, BinaryIO], None]

_FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_ENCODERS: dict[str, Encoder] = {
    "PNG": png.encode,
    "TIFF": tiff.encode,
    "WEBP": jpeg_webp.encode_webp,
    "JPEG": jpeg_webp.encode_jpeg,
}
_LONGEST_SIDE = {"WEBP": 16383, "JPEG": 65500}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def check_output(path: Path, force: bool, picture: StoredPicture | None = None) -> None:
    """Refuse, before any work starts, a file that could not be written at its end.

    Raises:
        StatueError: output-format, output-unwritable, or output-exists (unless ``force``).
    """
    name = _FORMATS.get(path.suffix.lower())
    if name is None:
        known = ", ".join(_FORMATS)
        raise StatueError("output-format", path=path, reason=f"its name ends in none of {known}")
    reason = _unfit(name, picture) if picture else None
    if reason:
        raise StatueError("output-format", path=path, reason=reason)
    if path.is_dir():
        raise StatueError("output-unwritable", path=path, reason="it is a folder")
    if not path.parent.is_dir():
        raise StatueError("output-unwritable", path=path, reason=f"there is no folder {path.parent}")
    if path.exists() and not force:
        raise StatueError("output-exists", path=path)
    if not os.access(path.resolve().parent, os.W_OK | os.X_OK):
        raise StatueError("output-unwritable", path=path, reason="the folder is write-protected")


def _unfit(name: str, picture: StoredPicture) -> str | None:
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


def write_picture(picture: StoredPicture, path: Path, force: bool = False) -> None:
    """Write a picture in the format that the name's ending says; the file appears whole or not at all.

    Raises:
        StatueError: those of ``check_output``, and disk-full.
    """
    check_output(path, force, picture)
    try:
        with _replacing(path.resolve(), force) as stream:
            _ENCODERS[_FORMATS[path.suffix.lower()]](picture, stream)
    except FileExistsError as error:
        raise StatueError("output-exists", path=path) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StatueError("disk-full", path=path) from error
        raise StatueError("output-unwritable", path=path, reason=error.strerror or str(error)) from error


@contextmanager
def _replacing(path: Path, force: bool) -> Iterator[BinaryIO]:
    """A new file beside ``path`` that takes its place when the block ends well, and vanishes otherwise."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as stream:  # not tempfile: the user's umask gives the rights, as for any new file
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if not force and path.exists():
            raise FileExistsError(errno.EEXIST, "appeared meanwhile", str(path))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
