"""TIFF files: 8 and 16-bit integers and 32-bit floats in any strip, tile or plane layout in; deflated strips out.

tifffile reads the structure and ``tiff_segments`` the samples. Everything that has at most 8 bits and is not stored
plainly (palettes, bilevel fax, JPEG) is decoded by Pillow as a whole.
"""

import struct
import zlib
from fractions import Fraction
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.pictures.formats import exif
from statue_models.pictures.formats.exif import Directory, Entry, longs, shorts
from statue_models.pictures.formats.png import photographic_packer, pillow_samples
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture, white
from statue_models.pictures.formats.tiff_segments import HORIZONTAL, LOSSLESS, check_segments, read_samples

#: Values of PhotometricInterpretation (TIFF 6.0).
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_NAMES = {5: "CMYK colours", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours", 32803: "raw camera data"}
#: Values of ExtraSamples: alpha (TIFF 6.0).
_ASSOCIATED, _UNASSOCIATED = 1, 2
_DTYPES = {(8, 1): np.uint8, (16, 1): np.uint16, (32, 3): np.float32}


def read(path: Path, check_size: SizeCheck) -> StoredPicture:
    """The first picture of a TIFF file; see ``StoredPicture``. Thumbnails and overviews beside it are left out.

    Raises:
        StatueError: truncated-image, not-an-image, unsupported-image, or what the check raises.
    """
    try:
        with tifffile.TiffFile(path) as file:
            if not len(file.pages):
                raise tifffile.TiffFileError("no directory")
            page = file.pages.first
            check_size(page.imagewidth, page.imagelength)
            if any(not _accompanies(other) for other in file.pages[1:]):
                raise StatueError("unsupported-image", path=path, what="several pages")
            samples, notes = _samples(path, page)
            tags = {tag.code: tag.value for tag in page.tags if tag.code in (274, 281, 282, 283, 296, 341, 700, 34675)}
            channels = samples.shape[2]
            return StoredPicture(
                samples=samples,
                format="TIFF",
                icc=bytes(tags[34675]) if 34675 in tags else None,
                exif=_exif(path),
                xmp=bytes(tags[700]) if 700 in tags else None,
                dpi=_resolution(tags),
                white=_said_white(tags, samples),
                premultiplied=channels in (2, 4) and tuple(page.extrasamples[:1]) == (_ASSOCIATED,),
                notes=notes,
                orientation=int(tags.get(274, 1)) if 1 <= int(tags.get(274, 1)) <= 8 else 1,
            )
    except StatueError:
        raise
    except Image.DecompressionBombError as error:
        raise StatueError("unsupported-image", path=path, what="one huge compressed strip") from error
    except (
        tifffile.TiffFileError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        struct.error,
        zlib.error,
    ) as error:
        code = "truncated-image" if _ends_early(path) else "not-an-image"
        raise StatueError(code, path=path) from error


def _accompanies(page: Any) -> bool:
    """Whether a further page is a smaller version or a mask of the picture (NewSubfileType bits 0 and 2)."""
    return bool(page.keyframe.subfiletype & 0b101)


def _ends_early(path: Path) -> bool:
    """Whether the main directory lies beyond the end of the file."""
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        if len(head) < 8:
            return True
        big = head[2:4] in (b"+\0", b"\0+")
        if big and len(head) < 16:
            return True
        (start,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
        return bool(start + 2 > path.stat().st_size)


def _exif(path: Path) -> bytes | None:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return exif.block_of_tiff(content)


def _resolution(tags: dict[int, Any]) -> tuple[float, float] | None:
    try:
        across, down = (tags[tag][0] / tags[tag][1] for tag in (282, 283))
        inches = {2: 1.0, 3: 2.54}[int(tags.get(296, 2))]
    except (KeyError, ZeroDivisionError, TypeError):
        return None
    return (across * inches, down * inches) if across > 0 and down > 0 else None


def _said_white(tags: dict[int, Any], samples: NDArray[Any]) -> float | None:
    """SMaxSampleValue, else MaxSampleValue: the largest of the colours', or None."""
    colours = samples.shape[2] - (samples.shape[2] in (2, 4))
    for tag in (341, 281):
        said = np.atleast_1d(np.asarray(tags.get(tag, ()))).ravel()[:colours]
        if len(said) and said.dtype.kind in "uif" and np.isfinite(said).all() and said.max() > 0:
            return (
                float(said.max()) if samples.dtype.kind == "f" else min(float(said.max()), float(white(samples.dtype)))
            )
    return None


def _samples(path: Path, page: tifffile.TiffPage) -> tuple[NDArray[Any], tuple[Note, ...]]:
    photometric, compression = int(page.photometric), int(page.compression)
    if photometric not in (_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _YCBCR):
        what = _NAMES.get(photometric, f"a colour model of its own (photometric {photometric})")
        raise StatueError("unsupported-image", path=path, what=what)
    colours = 1 if photometric in (_MIN_IS_WHITE, _MIN_IS_BLACK, _PALETTE) else 3
    if page.samplesperpixel not in (colours, colours + 1):
        raise StatueError("unsupported-image", path=path, what=f"{page.samplesperpixel} channels")
    if page.imagedepth > 1 or not isinstance(page.bitspersample, int):
        raise StatueError("unsupported-image", path=path, what="a volume or channels of different depth")
    bits = page.bitspersample
    dtype = _DTYPES.get((bits, int(page.sampleformat)))
    plain = photometric in (_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB) and compression in LOSSLESS
    if dtype and plain:
        samples = read_samples(path, page, np.dtype(dtype))
        if photometric == _MIN_IS_WHITE:
            np.subtract(white(dtype), samples[..., :1], out=samples[..., :1])
        return samples, ()
    if bits > 8 or page.sampleformat != 1:
        what = f"{bits}-bit samples of an unusual kind or compression"
        raise StatueError("unsupported-image", path=path, what=what)
    return _indirect_samples(path, page, bits, photometric)


def _indirect_samples(
    path: Path, page: tifffile.TiffPage, bits: int, photometric: int
) -> tuple[NDArray[Any], tuple[Note, ...]]:
    check_segments(path, page)
    with Image.open(path, formats=["TIFF"]) as image:
        palette = image.mode in ("P", "PA")
        if not palette and image.mode not in ("1", "L", "LA", "RGB", "RGBA"):
            raise StatueError("unsupported-image", path=path, what=f"{image.mode} colours")
        samples = pillow_samples(image.convert("RGBA" if image.mode == "PA" else "RGB") if palette else image)
    if page.samplesperpixel == samples.shape[2] and samples.shape[2] in (2, 4) and page.extrasamples[:1] == (1,):
        raise StatueError("unsupported-image", path=path, what="premultiplied alpha in an unusual compression")
    if palette:
        return samples, (Note("palette-expanded"),)
    return samples, (Note.of("depth-expanded", bits=bits),) if bits < 8 else ()


def encode(picture: StoredPicture, stream: BinaryIO) -> None:
    """Write any picture as a classic TIFF: deflated strips (integers differenced along rows), metadata at the end.

    The file takes the byte order of the EXIF block, whose values are copied as they are.
    """
    samples = picture.samples
    height, width, channels = samples.shape
    order: Literal["<", ">"] = ">" if picture.exif and exif.byte_order(picture.exif) == ">" else "<"
    floating = samples.dtype.kind == "f"
    rows = max(1, (1 << 19) // (width * channels * samples.dtype.itemsize))
    stream.write((b"II*\0" if order == "<" else b"MM\0*") + b"\0\0\0\0")
    offsets, counts = [], []
    for top in range(0, height, rows):
        strip = samples[top : top + rows]
        if not floating:
            strip = np.concatenate([strip[:, :1], strip[:, 1:] - strip[:, :-1]], axis=1)
        packer = photographic_packer()
        packed = packer.compress(strip.astype(samples.dtype.newbyteorder(order)).tobytes()) + packer.flush()
        offsets.append(stream.tell())
        counts.append(len(packed))
        stream.write(packed)
    stream.write(b"\0" * (stream.tell() % 2))
    start = stream.tell()
    said = exif.read_description(picture.exif)
    entries = exif.merge_entries(said.entries, _described_storage(picture, order, rows, offsets, counts))
    stream.write(Directory(entries, said.children).to_bytes(start, order))
    stream.seek(4)
    stream.write(struct.pack(order + "I", start))


def _described_storage(
    picture: StoredPicture, order: str, rows: int, offsets: list[int], counts: list[int]
) -> dict[int, Entry]:
    height, width, channels = picture.samples.shape
    floating = picture.samples.dtype.kind == "f"
    entries = {
        254: longs(order, 0),
        256: longs(order, width),
        257: longs(order, height),
        258: shorts(order, *[8 * picture.samples.dtype.itemsize] * channels),
        259: shorts(order, 8),
        262: shorts(order, _MIN_IS_BLACK if channels < 3 else _RGB),
        273: longs(order, *offsets),
        274: shorts(order, 1),
        277: shorts(order, channels),
        278: longs(order, rows),
        279: longs(order, *counts),
        284: shorts(order, 1),
        317: shorts(order, 1 if floating else HORIZONTAL),
        339: shorts(order, *[3 if floating else 1] * channels),
    }
    if picture.white is not None and floating:
        entries[341] = Entry(11, channels, struct.pack(f"{order}{channels}f", *[picture.white] * channels))
    elif picture.white is not None:
        entries[281] = shorts(order, *[round(picture.white)] * channels)
    if picture.has_alpha:
        entries[338] = shorts(order, _ASSOCIATED if picture.premultiplied else _UNASSOCIATED)
    if picture.dpi:
        for tag, value in zip((282, 283), picture.dpi, strict=True):
            ratio = Fraction(value).limit_denominator(10_000)
            entries[tag] = Entry(5, 1, struct.pack(order + "II", ratio.numerator, ratio.denominator))
        entries[296] = shorts(order, 2)
    if picture.icc:
        entries[34675] = Entry(7, len(picture.icc), picture.icc)
    if picture.xmp:
        entries[700] = Entry(1, len(picture.xmp), picture.xmp)
    return entries
