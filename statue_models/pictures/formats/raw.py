"""Camera raw files: DNG and the makers' own, developed by LibRaw through rawpy, which is optional.

Most of them are TIFF files whose first page is a thumbnail, which must never be taken for the photograph.
Source: TIFF 6.0; Adobe DNG specification 1.7; TIFF/EP (ISO 12234-2) for the photometric values.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.metadata import exif
from statue_models.metadata.tiff_directory import Buffer, Header, Place, number_at, places_in
from statue_models.notes import Note
from statue_models.pictures.formats.stderr import libraries_heard
from statue_models.pictures.formats.stored_picture import SizeCheck, StoredPicture, missing_decoder

#: What raw files that are no TIFF files start with: Canon (CRW), Fujifilm, Minolta, Olympus, Panasonic, Sigma.
_MARKS = (b"HEAPCCDR", b"FUJIFILM", b"\0MRM", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb")
_CANON_MARK = (b"CR\2", b"ftypcrx ")  #: of CR2, which is a TIFF file; of CR3
_KIND, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUBDIRECTORIES, _DNG = 254, 256, 257, 262, 330, 50706  #: tags
_MOSAIC, _LINEAR = 32803, 34892  #: photometric values
_XMP, _IPTC = 700, 33723  #: tags
#: Gamma and slope at black of sRGB's curve, as LibRaw takes it (IEC 61966-2-1).
_SRGB = (2.4, 12.92)
#: Directories of a file at most; chosen, against circles.
_MANY = 64


@dataclass(frozen=True)
class _Page:
    width: int
    height: int
    smaller: bool
    raw: bool


def is_raw(path: Path, head: bytes) -> bool:
    """Whether a file with these first 16 bytes is a camera's raw file."""
    if any(mark in head for mark in (*_MARKS, *_CANON_MARK)):
        return True
    if Header.of(head) is None:
        return False
    with _content(path) as content:
        return any(page.raw for page in _pages(content))


def read(path: Path, check_size: SizeCheck) -> StoredPicture:
    """The developed photograph, 16-bit sRGB: the camera's white balance, no brightening.

    Raises:
        StatueError: missing-decoder, unsupported-image, truncated-image, not-an-image, or what the check raises.
    """
    try:
        import rawpy
    except ImportError:
        raise missing_decoder(path, "a camera's raw file", "rawpy", _of_thumbnail(path)) from None
    try:
        with libraries_heard(), rawpy.imread(str(path)) as raw:
            check_size(raw.sizes.width, raw.sizes.height)
            # Neither option that brightens by what is in the picture: a bracket of exposures stays one.
            samples = raw.postprocess(
                use_camera_wb=True, no_auto_bright=True, adjust_maximum_thr=0.0, output_bps=16, gamma=_SRGB
            )
            balance = any(raw.camera_whitebalance[:3])
    except rawpy.LibRawFileUnsupportedError as error:
        raise StatueError(
            "unsupported-image", path=path, what="raw data of a kind that LibRaw does not know"
        ) from error
    except rawpy.LibRawIOError as error:
        raise StatueError("truncated-image", path=path) from error
    except rawpy.LibRawError as error:
        raise StatueError("not-an-image", path=path) from error
    block, unheld = _description(path)
    version = ".".join(str(part) for part in rawpy.libraw_version)
    note = Note.of("raw-developed", version=version, balance="the camera's" if balance else "daylight's")
    return StoredPicture(samples=samples, format="RAW", exif=block, unheld=unheld, notes=(note,))


def _of_thumbnail(path: Path) -> str:
    with _content(path) as content:
        pages = _pages(content)
    if not pages or not pages[0].smaller:
        return ""
    return f"; the {pages[0].width} x {pages[0].height} pixels that other programs show of it are its thumbnail"


@contextmanager
def _content(path: Path) -> Iterator[Buffer]:
    """The file's bytes; none of an empty file."""
    with path.open("rb") as file:
        try:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
        except ValueError:
            yield b""
            return
        with content:
            yield content


def _pages(content: Buffer) -> list[_Page]:
    """The directories of a TIFF file, those under others too."""
    header = Header.of(content)
    waiting = [] if header is None else [header.start]
    seen: set[int] = set()
    pages: list[_Page] = []
    while header is not None and waiting and len(seen) < _MANY:
        start = waiting.pop(0)
        if start in seen or not 8 <= start < len(content):
            continue
        seen.add(start)
        places, link = places_in(content, start, header)
        entries = {place.tag: place for place in places}
        pages.append(_page(content, entries, header))
        if _SUBDIRECTORIES in entries:
            waiting += _offsets(content, entries[_SUBDIRECTORIES], header)
        step = Place(0, 16 if header.big else 4, 1, link, 0)
        if link + (8 if header.big else 4) <= len(content):
            waiting.append(number_at(content, step, header.order) or 0)
    return pages


def _page(content: Buffer, entries: dict[int, Place], header: Header) -> _Page:
    def number(tag: int) -> int:
        return (number_at(content, entries[tag], header.order) if tag in entries else None) or 0

    raw = _DNG in entries or number(_PHOTOMETRIC) in (_MOSAIC, _LINEAR)
    return _Page(number(_WIDTH), number(_HEIGHT), bool(number(_KIND) & 1), raw)


def _offsets(content: Buffer, place: Place, header: Header) -> list[int]:
    size = place.length // place.count
    each = (Place(0, place.type, 1, place.start + k * size, size) for k in range(min(place.count, _MANY)))
    return [number_at(content, one, header.order) or 0 for one in each]


def _description(path: Path) -> tuple[bytes | None, tuple[str, ...]]:
    """(EXIF, names of what is left out): makers' notes hold previews, and offsets into the raw file."""
    with _content(path) as content:
        header = Header.of(content)
        if header is None:
            return None, ("EXIF of the raw file",)
        block = exif.block_of_tiff(content)
        tags = {place.tag for place in places_in(content, header.start, header)[0]}
    left_out = [name for tag, name in ((_XMP, "XMP of the raw file"), (_IPTC, "IPTC")) if tag in tags]
    if block is None:
        return None, tuple(left_out)
    block, noted = exif.without_maker_note(exif.narrowed(block)[0])
    return block, tuple([*left_out, *(["the maker's note"] if noted else [])])
