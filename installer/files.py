"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.processes import InstallError


def sha256(path: Path) -> str:
    """Of a file's contents, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def tree(folder: Path) -> dict[str, Path]:
    """Every file below ``folder`` but caches and what is hidden: relative name with slashes -> path, sorted."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name.as_posix(): path for name, path in found.items() if not any(map(_is_cache, name.parts))}


def _is_cache(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".")


def digest(files: Iterable[tuple[str, Path]]) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256()
    for name, path in files:
        total.update(f"{name}\0{sha256(path)}\n".encode())
    return total.hexdigest()


def size(folder: Path) -> int:
    """Bytes of all files below ``folder``; links count as nothing."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def remove(path: Path) -> None:
    """Take a file, a link or a whole folder away; nothing happens when it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file through a temporary one beside it; its folder is made when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def replace_folder(new: Path, target: Path, old: Path) -> None:
    """Put ``new`` at ``target``; what was there is back when that fails, and gone when it does not.

    Args:
        new: a finished folder on the same file system as ``target``.
        target: may exist or not.
        old: a name on the same file system for what is moved out of the way meanwhile.
    """
    remove(old)
    there = target.exists() or target.is_symlink()
    if there:
        _rename(target, old)
    try:
        _rename(new, target)
    except OSError:
        if there:
            _rename(old, target)
        raise
    remove(old)


def recover_folder(target: Path, old: Path) -> None:
    """Finish what ``replace_folder`` was doing when the machine went down between its two renames."""
    if old.exists() and not target.exists():
        _rename(old, target)


def _rename(source: Path, target: Path) -> None:
    """Rename, patiently: virus scanners on Windows hold new files open for a moment."""
    for wait in (0.1, 0.5, 2.0):
        try:
            source.rename(target)
            return
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(wait)
    source.rename(target)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold ``lock`` while the block runs, so that two installers do not build the same folder.

    Raises:
        InstallError: another one holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InstallError("Another installer is at work for you.", "Wait until it has ended.") from error
        yield
