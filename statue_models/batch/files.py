"""Files by their names, on this machine or at an address of elsewhere (fsspec: ``s3://``, ``gs://``, ``sftp://``, ...).

Names are words as the user gave them. A file at an address appears whole or not at all, as one on this machine does.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from statue_models.errors import StatueError, reason_of, require_package
from statue_models.pictures.formats.spooling import page_of
from statue_models.tasks import paths
from statue_models.tasks.paths import is_address
from statue_models.whole_file import remove_parts, whole_file

_BLOCK = 1 << 20
_HOW = "Install it with 'pip install restore-statue-face[cluster]', or give files of this machine."


def file_name(name: str) -> str:
    """The last part of a name."""
    return name.rstrip("/").rpartition("/")[2] if is_address(name) else Path(name).name


def folder_of(name: str) -> str:
    """The name of the folder that a file is in."""
    return name.rstrip("/").rpartition("/")[0] if is_address(name) else str(Path(name).parent)


def in_folder(folder: str, name: str) -> str:
    """The name of a file in a folder."""
    return f"{folder.rstrip('/')}/{name}" if is_address(folder) else str(Path(folder) / name)


def result_name(photo: str) -> str:
    """What a photograph's result is called in a folder; see ``tasks.paths``."""
    return paths.result_name(Path(file_name(photo) if is_address(photo) else photo))


def page(name: str) -> int:
    """The page that the name of a picture on this machine means (``book.tif[3]``); 1 of any other."""
    return 1 if is_address(name) else page_of(Path(name))[1]


def exists(name: str) -> bool:
    """Whether there is such a file."""
    if not is_address(name):
        return Path(name).exists()
    with _elsewhere(name) as (system, path):
        return bool(system.exists(path))


def same(one: str, other: str) -> bool:
    """Whether two names are of one file."""
    if is_address(one) or is_address(other):
        return one == other
    try:
        return Path(one).samefile(other)
    except (OSError, RuntimeError):
        return False


def names_in(folder: str) -> list[str]:
    """The names of a folder's files, sorted.

    Raises:
        StatueError: missing-file; unreadable-file.
    """
    if not is_address(folder):
        try:
            return sorted(str(path) for path in Path(folder).iterdir() if path.is_file())
        except FileNotFoundError:
            raise StatueError("missing-file", path=folder) from None
        except OSError as error:
            raise StatueError("unreadable-file", path=folder, reason=reason_of(error)) from None
    with _elsewhere(folder) as (system, path):
        found = system.ls(path, detail=True)
        return sorted(in_folder(folder, file_name(f"x://{one['name']}")) for one in found if one["type"] == "file")


def matches(pattern: str) -> list[str]:
    """The addresses that a pattern means (``s3://bucket/*.jpg``), sorted; of what is none, itself."""
    if not is_address(pattern) or not re.search(r"[*?\[]", pattern):
        return [pattern]
    with _elsewhere(pattern) as (system, path):
        # The address keeps what its system does not count to the path: the protocol, and a host.
        before = pattern.removesuffix(path)
        return sorted(f"{before}{one}" for one in system.glob(path))


@contextmanager
def reading(name: str) -> Iterator[BinaryIO]:
    """A file's bytes.

    Raises:
        StatueError: missing-file; unreadable-file, also for a pipe, which could not be read a second time.
    """
    if is_address(name):
        with _elsewhere(name) as (system, path), system.open(path, "rb") as stream:
            yield stream
        return
    file = page_of(Path(name))[0]
    try:
        if file.exists() and not file.is_file():
            raise StatueError("unreadable-file", path=name, reason="one of many pictures must be a file")
        with file.open("rb") as stream:
            yield stream
    except (FileNotFoundError, NotADirectoryError):
        raise StatueError("missing-file", path=name) from None
    except (OSError, RuntimeError) as error:
        raise StatueError("unreadable-file", path=name, reason=reason_of(error)) from None


def digest(name: str) -> str:
    """sha256 of a file's bytes.

    Raises:
        StatueError: those of ``reading``.
    """
    found = hashlib.sha256()
    with reading(name) as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def read_text(name: str) -> str | None:
    """A text file; None where there is none.

    Raises:
        StatueError: unreadable-file.
    """
    try:
        with reading(name) as stream:
            return stream.read().decode("utf-8-sig", errors="replace")
    except StatueError as error:
        if error.code != "missing-file":
            raise
        return None


def write_text(name: str, text: str) -> None:
    """Write a text file, whole or not at all, over the one that was there; its folder is made where it is missing.

    Raises:
        StatueError: output-unwritable; disk-full.
    """
    make_folder(folder_of(name))
    if is_address(name):
        with _elsewhere(name, writing=True) as (system, path), system.transaction, system.open(path, "wb") as stream:
            stream.write(text.encode())
        return
    with whole_file(Path(name), force=True) as stream:
        stream.write(text.encode())


def make_folder(name: str) -> None:
    """Make a folder, and those that it is in, where it is missing.

    Raises:
        StatueError: output-unwritable.
    """
    if is_address(name):
        with _elsewhere(name, writing=True) as (system, path):
            system.makedirs(path, exist_ok=True)
        return
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=name, reason=reason_of(error)) from None


def remove_unfinished(name: str) -> None:
    """Take away what a process that was killed had written of a file; elsewhere nothing is seen of it."""
    if not is_address(name):
        remove_parts(Path(name))


def fetch(name: str, folder: Path) -> Path:
    """A copy of a file, in a folder of this machine.

    Raises:
        StatueError: those of ``reading``.
    """
    copy = folder / file_name(name)
    with reading(name) as stream, copy.open("wb") as out:
        shutil.copyfileobj(stream, out, _BLOCK)
    return copy


def send(path: Path, name: str) -> None:
    """Copy a file of this machine to an address, whole or not at all.

    Raises:
        StatueError: output-unwritable.
    """
    make_folder(folder_of(name))
    with (
        _elsewhere(name, writing=True) as (system, there),
        path.open("rb") as stream,
        system.transaction,
        system.open(there, "wb") as out,
    ):
        shutil.copyfileobj(stream, out, _BLOCK)


@contextmanager
def _elsewhere(name: str, writing: bool = False) -> Iterator[tuple[Any, str]]:
    """The file system of an address, and its path there; what fails is told of the address."""
    with require_package("fsspec", _HOW):
        from fsspec.core import url_to_fs
    try:
        system, path = url_to_fs(name)
        system.invalidate_cache()  # others write there, too
        yield system, path
    except StatueError:
        raise
    except FileNotFoundError:
        raise StatueError("missing-file", path=name) from None
    except Exception as error:  # each of these systems has its own
        words = reason_of(error) or type(error).__name__
        raise StatueError("output-unwritable" if writing else "unreadable-file", path=name, reason=words) from error
