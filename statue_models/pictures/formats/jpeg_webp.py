"""JPEG and WebP files, through Pillow: 8 bits only. JPEG out is lossy, WebP out is lossless."""

import io
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.pictures.formats.png import pillow_samples
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture

_EXIF = b"Exif\0\0"
#: Of 100, as Pillow counts; chosen.
_QUALITY = 95


def read(path: Path, name: str, check_size: SizeCheck) -> StoredPicture:
    """The picture of a file whose first bytes are those of ``name`` ("JPEG" or "WEBP"); see ``StoredPicture``.

    Raises:
        StatueError: truncated-image, not-an-image, unsupported-image, or what the check raises.
    """
    if name == "WEBP" and _shorter_than_it_says(path):
        raise StatueError("truncated-image", path=path)
    try:
        with _open_image(path, name) as image:
            check_size(*image.size)
            if image.mode not in ("L", "RGB", "RGBA"):
                raise StatueError("unsupported-image", path=path, what=f"{image.mode} colours")
            if name == "WEBP" and getattr(image, "n_frames", 1) > 1:
                raise StatueError("unsupported-image", path=path, what="several frames")
            info = dict(image.info)
            # Telephones append previews, depth or gain maps to a JPEG.
            notes = (Note("first-picture-only"),) if image.format == "MPO" else ()
            samples = pillow_samples(image)
    except Image.DecompressionBombError as error:  # at 179 megapixels Pillow's own guard speaks first
        width, height = _jpeg_size(path)
        check_size(width, height)
        raise StatueError("not-an-image", path=path) from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        foreign = isinstance(error, UnidentifiedImageError) and not _ends_early(path, name)
        cut = not foreign and (_ends_early(path, name) or "truncated" in str(error).lower())
        raise StatueError("truncated-image" if cut else "not-an-image", path=path) from error
    block = info.get("exif")
    density = info.get("dpi")
    return StoredPicture(
        samples=samples,
        format=name,
        icc=info.get("icc_profile") or None,
        exif=block.removeprefix(_EXIF) if block else None,
        xmp=info.get("xmp") or None,
        dpi=(float(density[0]), float(density[1])) if density and density[0] > 0 and density[1] > 0 else None,
        notes=notes,
    )


def _open_image(path: Path, name: str) -> Image.Image:
    with warnings.catch_warnings():  # Pillow warns from 89 megapixels on, which the size check refuses anyway
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path, formats=[name])


def _shorter_than_it_says(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return len(head) < 12 or path.stat().st_size < struct.unpack_from("<I", head, 4)[0] + 8


def _ends_early(path: Path, name: str) -> bool:
    """Whether a JPEG lacks its end-of-image marker; trailing zeros, which some cameras pad with, do not count."""
    if name != "JPEG":
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return not file.read().rstrip(b"\0").endswith(b"\xff\xd9")


def _jpeg_size(path: Path) -> tuple[int, int]:
    """(width, height) of the first frame header (ITU-T T.81, B.2.2)."""
    data, place = path.read_bytes(), 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, place + 1)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + length
    return 0, 0


def encode_jpeg(picture: StoredPicture, stream: BinaryIO) -> None:
    """Write an 8-bit picture without alpha as JPEG: quality 95, no chroma subsampling. Lossy, outside the mask too."""
    options = {"exif": _EXIF + picture.exif} if picture.exif else {}
    dpi = {"dpi": tuple(round(value) for value in picture.dpi)} if picture.dpi else {}
    _save(picture, stream, "JPEG", quality=_QUALITY, subsampling=0, **options, **dpi)


def encode_webp(picture: StoredPicture, stream: BinaryIO) -> None:
    """Write an 8-bit picture as lossless WebP, colours under full transparency included; grey becomes RGB."""
    options = {"exif": picture.exif} if picture.exif else {}
    _save(picture, stream, "WEBP", lossless=True, exact=True, quality=40, method=2, **options)


def _save(picture: StoredPicture, stream: BinaryIO, name: str, **options: object) -> None:
    samples = picture.samples
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    if picture.icc:
        options["icc_profile"] = picture.icc
    if picture.xmp:
        options["xmp"] = picture.xmp
    # Pillow's encoders hide the system's error number when a real file is full; a buffer never is.
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    stream.write(buffer.getbuffer())
