"""HEIF files (HEIC, AVIF), whose decoders are optional, and what else Pillow alone reads: GIF and BMP.

They are read only; what is written is PNG, TIFF, WebP or JPEG, as the output's name says.
Source: ISO 14496-12 and 23008-12 (boxes), AV1 ISOBMFF binding 1.2 (av1C), ITU-T H.273 (code points of nclx).
"""

import re
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from statue_models.errors import StatueError
from statue_models.metadata import exif
from statue_models.notes import Note
from statue_models.pictures.formats.png import pillow_samples
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture, missing_decoder

_EXIF = b"Exif\0\0"
#: Brands (ISO 23008-12; AVIF 1.1): of HEVC, and of AV1.
_HEVC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
_AV1 = (b"avif", b"avis")
#: Marks of gain maps in the boxes: Apple's, ISO 21496-1's.
_GAIN_MAPS = (b"aux:hdrgainmap", b"urn:iso:std:iso:ts:21496:-1", b"tmap")
#: Code points of BT.709 and sRGB colours and transfers, which are taken for sRGB as viewers do, and "unspecified".
_PLAIN_PRIMARIES, _PLAIN_TRANSFERS = (1, 2), (1, 2, 6, 13)
#: Bytes of a box that describes pictures, at most; chosen.
_LARGEST_BOX = 16 << 20


def kind_of(head: bytes) -> str | None:
    """What starts with these bytes: HEIC, AVIF, or None."""
    if head[4:8] != b"ftyp" or len(head) < 16:
        return None
    length = struct.unpack_from(">I", head)[0]
    brands = [head[8:12], *(head[k : k + 4] for k in range(16, min(length, len(head)) - 3, 4))]
    if any(brand in _AV1 for brand in brands):
        return "AVIF"
    return "HEIC" if any(brand in _HEVC for brand in brands) else None


def read_heic(path: Path, check_size: SizeCheck) -> StoredPicture:
    """The main picture of a HEIC file, upright; 10 and 12 bits become 16.

    Raises:
        StatueError: missing-decoder, unsupported-image, not-an-image, or what the check raises.
    """
    try:
        import pillow_heif
    except ImportError:
        raise missing_decoder(path, "a HEIC file", "pillow-heif") from None
    try:
        file = pillow_heif.open_heif(str(path), convert_hdr_to_8bit=False)
        check_size(*file.size)
        samples = np.asarray(file)
        info, mode, count = dict(file.info), file.mode, len(file)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError) as error:
        raise StatueError("not-an-image", path=path) from error
    if samples.ndim == 2:
        samples = samples[..., None]
    if mode.split(";")[0] not in ("L", "RGB", "RGBA") or samples.shape[2] not in (1, 3, 4):
        raise StatueError("unsupported-image", path=path, what=f"{mode} colours")
    notes = []
    if info["bit_depth"] > 8:
        notes.append(Note.of("depth-expanded", bits=info["bit_depth"], to=16))
    if count > 1:
        notes.append(Note.of("first-page-only", kind="pictures", pages=count, page=1))
    unheld = ("the depth map",) if info.get("depth_images") else ()
    # Turning has been done as the boxes say; the tag in the metadata does not count here.
    block = info["exif"].removeprefix(_EXIF) if info.get("exif") else None
    block = exif.upright(block)[1] if block else None
    return _picture(path, "HEIC", np.array(samples), info, block, notes, unheld)


def read_by_pillow(path: Path, check_size: SizeCheck, page: int, name: str) -> StoredPicture:
    """A frame of an AVIF, GIF or BMP file ("AVIF", "GIF", "BMP"), counted from 1.

    Raises:
        StatueError: missing-decoder, unsupported-image, truncated-image, not-an-image, usage, or what the check raises.
    """
    if name == "AVIF" and not features.check("avif"):
        raise missing_decoder(path, "an AVIF file", "pillow>=11.3")
    notes = []
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=[name]) as image:
            check_size(*image.size)
            notes += frame_notes(image, page, path)
            palette = image.mode in ("P", "PA")
            if palette:
                notes.append(Note("palette-expanded"))
            elif image.mode not in ("1", "L", "LA", "RGB", "RGBA"):
                raise StatueError("unsupported-image", path=path, what=f"{image.mode} colours")
            transparent = "transparency" in image.info or image.mode == "PA"
            samples = pillow_samples(image.convert("RGBA" if transparent else "RGB") if palette else image)
            info: dict[Any, Any] = dict(image.info)
    except Image.DecompressionBombError as error:  # at 179 megapixels Pillow's own guard speaks first
        pixels = re.search(r"[0-9]+", str(error))
        check_size(int(pixels[0]) if pixels else 0, 1)
        raise StatueError("not-an-image", path=path) from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error) as error:
        code = "truncated-image" if "truncated" in str(error).lower() else "not-an-image"
        raise StatueError(code, path=path) from error
    bits = _bits(path) if name == "AVIF" else 8
    if bits > 8:
        notes.append(Note.of("depth-reduced", bits=bits))
    block = info["exif"].removeprefix(_EXIF) if info.get("exif") else None
    return _picture(path, name, samples, info, block, notes, ())


def frame_notes(image: Image.Image, page: int, path: Path) -> list[Note]:
    """Go to a frame, counted from 1, and say so where there are several.

    Raises:
        StatueError: usage, where there is none of that number.
    """
    frames = getattr(image, "n_frames", 1)
    if not 1 <= page <= frames:
        raise StatueError("usage", reason=f"{path} has {frames} frames, none of number {page}")
    if frames == 1:
        return []
    image.seek(page - 1)
    return [Note.of("first-page-only", kind="frames", pages=frames, page=page)]


def _picture(
    path: Path,
    name: str,
    samples: NDArray[Any],
    info: dict[Any, Any],
    block: bytes | None,
    notes: list[Note],
    unheld: tuple[str, ...],
) -> StoredPicture:
    head = _boxes(path) if name in ("AVIF", "HEIC") else b""
    if any(mark in head for mark in _GAIN_MAPS):
        notes.append(Note("gain-map-left-out"))
    icc = info.get("icc_profile") or None
    density = info.get("dpi")
    return StoredPicture(
        samples=samples,
        format=name,
        icc=icc,
        exif=block,
        xmp=info.get("xmp") or None,
        dpi=(float(density[0]), float(density[1])) if density and density[0] > 0 and density[1] > 0 else None,
        comment=info.get("comment") or None,
        chunks=() if icc else _coded_colours(head),
        unheld=unheld,
        notes=tuple(notes),
    )


def _boxes(path: Path) -> bytes:
    """The contents of a file's boxes, one after another, but for those of compressed samples (ISO 14496-12, 4.2)."""
    found, place, size = [], 0, path.stat().st_size
    with path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                length = int.from_bytes(file.read(8), "big")
            end = size if length == 0 else place + length
            if kind != b"mdat":
                found.append(file.read(min(max(0, end - file.tell()), _LARGEST_BOX)))
            if end <= place:
                break
            place = end
    return b"".join(found)


def _coded_colours(head: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The code points of a box colr, as PNG's chunk cICP has them; none for sRGB."""
    place = head.find(b"colrnclx")
    if place < 0 or place + 12 > len(head):
        return ()
    primaries, transfer = struct.unpack_from(">HH", head, place + 8)
    plain = primaries in _PLAIN_PRIMARIES and transfer in _PLAIN_TRANSFERS
    return () if plain or max(primaries, transfer) > 255 else ((b"cICP", bytes([primaries, transfer, 0, 1])),)


def _bits(path: Path) -> int:
    """Bits per sample by the box av1C: of its third byte, bit 6 stands for more than 8, bit 5 for 12."""
    head = _boxes(path)
    place = head.find(b"av1C")
    flags = head[place + 6] if 0 <= place < len(head) - 6 else 0
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
