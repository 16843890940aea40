"""Files that appear whole or not at all: written beside their place, then renamed. Standard library only."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from statue_models.errors import StatueError, reason_of

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
#: Bytes of randomness in the name of a file that is being written, and its end.
_TOKEN, _PART = 6, ".part"


def check_writable(path: Path, force: bool) -> None:
    """Refuse, before work starts, a file that could not be written at its end.

    Raises:
        StatueError: ``output-unwritable``, or ``output-exists`` (unless ``force``).
    """
    try:
        if path.is_dir():
            raise StatueError("output-unwritable", path=path, reason="it is a folder")
        if not path.parent.is_dir():
            raise StatueError("output-unwritable", path=path, reason=f"there is no folder {path.parent}")
        if path.exists() and not force:
            raise StatueError("output-exists", path=path)
        if not os.access(path.resolve().parent, os.W_OK | os.X_OK):
            raise StatueError("output-unwritable", path=path, reason="the folder is write-protected")
    except (OSError, RuntimeError) as error:  # a name that is too long, a loop of links, no current folder
        raise StatueError("output-unwritable", path=path, reason=reason_of(error)) from None


@contextmanager
def whole_file(path: Path, force: bool) -> Iterator[BinaryIO]:
    """A stream to a new file that takes ``path``'s place when the block ends well, and vanishes otherwise.

    Raises:
        StatueError: those of ``check_writable``, and ``disk-full``.
    """
    check_writable(path, force)
    place = path.resolve()
    part = place.with_name(f"{_part_start(place)}{secrets.token_hex(_TOKEN)}{_PART}")
    try:
        try:
            with part.open("xb") as stream:  # not tempfile: the user's umask gives the rights, as for any new file
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if not force and place.exists():
                raise StatueError("output-exists", path=path)  # it appeared meanwhile
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StatueError("disk-full", path=path) from error
        raise StatueError("output-unwritable", path=path, reason=reason_of(error)) from error


def remove_parts(path: Path) -> None:
    """Take away what writers that were killed have left of a file. Whoever is still writing it fails at its end."""
    try:
        place = path.resolve()
        start = _part_start(place)
        for part in place.parent.iterdir():
            token = part.name.removeprefix(start).removesuffix(_PART)
            if part.name == f"{start}{token}{_PART}" and len(token) == 2 * _TOKEN:
                part.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return  # there is no such folder, or nothing may be taken away there


def _part_start(place: Path) -> str:
    return f".{place.name[:100]}."
