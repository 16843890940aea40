"""TIFF files: 8 and 16-bit integers and 32-bit floats in any strip, tile or plane layout in; deflated strips out.

tifffile reads the structure and ``tiff_segments`` the samples. Everything that has at most 8 bits and is not stored
plainly (palettes, bilevel fax, JPEG) is decoded by Pillow as a whole.
"""

import logging
import struct
import warnings
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from statue_models.errors import StatueError
from statue_models.metadata import exif, photoshop
from statue_models.metadata.tiff_directory import (
    Directory,
    Entry,
    Header,
    longs,
    merge_entries,
    shorts,
)
from statue_models.notes import Note
from statue_models.pictures.formats.png import photographic_packer, pillow_samples
from statue_models.pictures.formats.stderr import libraries_heard
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture
from statue_models.pictures.formats.tiff_metadata import (
    ICC,
    IPTC,
    PHOTOSHOP,
    XMP,
    accompanies,
    bytes_of,
    exif_of,
    resolution_of,
    resources_of,
    said_white,
    unheld_of,
)
from statue_models.pictures.formats.tiff_segments import HORIZONTAL, LOSSLESS, check_segments, read_samples
from statue_models.pixels.white import full_white

#: What tifffile logs about damaged files is no message for users; Python would print it where nobody listens.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

#: Values of PhotometricInterpretation (TIFF 6.0).
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_NAMES = {5: "CMYK colours", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours", 32803: "raw camera data"}
#: Values of ExtraSamples: alpha (TIFF 6.0).
_UNSPECIFIED, _ASSOCIATED, _UNASSOCIATED = 0, 1, 2
_DTYPES = {(8, 1): np.uint8, (16, 1): np.uint16, (32, 3): np.float32}


def read(path: Path, check_size: SizeCheck, number: int = 1) -> StoredPicture:
    """A page, counted from 1, of a TIFF file; see ``StoredPicture``. Thumbnails, overviews and masks do not count.

    Raises:
        StatueError: usage, where there is no such page; truncated-image, not-an-image, unsupported-image, or what
            the check raises.
    """
    try:
        with tifffile.TiffFile(path) as file:
            if not len(file.pages):
                raise tifffile.TiffFileError("no directory")
            page, pages = _page(path, file, number)
            check_size(page.imagewidth, page.imagelength)
            samples, notes = _samples(path, page)
            if pages > 1:
                notes += (Note.of("first-page-only", kind="pages", pages=pages, page=number),)
            tags = {tag.code: tag.value for tag in page.tags if tag.code in (274, 281, 282, 283, 296, 341)}
            content = {tag.code: bytes_of(file, tag) for tag in page.tags if tag.code in (XMP, ICC, IPTC, PHOTOSHOP)}
            resources, thumbnail = resources_of(content)
            channels = samples.shape[2]
            extra = tuple(page.extrasamples[:1]) or (_UNSPECIFIED,)
            return StoredPicture(
                samples=samples,
                format="TIFF",
                icc=content.get(ICC) or None,
                exif=exif_of(path, page.offset),
                xmp=content.get(XMP) or None,
                dpi=resolution_of(tags),
                white=said_white(tags, samples),
                premultiplied=channels in (2, 4) and extra == (_ASSOCIATED,),
                unspecified_extra=page.samplesperpixel in (2, 4) and extra == (_UNSPECIFIED,),
                photoshop=resources,
                unheld=tuple(unheld_of(file, page)),
                notes=(*notes, Note("thumbnail-left-out")) if thumbnail else notes,
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


def _page(path: Path, file: tifffile.TiffFile, number: int) -> tuple[Any, int]:
    """(the page of that number, how many there are), also where a thumbnail comes first and the picture lies under it.

    Raises:
        StatueError: usage.
    """
    found = [page for page in file.pages if not accompanies(page)]
    if not found:
        under = file.pages.first.pages or ()
        found = [page for page in under if not accompanies(page)] or [file.pages.first]
    if not 1 <= number <= len(found):
        raise StatueError("usage", reason=f"{path} has {len(found)} pages, none of number {number}")
    page = found[number - 1]
    return (page if isinstance(page, tifffile.TiffPage) else page.aspage()), len(found)


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
            np.subtract(int(full_white(dtype)), samples[..., :1], out=samples[..., :1])
        return samples, ()
    if bits > 8 or page.sampleformat != 1:
        what = f"{bits}-bit samples of an unusual kind or compression"
        raise StatueError("unsupported-image", path=path, what=what)
    return _indirect_samples(path, page, bits, photometric)


def _indirect_samples(
    path: Path, page: tifffile.TiffPage, bits: int, photometric: int
) -> tuple[NDArray[Any], tuple[Note, ...]]:
    check_segments(path, page)
    with (
        libraries_heard(),
        warnings.catch_warnings(action="ignore"),
        path.open(
            "rb"
        ) as file,  # of a name Pillow 13 may map the file, and then takes the turned size for the stored one
        Image.open(file, formats=["TIFF"]) as image,
    ):
        palette = image.mode in ("P", "PA")
        if not palette and image.mode not in ("1", "L", "LA", "RGB", "RGBA"):
            raise StatueError("unsupported-image", path=path, what=f"{image.mode} colours")
        image.load()
        turned = exif.ORIENTATION in page.tags and exif.ORIENTATION not in getattr(image, "tag_v2", {})
        samples = pillow_samples(image.convert("RGBA" if image.mode == "PA" else "RGB") if palette else image)
    if turned:  # Pillow turns while it loads; what is read here is stored samples, which are turned in one place
        samples = exif.turn_back(samples, int(page.tags[exif.ORIENTATION].value))
    if page.samplesperpixel == samples.shape[2] and samples.shape[2] in (2, 4) and page.extrasamples[:1] == (1,):
        raise StatueError("unsupported-image", path=path, what="premultiplied alpha in an unusual compression")
    if palette:
        return samples, (Note("palette-expanded"),)
    return samples, (Note.of("depth-expanded", bits=bits, to=8),) if bits < 8 else ()


def encode(picture: StoredPicture, stream: BinaryIO) -> None:
    """Write any picture as a classic TIFF: deflated strips (integers differenced along rows), metadata at the end.

    The file takes the byte order of the EXIF block, whose values are copied as they are.
    """
    samples = picture.samples
    height, width, channels = samples.shape
    header = Header.of(picture.exif)
    order: Literal["<", ">"] = ">" if header is not None and header.order == ">" else "<"
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
    entries = merge_entries(said.entries, _described_storage(picture, order, rows, offsets, counts))
    stream.write(Directory(entries, said.children).to_bytes(start, order))
    stream.seek(4)
    stream.write(struct.pack(order + "I", start))


def _extra_sample(picture: StoredPicture) -> int:
    if picture.unspecified_extra:
        return _UNSPECIFIED
    return _ASSOCIATED if picture.premultiplied else _UNASSOCIATED


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
        entries[338] = shorts(order, _extra_sample(picture))
    if picture.dpi:
        for tag, value in zip((282, 283), picture.dpi, strict=True):
            ratio = Fraction(value).limit_denominator(10_000)
            entries[tag] = Entry(5, 1, struct.pack(order + "II", ratio.numerator, ratio.denominator))
        entries[296] = shorts(order, 2)
    if picture.photoshop:
        records = photoshop.iptc_of(picture.photoshop)
        if records:
            entries[IPTC] = Entry(7, len(records), records)
        if photoshop.has_others(picture.photoshop):
            entries[PHOTOSHOP] = Entry(1, len(picture.photoshop), picture.photoshop)
    if picture.icc:
        entries[ICC] = Entry(7, len(picture.icc), picture.icc)
    if picture.xmp:
        entries[XMP] = Entry(1, len(picture.xmp), picture.xmp)
    return entries
