"""Pipes and standard input as files that can be read twice."""

import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from statue_models.errors import StatueError, reason_of

#: The name of standard input.
STDIN = "-"
#: Bytes of a pipe at most: the most pixels that can be restored, four floats each, twice over. Chosen.
LARGEST = 2 << 30
_BLOCK = 1 << 20
_PAGE = re.compile(r"(.+)\[([0-9]{1,6})\]")


def page_of(path: Path) -> tuple[Path, int]:
    """(the file, the page or frame) that a name such as ``book.tif[3]`` means, where no file has that very name."""
    asked = _PAGE.fullmatch(path.name)
    if asked is None:
        return path, 1
    with suppress(OSError, RuntimeError):
        if not path.exists():
            return path.with_name(asked[1]), int(asked[2])
    return path, 1


@contextmanager
def regular_file(path: Path) -> Iterator[Path]:
    """The file itself; of a pipe or of standard input (``-``) a copy of all that it holds, as long as the block lasts.

    Raises:
        StatueError: unreadable-file; within, errors about the copy are told of the pipe.
    """
    if str(path) != STDIN and not _is_pipe(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        try:
            with copy.open("wb") as out:
                if str(path) == STDIN:
                    _copy(sys.stdin.buffer, out, path)
                else:
                    with path.open("rb") as pipe:
                        _copy(pipe, out, path)
        except OSError as error:
            raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from error
        try:
            yield copy
        except StatueError as error:
            raise error.told_with(path=path) from error


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, RuntimeError):
        return False  # opening it says why
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _copy(pipe: BinaryIO, out: BinaryIO, path: Path) -> None:
    """All of a pipe, block by block.

    Raises:
        StatueError: unreadable-file for one that does not end.
    """
    while block := pipe.read(_BLOCK):
        out.write(block)
        if out.tell() > LARGEST:
            raise StatueError("unreadable-file", path=path, reason=f"it goes on after {LARGEST >> 30} GiB")
