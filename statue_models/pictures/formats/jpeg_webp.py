"""JPEG and WebP files, through Pillow: 8 bits only. JPEG out is lossy, WebP out is lossless."""

import dataclasses
import io
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from statue_models.errors import StatueError
from statue_models.metadata.photoshop import without_thumbnails
from statue_models.notes import Note
from statue_models.pictures.formats.heif import frame_notes
from statue_models.pictures.formats.jpeg_damage import first_damaged_row, is_damaged
from statue_models.pictures.formats.jpeg_segments import Segments, photoshop_segments, segment
from statue_models.pictures.formats.png import pillow_samples
from statue_models.pictures.formats.stored_picture import PIXEL_ASPECT, SizeCheck, StoredPicture

_EXIF = b"Exif\0\0"
#: Chunks of the WebP container that are known.
_RIFF_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"EXIF", b"XMP ", b"ANIM", b"ANMF")
_BEHIND = "what stands behind the picture"
#: Of 100, as Pillow counts; chosen.
_QUALITY = 95


def read_jpeg(path: Path, check_size: SizeCheck) -> StoredPicture:
    """The picture of a JPEG file; see ``StoredPicture``.

    Raises:
        StatueError: truncated-image, not-an-image, unsupported-image, or what the check raises.
    """
    return _read(path, "JPEG", check_size, 1)


def read_webp(path: Path, check_size: SizeCheck, page: int = 1) -> StoredPicture:
    """A frame, counted from 1, of a WebP file; see ``StoredPicture``.

    Raises:
        StatueError: those of ``read_jpeg``, and usage, where there is no such frame.
    """
    return _read(path, "WEBP", check_size, page)


def _read(path: Path, name: str, check_size: SizeCheck, page: int) -> StoredPicture:
    if name == "WEBP" and _shorter_than_it_says(path):
        raise StatueError("truncated-image", path=path)
    try:
        with _open_image(path, name) as image:
            check_size(*image.size)
            if image.mode not in ("L", "RGB", "RGBA"):
                raise StatueError("unsupported-image", path=path, what=f"{image.mode} colours")
            frames = frame_notes(image, page, path) if name == "WEBP" else []
            info = dict(image.info)
            several = image.format == "MPO"
            samples = pillow_samples(image)
    except Image.DecompressionBombError as error:  # at 179 megapixels Pillow's own guard speaks first
        check_size(*Segments.of(path.read_bytes()).size)
        raise StatueError("not-an-image", path=path) from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        foreign = isinstance(error, UnidentifiedImageError) and not _ends_early(path, name)
        cut = not foreign and (_ends_early(path, name) or "truncated" in str(error).lower())
        raise StatueError("truncated-image" if cut else "not-an-image", path=path) from error
    block = info.get("exif")
    density = info.get("dpi")
    picture = StoredPicture(
        samples=samples,
        format=name,
        icc=info.get("icc_profile") or None,
        exif=block.removeprefix(_EXIF) if block else None,
        xmp=info.get("xmp") or None,
        dpi=(float(density[0]), float(density[1])) if density and density[0] > 0 and density[1] > 0 else None,
        notes=tuple(frames),
    )
    if name == "WEBP":
        return _with_riff(picture, path)
    across, down = info.get("jfif_density", (1, 1))
    if info.get("jfif_unit") == 0 and across != down:
        picture = dataclasses.replace(picture, unheld=(PIXEL_ASPECT,))
    return _with_segments(picture, path.read_bytes(), several)


def _with_segments(picture: StoredPicture, data: bytes, several: bool) -> StoredPicture:
    """What Pillow does not tell of a JPEG file: comment, IPTC, and what telephones append to it."""
    found = Segments.of(data)
    if picture.xmp:
        found.look_into(picture.xmp)
    resources, thumbnail = without_thumbnails(found.photoshop) if found.photoshop else (None, False)
    notes = [
        (found.gain_map, Note("gain-map-left-out")),
        (found.video, Note("video-left-out")),
        # Previews, depth, or, where there is no more than it, a gain map of an unknown kind.
        (several and not found.gain_map, Note("first-picture-only")),
        (thumbnail, Note("thumbnail-left-out")),
    ]
    first = data[: found.end]
    if is_damaged(first):
        notes.append((True, Note.of("damaged", row=first_damaged_row(first), rows=found.size[1])))
    behind = data[found.end :].strip(b"\0\xff")
    unnamed = [_BEHIND] if behind and not (found.gain_map or found.video or several) else []
    return dataclasses.replace(
        picture,
        photoshop=resources,
        comment=found.comment,
        extended_xmp=tuple(found.extended_xmp),
        unheld=(*picture.unheld, *found.unheld, *unnamed),
        notes=tuple(note for holds, note in notes if holds),
    )


def _with_riff(picture: StoredPicture, path: Path) -> StoredPicture:
    """A WebP file's chunks that nobody knows (WebP container specification, "Unknown Chunks")."""
    data, place, unknown = path.read_bytes(), 12, []
    while place + 8 <= len(data):
        chunk, length = struct.unpack_from("<4sI", data, place)
        if chunk not in _RIFF_CHUNKS:
            unknown.append(f"WebP chunk {chunk.decode('latin-1').strip()}")
        place += 8 + length + length % 2
    return dataclasses.replace(picture, unheld=tuple(unknown))


def _open_image(path: Path, name: str) -> Image.Image:
    # Pillow warns from 89 megapixels on, which the size check refuses anyway, and of EXIF that is damaged.
    with warnings.catch_warnings(action="ignore"):
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


def encode_jpeg(picture: StoredPicture, stream: BinaryIO) -> None:
    """Write an 8-bit picture without alpha as JPEG: quality 95, no chroma subsampling. Lossy, outside the mask too."""
    options: dict[str, object] = {"exif": _EXIF + picture.exif} if picture.exif else {}
    if picture.dpi:
        options["dpi"] = tuple(round(value) for value in picture.dpi)
    if picture.comment:
        options["comment"] = picture.comment
    extra = b"".join(segment(0xE1, body) for body in picture.extended_xmp)
    if picture.photoshop:
        extra += photoshop_segments(picture.photoshop)
    if extra:
        options["extra"] = extra
    _save(picture, stream, "JPEG", quality=_QUALITY, subsampling=0, **options)


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
