"""Names of files as people give them, and outputs that must not lie over each other or over what is read."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from statue_models.errors import StatueError
from statue_models.pictures.formats.spooling import page_of

#: What file managers and browsers hand over.
_ADDRESS = "file://"


def path_of(text: str) -> Path:
    """A file's name; an address ``file:///...`` is the file that it means."""
    if text.lower().startswith(_ADDRESS):
        parts = urlsplit(text)
        if parts.netloc in ("", "localhost"):
            return Path(unquote(parts.path))
    return Path(text)


def output_in(output: Path, photo: Path) -> Path:
    """Where the first variant goes: into a folder under the photograph's own name, as TIFF if that is only read."""
    with suppress(OSError, RuntimeError):  # that it cannot be written is said where it is tried
        if output.is_dir():
            from statue_models.pictures.formats.writing import can_be_written

            name = page_of(photo)[0]
            return output / (name if not name.suffix or can_be_written(name) else name.with_suffix(".tif")).name
    return output


def variant_paths(output: Path, variants: int) -> list[Path]:
    """OUT, STEM.2.EXT, STEM.3.EXT, ..."""
    return [output, *(output.with_name(f"{output.stem}.{k}{output.suffix}") for k in range(2, variants + 1))]


def check_distinct(outputs: Iterable[Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Refuse a command whose outputs would write over each other, or over what it reads, even with ``--force``.

    Raises:
        StatueError: usage; output-is-input.
    """
    read = [_place(path) for path in inputs if path is not None]
    seen = set()
    for path in outputs:
        if path is None:
            continue
        place = _place(path)
        if place in seen:
            raise StatueError("usage", reason=f"Two outputs would go into the file {path}")
        if place in read or any(_same_file(place, one) for one in read):
            raise StatueError("output-is-input", path=path)
        seen.add(place)


def _place(path: Path) -> Path:
    """Where a name leads, as far as that can be told: in a loop of links, or without a current folder, nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names are of one file, by hard links too."""
    try:
        return one.samefile(other)
    except OSError:
        return False
