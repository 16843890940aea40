"""EXIF blocks (EXIF 2.32 section 4.6): what they say of a photograph, made true of the picture that is written."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.metadata.tiff_directory import (
    OFFSET,
    Buffer,
    Directory,
    Header,
    Place,
    number_at,
    places_in,
    read_directory,
)

#: Tags of a main directory that describe the photograph wherever an EXIF block can be: document, description, make,
#: model, page, software, date, artist, host, rating, copyright, Windows' title, comment, author, keywords, subject.
DESCRIPTIVE = (
    *(269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, 33432),
    *(40091, 40092, 40093, 40094, 40095),
)
#: Photoshop's layers: where they lie in a TIFF file, Photoshop shows them in place of the picture.
LAYERS = 37724
#: Content credentials (C2PA 2.1, A.3.6), which sign the samples that were.
CREDENTIALS = 52545
#: Tags of a main directory that say where or how samples are stored, or that have a place of their own in
#: ``StoredPicture`` (resolution, XMP, IPTC, Photoshop's resources, colour profile); of no use with other samples. As
#: TIFF 6.0, its supplements, Exif and Adobe number them.
_STORAGE = frozenset(
    (
        *(*range(254, 260), *range(262, 267), 273, 274, *range(277, 285), *range(288, 294), 296, 317),
        *(*range(320, 331), *range(332, 335), 336, 337, *range(338, 342), 343, *range(344, 348), 400),
        *(*range(512, 522), *range(529, 533), 559, 700, 33723, 34377, 34675, LAYERS, CREDENTIALS, 34665, 34853, 40965),
    )
)
#: Tags of these that tell more than how samples are stored, and would not be true of other ones: extremes, curves of
#: grey, halftones, inks, clipping paths.
OF_THE_SAMPLES = (280, 281, 290, 291, 321, 332, 333, 334, 336, 337, 340, 341, 343, 344, 345, 346)
ORIENTATION = 274  #: tag (TIFF 6.0)
_WIDTHS, _HEIGHTS = (256, 40962), (257, 40963)  #: tags: of the picture (TIFF 6.0; Exif)
_EXIF_DIRECTORY, _MAKER_NOTE = 34665, 37500  #: tags (Exif)


def read_description(block: Buffer | None, place: int | None = None) -> Directory:
    """What an EXIF block, or a TIFF file, says about the photograph: never where or how pixels are stored.

    Args:
        place: of a page's directory; None for the main one.
    """
    header = Header.of(block)
    if block is None or header is None:
        return Directory()
    main = read_directory(block, header.start if place is None else place, header)
    kept = {tag: entry for tag, entry in main.entries.items() if tag not in _STORAGE and entry.type != OFFSET}
    return Directory(kept, main.children)


def block_of_tiff(file: Buffer, place: int | None = None) -> bytes | None:
    """An EXIF block with what a page of a TIFF file says about its photograph, or None when it says nothing."""
    header = Header.of(file)
    return None if header is None else _block(read_description(file, place), header)


def narrowed(block: bytes) -> tuple[bytes | None, list[int]]:
    """(a block that any program understands in any file, the tags that only a TIFF file can hold)."""
    said, header = read_description(block), Header.of(block)
    if header is None:
        return None, []
    kept = Directory({tag: entry for tag, entry in said.entries.items() if tag in DESCRIPTIVE}, said.children)
    return _block(kept, header), sorted(set(said.entries) - set(DESCRIPTIVE))


def without_maker_note(block: bytes | None) -> tuple[bytes | None, bool]:
    """(the block without the maker's note, whether there was one)."""
    said, header = read_description(block), Header.of(block)
    camera = said.children.get(_EXIF_DIRECTORY)
    if header is None or camera is None or _MAKER_NOTE not in camera.entries:
        return block, False
    del camera.entries[_MAKER_NOTE]
    return _block(said, header), True


def has_preview(block: bytes) -> bool:
    """Whether the maker's note holds a JPEG picture, where nobody but the maker knows how to change it."""
    camera = read_description(block).children.get(_EXIF_DIRECTORY)
    note = None if camera is None else camera.entries.get(_MAKER_NOTE)
    return note is not None and b"\xff\xd8\xff" in note.value


def _block(directory: Directory, header: Header) -> bytes | None:
    if not directory:
        return None
    return header.mark + struct.pack(header.order + "I", 8) + directory.to_bytes(8, header.order)


def upright(block: bytes) -> tuple[int, bytes]:
    """(orientation, the block with orientation 1). Nothing but the two bytes of the value is touched."""
    header = Header.of(block)
    if header is None:
        return 1, block
    for place in places_in(block, header.start, header)[0]:
        if (place.tag, place.type, place.count) == (ORIENTATION, 3, 1):
            orientation = number_at(block, place, header.order)
            if orientation is None or not 2 <= orientation <= 8:
                return 1, block
            turned = bytearray(block)
            struct.pack_into(header.order + "H", turned, place.start, 1)
            return orientation, bytes(turned)
    return 1, block


def with_size(block: bytes, width: int, height: int) -> bytes:
    """The block with the picture's true size wherever it says one; nothing else is moved or touched."""
    header = Header.of(block)
    if header is None:
        return block
    said = bytearray(block)
    for place in _main_and_exif(block, header):
        if place.tag in (*_WIDTHS, *_HEIGHTS) and place.count == 1 and place.type in (3, 4):
            value = width if place.tag in _WIDTHS else height
            if value < 1 << (16 if place.type == 3 else 32):
                struct.pack_into(header.order + ("H" if place.type == 3 else "I"), said, place.start, value)
    return bytes(said)


def has_tag(block: bytes | None, tag: int) -> bool:
    """Whether the main directory has it."""
    header = Header.of(block)
    return header is not None and any(place.tag == tag for place in places_in(block or b"", header.start, header)[0])


def _main_and_exif(block: bytes, header: Header) -> Iterator[Place]:
    for place in places_in(block, header.start, header)[0]:
        where = number_at(block, place, header.order) if place.tag == _EXIF_DIRECTORY else None
        if where is not None:
            yield from places_in(block, where, header)[0]
        else:
            yield place


def turn_upright(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """(H, W, C) samples stored with an EXIF orientation (1-8), upright and contiguous."""
    view = samples
    if orientation >= 5:
        view = view.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        view = view[::-1]
    if orientation in (2, 3, 6, 7):
        view = view[:, ::-1]
    return np.ascontiguousarray(view)


def turn_back(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """(H, W, C) upright samples as they are stored with an EXIF orientation."""
    return turn_upright(samples, {6: 8, 8: 6}.get(orientation, orientation))
