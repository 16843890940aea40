"""Names of files as people give them, and outputs that must not lie over each other or over what is read."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from statue_models.errors import StatueError
from statue_models.pictures.formats.spooling import page_of

#: What file managers and browsers hand over.
_ADDRESS = "file://"
#: What any address begins with; several may be chained (``zip::s3://``).
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+(::[^/]+)?://", re.IGNORECASE)


def path_of(text: str) -> Path:
    """A file's name; an address ``file:///...`` is the file that it means."""
    return Path(_file_of(text) or text)


def _file_of(text: str) -> str | None:
    """The file of this machine that an address means; None where it means none."""
    if not text.lower().startswith(_ADDRESS):
        return None
    parts = urlsplit(text)
    return unquote(parts.path) if parts.netloc in ("", "localhost") else None


def is_address(name: str) -> bool:
    """Whether a name is the address of something elsewhere."""
    return bool(_SCHEME.match(name)) and _file_of(name) is None


def name_of(text: str) -> str:
    """The name of a file of this machine as ``path_of`` has it; an address of something elsewhere stays as it is."""
    return text if is_address(text) else str(path_of(text))


def output_in(output: Path, photo: Path) -> Path:
    """Where the first variant goes: into a folder under the name of ``result_name``."""
    with suppress(OSError, RuntimeError):  # that it cannot be written is said where it is tried
        if output.is_dir():
            return output / result_name(photo)
    return output


def result_name(photo: Path) -> str:
    """What a photograph's result is called in a folder: as the photograph itself, as TIFF if that is only read."""
    from statue_models.pictures.formats.writing import can_be_written

    name = page_of(photo)[0]
    return (name if not name.suffix or can_be_written(name) else name.with_suffix(".tif")).name


def variant_paths(output: Path, variants: int) -> list[Path]:
    """OUT, STEM.2.EXT, STEM.3.EXT, ..."""
    return [output, *(output.with_name(f"{output.stem}.{k}{output.suffix}") for k in range(2, variants + 1))]


def check_distinct(outputs: Iterable[Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Refuse a command whose outputs would write over each other, or over what it reads, even with ``--force``.

    Raises:
        StatueError: usage; output-is-input.
    """
    read, same = set(), set()
    for path in inputs:
        if path is not None:
            read.add(_place(path))
            same.add(_file_number(path))
    seen = set()
    for path in outputs:
        if path is None:
            continue
        place, number = _place(path), _file_number(path)
        if place in seen:
            raise StatueError("usage", reason=f"Two outputs would go into the file {path}")
        if place in read or (number is not None and number in same):
            raise StatueError("output-is-input", path=path)
        seen.add(place)


def _place(path: Path) -> Path:
    """Where a name leads, as far as that can be told: in a loop of links, or without a current folder, nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _file_number(path: Path) -> tuple[int, int] | None:
    """What two names of one file have in common, by hard links too; None where there is none."""
    try:
        found = path.stat()
    except (OSError, RuntimeError):
        return None
    return found.st_dev, found.st_ino
