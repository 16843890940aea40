"""Picture files of a folder: which there are, and their pixels as they are meant to be seen."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from statue_models.arrays import check_megapixels
from statue_models.errors import StatueError, reason_of, report_out_of_memory
from statue_models.pictures.photograph import Photograph
from statue_models.pixels.samples import rgb8

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
#: What shows through where a picture is transparent. Grey level, 0..255: the middle.
BACKDROP = 128


def list_pictures(folder: Path) -> list[Path]:
    """Paths below ``folder``, relative to it, of everything that is named like a picture; hidden ones left out; sorted.

    Raises:
        StatueError: ``missing-file`` without the folder, or without any picture in it.
    """
    if not folder.is_dir():
        raise StatueError("missing-file", path=folder)
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            found.append(relative)
    if not found:
        raise StatueError("missing-file", path=folder / "*.jpg")
    return sorted(found)


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hexadecimal.

    Raises:
        StatueError: ``missing-file`` or ``unreadable-file``.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB of a picture file, upright as its EXIF says, transparent parts grey.

    The product's own reader comes first: it keeps to the colour profile and knows 16-bit and float files. What it
    refuses because it could not be written back (CMYK, several pages) is read by Pillow; of pages the first.

    Raises:
        StatueError: ``missing-file``, ``unreadable-file``, ``not-an-image``, ``truncated-image``, ``bad-pixels``,
            ``image-too-large``, ``unsupported-image`` or ``out-of-memory``.
    """
    try:
        with report_out_of_memory():
            photograph = Photograph.read(path)
            samples = photograph.to_srgb()
            return _opaque(samples) if photograph.has_alpha else rgb8(samples)
    except StatueError as error:
        if error.code != "unsupported-image":
            raise
        return _by_pillow(path, error)


def _by_pillow(path: Path, refusal: StatueError) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            check_megapixels(*picture.size)
            upright = ImageOps.exif_transpose(picture)
            return np.array(upright.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise refusal from None


def _opaque(samples: NDArray) -> NDArray[np.uint8]:
    """(H, W, 2 or 4) samples with alpha last, on the backdrop."""
    top = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)
    alpha = np.clip(samples[..., -1:].astype(np.float32) / top, 0, 1)
    return np.round(rgb8(samples) * alpha + BACKDROP * (1 - alpha)).astype(np.uint8)
