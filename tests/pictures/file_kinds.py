"""What docs/files.md tables: kinds of samples and of metadata, each with a writer that is not ours and a reader too."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import icc_profiles
import numpy as np
import pillow_heif
import tifffile
from made_files import IPTC, ULTRA_HDR, app, block_with_thumbnail, png_with, resource, write_dng
from numpy.typing import NDArray
from PIL import ExifTags, Image, IptcImagePlugin, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

HEIGHT, WIDTH = 60, 90
MARK = "Somebody made this"
ADOBE_RGB = icc_profiles.matrix_profile(icc_profiles.ADOBE_RGB, icc_profiles.gamma_curve(563 / 256))
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>{MARK}</a></x:xmpmeta>".encode()
Write = Callable[[Path], None]


def samples(dtype: Any = np.uint8, channels: int = 3) -> NDArray[Any]:
    """(H, W, C), smooth, with alpha from nothing to all."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / HEIGHT
    planes = [0.2 + 0.4 * x, 0.8 - 0.3 * y, 0.3 + 0.2 * (x + y)][: 1 if channels < 3 else 3]
    if channels in (2, 4):
        planes.append(np.clip(x, 0, 1))
    values = np.stack(planes, 2)
    return values.astype(np.float32) if dtype == np.float32 else (values * np.iinfo(dtype).max).astype(dtype)


def image(channels: int = 3) -> Image.Image:
    array = samples(channels=channels)
    return Image.fromarray(array[..., 0] if channels == 1 else array)


def by_pillow(channels: int = 3, change: Callable[[Image.Image], Image.Image] | None = None, **options: Any) -> Write:
    def write(path: Path) -> None:
        made = image(channels)
        (change(made) if change else made).save(path, **options)

    return write


def by_opencv(dtype: Any, channels: int) -> Write:
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    return lambda path: bool(cv2.imwrite(str(path), samples(dtype, channels)[..., order])) or None


def by_tifffile(array: NDArray[Any], **options: Any) -> Write:
    extra = {"photometric": "rgb" if array.ndim == 3 and array.shape[2] >= 3 else "minisblack", "metadata": None}
    return lambda path: tifffile.imwrite(path, array, **{**extra, **options}) and None


def tiff(dtype: Any, channels: int, extra: str = "unassalpha") -> Write:
    array = samples(dtype, channels)
    more = {"extrasamples": [extra]} if channels in (2, 4) else {}
    if channels == 2:
        more["planarconfig"] = "contig"
    return by_tifffile(array[..., 0] if channels == 1 else array, **more)


def heic(path: Path) -> None:
    pillow_heif.from_pillow(image()).save(path, quality=90)


def heic_of_ten_bits(path: Path) -> None:
    data = samples(np.uint16).tobytes()
    pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), data).save(path, quality=-1, chroma=444)


def several(**options: Any) -> Write:
    def write(path: Path) -> None:
        first, second = image(), image().rotate(180)
        first.save(path, save_all=True, append_images=[second], **options)

    return write


def damaged_jpeg(path: Path) -> None:
    buffer = io.BytesIO()
    image().resize((900, 600)).save(buffer, "JPEG", quality=95)
    content = bytearray(buffer.getvalue())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)


#: (format, what it holds, how it is written).
SAMPLES: tuple[tuple[str, str, Write], ...] = (
    ("PNG", "1 bit", by_pillow(1, lambda one: one.convert("1"))),
    ("PNG", "palette", by_pillow(3, lambda one: one.quantize(64))),
    ("PNG", "8 bits, grey", by_opencv(np.uint8, 1)),
    ("PNG", "8 bits, grey, alpha", by_pillow(2)),
    ("PNG", "8 bits, RGB", by_opencv(np.uint8, 3)),
    ("PNG", "8 bits, RGB, alpha", by_opencv(np.uint8, 4)),
    ("PNG", "16 bits, grey", by_opencv(np.uint16, 1)),
    ("PNG", "16 bits, RGB", by_opencv(np.uint16, 3)),
    ("PNG", "16 bits, RGB, alpha", by_opencv(np.uint16, 4)),
    ("PNG", "animated", several()),
    ("TIFF", "fax", by_pillow(1, lambda one: one.convert("1"), compression="group4")),
    ("TIFF", "palette", by_pillow(3, lambda one: one.quantize(64))),
    ("TIFF", "8 bits, grey", tiff(np.uint8, 1)),
    ("TIFF", "8 bits, grey, alpha", tiff(np.uint8, 2)),
    ("TIFF", "8 bits, RGB", tiff(np.uint8, 3)),
    ("TIFF", "8 bits, RGB, alpha", tiff(np.uint8, 4)),
    ("TIFF", "8 bits, RGB, premultiplied alpha", tiff(np.uint8, 4, "assocalpha")),
    ("TIFF", "8 bits, RGB, a channel without a meaning", tiff(np.uint8, 4, "unspecified")),
    ("TIFF", "8 bits, RGB, stored as JPEG", by_pillow(compression="jpeg", quality=95)),
    ("TIFF", "16 bits, grey", tiff(np.uint16, 1)),
    ("TIFF", "16 bits, RGB", tiff(np.uint16, 3)),
    ("TIFF", "16 bits, RGB, alpha", tiff(np.uint16, 4)),
    ("TIFF", "32-bit float, RGB", tiff(np.float32, 3)),
    ("TIFF", "32-bit float, RGB, alpha", tiff(np.float32, 4)),
    ("TIFF", "64-bit float", by_tifffile(samples().astype(np.float64))),
    ("TIFF", "signed integers", by_tifffile(samples(np.uint8, 1)[..., 0].astype(np.int16))),
    ("TIFF", "CMYK", by_pillow(3, lambda one: one.convert("CMYK"))),
    ("TIFF", "Lab", by_pillow(3, lambda one: one.convert("LAB"))),
    ("TIFF", "several pages", several()),
    ("JPEG", "grey", by_pillow(1)),
    ("JPEG", "RGB", by_pillow(3, quality=95)),
    ("JPEG", "CMYK", by_pillow(3, lambda one: one.convert("CMYK"))),
    ("JPEG", "damaged", damaged_jpeg),
    ("WebP", "lossy, RGB", by_pillow(3, quality=90)),
    ("WebP", "lossless, RGB, alpha", by_pillow(4, lossless=True)),
    ("WebP", "animated", several(lossless=True)),
    ("GIF", "palette", by_pillow(3, lambda one: one.quantize(64))),
    ("BMP", "RGB", by_pillow()),
    ("HEIC", "8 bits, RGB", heic),
    ("HEIC", "10 bits, RGB", heic_of_ten_bits),
    ("AVIF", "8 bits, RGB", by_pillow(3, quality=90)),
    ("DNG", "mosaic under a thumbnail", write_dng),
)


@dataclass(frozen=True)
class Metadata:
    """A kind of metadata.

    Attributes:
        format, name: of the file, and of what it holds.
        write: writes a file with it.
        kept: whether a written file still says it, as others read it: what ``told`` gives, and the file.
        said: what names it in a note where it is not kept, besides the note's code.
    """

    format: str
    name: str
    write: Write
    kept: Callable[[str, Path], bool]
    said: str = ""


def told(path: Path) -> str:
    """All that Pillow and tifffile tell of a file beside its samples."""
    parts: list[Any] = []
    with suppress(UnidentifiedImageError), Image.open(path) as opened:  # grey with alpha in 16 bits it cannot
        exif = opened.getexif()
        parts += [dict(exif), *(dict(exif.get_ifd(tag)) for tag in ExifTags.IFD)]
        parts += [opened.info, IptcImagePlugin.getiptcinfo(opened)]
        parts += [value for key, value in opened.info.items() if str(key).startswith("Raw profile")]
    raw = [bytes.fromhex("".join(part.split()[2:])) for part in parts if isinstance(part, str) and "\niptc\n" in part]
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            parts += [(tag.code, tag.value) for tag in file.pages.first.tags]
    return repr(parts) + repr(raw)


def _marked(text: str, _: Path) -> bool:
    return MARK in text


def _chunk(name: bytes) -> Callable[[str, Path], bool]:
    return lambda _, path: path.suffix == ".png" and name in path.read_bytes()


def _says(word: str) -> Callable[[str, Path], bool]:
    return lambda text, _: word in text


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[33432], exif[274] = MARK, orientation
    exif.get_ifd(ExifTags.IFD.Exif)[37510] = b"ASCII\0\0\0" + MARK.encode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[29] = "2020:01:02"
    return exif


def _upright(_: str, path: Path) -> bool:
    with Image.open(path) as opened:
        return opened.getexif().get(274, 1) == 1 and opened.size == (HEIGHT, WIDTH)


def _resolution(_: str, path: Path) -> bool:
    with Image.open(path) as opened:
        return bool(np.allclose([float(value) for value in opened.info.get("dpi", (0, 0))], 300, atol=0.01))


def _thumbnail(_: str, path: Path) -> bool:
    with Image.open(path) as opened:
        return bool(opened.getexif().get_ifd(ExifTags.IFD.IFD1))


def _jpeg(extra: bytes, behind: bytes = b"", **options: Any) -> Write:
    def write(path: Path) -> None:
        by_pillow(extra=extra, **options)(path)
        path.write_bytes(path.read_bytes() + behind)

    return write


def _with_thumbnail(path: Path) -> None:
    by_pillow(exif=b"Exif\0\0" + block_with_thumbnail())(path)


def _texts(**texts: str) -> Write:
    info = PngInfo()
    for word, text in texts.items():
        info.add_text(word, text)
    return by_pillow(pnginfo=info)


def _xmp_in_png(path: Path) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    image().save(path, pnginfo=info)


def _chunks(*chunks: tuple[bytes, bytes]) -> Write:
    return lambda path: png_with(path, samples(), list(chunks))


def _tags(*rows: tuple[int, str, Any], **options: Any) -> Write:
    extra = [(tag, kind, 0 if kind == "s" else len(value), value, True) for tag, kind, value in rows]
    return by_tifffile(samples(), extratags=extra, **options)


def _heic(**options: Any) -> Write:
    return lambda path: pillow_heif.from_pillow(image()).save(path, quality=90, **options) and None


def _gif(path: Path) -> None:
    image().quantize(64).save(path, comment=MARK.encode())


_PHOTOSHOP = app(13, b"Photoshop 3.0\0" + resource(1028, IPTC) + resource(2999, MARK.encode()))
_C2PA = app(11, b"JP\0\1" + MARK.encode())
_LARGEST = "TIFF tag 281 (MaxSampleValue)"
_GEO = ((33550, "d", (0.5, 0.5, 0.0)), (33922, "d", (0.0, 0.0, 0.0, 11.25, 43.5, 0.0)))
_PLACES = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
_PROFILE = _says("icc_profile")
_GAIN_MAP = b"\xff\xd8urn:com:apple:photo:2020:aux:hdrgainmap"

METADATA: tuple[Metadata, ...] = (
    Metadata("JPEG", "EXIF, GPS", by_pillow(exif=_exif()), _marked),
    Metadata("JPEG", "orientation", by_pillow(exif=_exif(6)), _upright),
    Metadata("JPEG", "thumbnail", _with_thumbnail, _thumbnail),
    Metadata("JPEG", "XMP", by_pillow(xmp=XMP), _marked),
    Metadata(
        "JPEG",
        "extended XMP",
        _jpeg(app(1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8) + MARK.encode())),
        lambda _, path: MARK.encode() in path.read_bytes(),
        "extended XMP",
    ),
    Metadata("JPEG", "ICC profile", by_pillow(icc_profile=ADOBE_RGB), _PROFILE),
    Metadata("JPEG", "resolution", by_pillow(dpi=(300, 300)), _resolution, "the resolution"),
    Metadata("JPEG", "IPTC", _jpeg(_PHOTOSHOP), _says("Somebody"), "IPTC"),
    Metadata("JPEG", "Photoshop's resources", _jpeg(_PHOTOSHOP), _marked, "Photoshop's resources"),
    Metadata("JPEG", "comment", by_pillow(comment=MARK.encode()), _marked, "the comment"),
    Metadata(
        "JPEG", "content credentials", _jpeg(app(11, b"JP\0\1" + MARK.encode())), _marked, "content credentials (APP11)"
    ),
    Metadata("JPEG", "gain map", _jpeg(b"", _GAIN_MAP, xmp=ULTRA_HDR), _says("GainMap"), "gain-map-left-out"),
    Metadata("JPEG", "motion photo", _jpeg(b"", b"\0\0\0\x18ftypmp42"), _says("ftyp"), "video-left-out"),
    Metadata("TIFF", "description, EXIF", by_pillow(exif=_exif()), _marked),
    Metadata("TIFF", "document and page name", _tags((269, "s", MARK), (285, "s", MARK)), _marked),
    Metadata("TIFF", "description in BigTIFF", by_tifffile(samples(), bigtiff=True, description=MARK), _marked),
    Metadata("TIFF", "orientation", by_pillow(exif=_exif(6)), _upright),
    Metadata("TIFF", "XMP", _tags((700, "B", XMP)), _marked),
    Metadata("TIFF", "ICC profile", _tags((34675, "B", ADOBE_RGB)), _PROFILE),
    Metadata("TIFF", "resolution", by_pillow(dpi=(300, 300)), _resolution, "the resolution"),
    Metadata("TIFF", "IPTC", _tags((33723, "B", IPTC)), _says("Somebody"), "IPTC"),
    Metadata(
        "TIFF",
        "Photoshop's resources",
        _tags((34377, "B", resource(2999, MARK.encode()))),
        _marked,
        "Photoshop's resources",
    ),
    Metadata("TIFF", "Photoshop's layers", _tags((37724, "B", MARK.encode())), _marked, "Photoshop's layers"),
    Metadata("TIFF", "content credentials", _tags((52545, "B", MARK.encode())), _marked, "content credentials"),
    Metadata("TIFF", "extremes, inks, grey curves", _tags((281, "H", (4660,))), _says("4660"), _LARGEST),
    Metadata("TIFF", "GeoTIFF", _tags(*_GEO), _says("43.5"), "GeoTIFF"),
    Metadata("TIFF", "other tags", _tags((65000, "s", MARK)), _marked, "TIFF tag 65000"),
    Metadata("PNG", "EXIF", by_pillow(exif=_exif()), _marked),
    Metadata("PNG", "orientation", by_pillow(exif=_exif(6)), _upright),
    Metadata("PNG", "XMP", _xmp_in_png, _marked),
    Metadata("PNG", "ICC profile", by_pillow(icc_profile=ADOBE_RGB), _PROFILE),
    Metadata("PNG", "resolution", by_pillow(dpi=(300, 300)), _resolution, "the resolution"),
    Metadata("PNG", "text Comment", _texts(Comment=MARK), _marked, "PNG texts (Comment)"),
    Metadata("PNG", "other texts", _texts(Author=MARK), _marked, "PNG texts (Author)"),
    Metadata(
        "PNG",
        "gAMA, cHRM",
        _chunks((b"gAMA", struct.pack(">I", 45470)), (b"cHRM", _PLACES)),
        _says("'chromaticity': (0.3127"),
        "colours-as-profile",
    ),
    Metadata("PNG", "cICP, Display P3", _chunks((b"cICP", b"\x0c\x0d\0\1")), _chunk(b"cICP"), "colours-as-profile"),
    Metadata("PNG", "cICP, HDR", _chunks((b"cICP", b"\x09\x10\0\1")), _chunk(b"cICP"), "PNG chunk cICP"),
    Metadata("PNG", "tIME, bKGD and the like", _chunks((b"tIME", bytes(7))), _chunk(b"tIME"), "PNG chunk tIME"),
    Metadata("PNG", "chunks that are safe to copy", _chunks((b"prVt", b"x")), _chunk(b"prVt"), "PNG chunk prVt"),
    Metadata("PNG", "other chunks", _chunks((b"prVT", b"x")), _chunk(b"prVT"), "PNG chunk prVT"),
    Metadata("WebP", "EXIF", by_pillow(exif=_exif()), _marked),
    Metadata("WebP", "XMP", by_pillow(xmp=XMP), _marked),
    Metadata("WebP", "ICC profile", by_pillow(icc_profile=ADOBE_RGB), _PROFILE),
    Metadata("HEIC", "EXIF", _heic(exif=_exif().tobytes()), _marked),
    Metadata("HEIC", "XMP", _heic(xmp=XMP), _marked),
    Metadata("AVIF", "EXIF, XMP", by_pillow(exif=_exif(), xmp=XMP), _marked),
    Metadata("GIF", "comment", _gif, _marked, "the comment"),
    Metadata("DNG", "maker and rights", write_dng, _says("A museum")),
)
