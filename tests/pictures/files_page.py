"""docs/files.md: each kind of file and of metadata, really written, restored, written again and read back.

python tests/pictures/files_page.py > docs/files.md
"""

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from file_kinds import METADATA, SAMPLES, Metadata, Write, told
from PIL import Image

from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.pictures.photograph import Photograph, check_output
from statue_models.pixels.rectangle import Rectangle

OUTPUTS = {"PNG": "png", "TIFF": "tif", "WebP": "webp", "JPEG": "jpg"}
ENDINGS = {**OUTPUTS, "GIF": "gif", "BMP": "bmp", "HEIC": "heic", "AVIF": "avif", "DNG": "dng"}
HOLE = Rectangle(8, 8, 12, 10)
#: Notes that say nothing of samples: they are the other table's.
_OF_METADATA = ("metadata-left-out", "thumbnail-left-out", "thumbnail-remade", "turned-upright", "colours-as-profile")

TEXT = """# Files

What is read: PNG, JPEG, TIFF and WebP; GIF and BMP; camera raw files with the package `rawpy` (extra `raw`), HEIC with
`pillow-heif` (extra `heif`), AVIF with Pillow 11.3 or later. What is written: PNG, TIFF, WebP (lossless) and JPEG, as
the output's name says.

Of files with several pages or frames the first is read, and said (`first-page-only`); `book.tif[3]` is the third one.
Outside the mask, and where a method narrows it also inside, samples come back as they were read (JPEG excepted).

In the tables: `kept`; a note's code, where something is converted or left out ([notes.md](notes.md)); or an error's
code, where the file is refused ([troubleshooting.md](troubleshooting.md)). Nothing is lost without a word.

<!-- Written by `python tests/pictures/files_page.py`; do not edit. -->"""

AFTER = """Thumbnails in EXIF are made again from the restored picture, in the old one's place, and taken out where that
cannot be done; the sizes that EXIF and XMP name are made true, and XMP promises no gain map, video or thumbnail any
more. Previews inside makers' notes, which nobody but the maker can change, stay as they are (`preview-stays`); notes of
raw files are left out. Damage of a JPEG file that leaves the number of its blocks as it was is noticed by no decoder,
here neither."""


def restored(photograph: Photograph) -> Photograph:
    """With a hole filled, as a restoration does."""
    pixels = photograph.to_srgb()[HOLE.slices].copy()
    pixels[..., : photograph.channels - photograph.has_alpha] //= 2 if pixels.dtype.kind == "u" else 1
    return photograph.with_restored(HOLE, pixels, np.full(HOLE.shape, 255, np.uint8))


def codes(notes: Iterable[Note]) -> list[str]:
    return list(dict.fromkeys(note.code for note in notes))


def cell(found: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in found)


def sample_row(folder: Path, name: str, write: Write) -> list[str]:
    """What becomes of a kind of samples when it is read, and in each format."""
    path = folder / f"a.{ENDINGS[name]}"
    write(path)
    try:
        photograph = Photograph.read(path)
    except StatueError as error:
        return [f"refused: `{error.code}`", *["-"] * len(OUTPUTS)]
    said = [code for code in codes(photograph.notes) if code not in _OF_METADATA]
    return [cell(said) or "kept", *(_samples_in(folder, photograph, ending) for ending in OUTPUTS.values())]


def _samples_in(folder: Path, photograph: Photograph, ending: str) -> str:
    path = folder / f"b.{ending}"
    try:
        check_output(path, True, photograph)
        notes = restored(photograph).write(path, force=True)
    except StatueError as error:
        return f"refused: `{error.code}`"
    said = [code for code in codes(notes) if code not in _OF_METADATA]
    again = Photograph.read(path)
    mask = np.zeros(photograph.samples.shape[:2], bool)
    mask[HOLE.slices] = True
    kinds = [(one.samples.dtype, one.channels, one.premultiplied, one.unspecified_extra) for one in (again, photograph)]
    if kinds[0] == kinds[1] and (again.samples[~mask] == photograph.samples[~mask]).all():
        return cell(said) or "kept"
    return cell(said) or "LOST"


def metadata_row(folder: Path, kind: Metadata) -> list[str]:
    """What becomes of a kind of metadata in each format."""
    path = folder / f"a.{ENDINGS[kind.format]}"
    kind.write(path)
    photograph = Photograph.read(path)
    return [_metadata_in(folder, kind, photograph, ending) for ending in OUTPUTS.values()]


def _metadata_in(folder: Path, kind: Metadata, photograph: Photograph, ending: str) -> str:
    path = folder / f"b.{ending}"
    try:
        notes = (*photograph.notes, *restored(photograph).write(path, force=True))
    except StatueError as error:
        return f"refused: `{error.code}`"
    named = {kind.said} if kind.said else {f"{kind.name}-remade", f"{kind.name}-left-out"}
    if kind.name == "orientation":
        named = {"turned-upright"}
    naming = [note for note in notes if named & {note.code, *_things(note)}]
    if kind.kept(told(path), path):
        return cell(codes(naming)) or "kept"
    return cell(codes(naming)) or "LOST"


def _things(note: Note) -> set[str]:
    """What a note says is left out, thing by thing: commas in brackets are no ends."""
    return set(re.split(r", (?![^(]*\))", str(note.facts.get("what", ""))))


def page() -> str:
    """docs/files.md."""
    names = " | ".join(OUTPUTS)
    rows = [f"| file | samples | read | {names} |", "| --- | --- | --- |" + " --- |" * len(OUTPUTS)]
    more = [f"| file | metadata | {names} |", "| --- | --- |" + " --- |" * len(OUTPUTS)]
    with tempfile.TemporaryDirectory() as folder:
        for name, kind, write in SAMPLES:
            rows.append(" | ".join([f"| {name}", kind, *sample_row(Path(folder), name, write)]) + " |")
        for one in METADATA:
            more.append(" | ".join([f"| {one.format}", one.name, *metadata_row(Path(folder), one)]) + " |")
    parts = [TEXT, "## Samples", "\n".join(rows), "## Metadata", "\n".join(more), AFTER]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    Image.init()
    sys.stdout.write(page())
