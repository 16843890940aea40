"""EXIF blocks and the TIFF directories that they are made of (TIFF 6.0 section 2, EXIF 2.32 section 4.6).

Values are kept as raw bytes in their own byte order, so that what is copied stays exactly what the camera wrote.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

Buffer = bytes | mmap

#: Type of a value -> bytes (TIFF 6.0, section 2; 13 is a directory's offset).
_TYPE_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_POINTERS = (34665, 34853, 40965)  # Exif, GPS, interoperability directories; as Exif numbers them
#: Tags of a TIFF's main directory that describe the photograph and not its storage: description, make, model,
#: software, date, artist, host, rating, copyright, and Windows' title, comment, author, keywords and subject. As TIFF
#: 6.0, Exif and Windows number them.
DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 316, 18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095)
_ORIENTATION = 274  #: tag (TIFF 6.0)


@dataclass(frozen=True)
class Entry:
    """One tag: TIFF field type, number of values, and the values' bytes."""

    type: int
    count: int
    value: bytes


@dataclass
class Directory:
    """A TIFF directory: tag -> entry, and tag -> directory for those that only point to another one."""

    entries: dict[int, Entry] = field(default_factory=dict)
    children: dict[int, "Directory"] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entries or self.children)

    def to_bytes(self, offset: int, order: str) -> bytes:
        """The directory and everything under it, to be placed at ``offset`` of its file; ``order`` is "<" or ">"."""
        tags = sorted({*self.entries, *self.children})
        head = bytearray(struct.pack(order + "H", len(tags)))
        body = bytearray()
        body_offset = offset + 2 + 12 * len(tags) + 4
        for tag in tags:
            place = body_offset + len(body)
            if tag in self.children:
                head += struct.pack(order + "HHII", tag, 4, 1, place)
                body += self.children[tag].to_bytes(place, order)
            else:
                entry = self.entries[tag]
                head += struct.pack(order + "HHI", tag, entry.type, entry.count)
                if len(entry.value) <= 4:
                    head += entry.value.ljust(4, b"\0")
                else:
                    head += struct.pack(order + "I", place)
                    body += entry.value
            body += b"\0" * (len(body) % 2)
        return bytes(head) + b"\0\0\0\0" + bytes(body)


def byte_order(block: Buffer) -> str | None:
    """The order, "<" or ">", when ``block`` starts with a classic TIFF header, else None."""
    return {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(block[:4]))


def read_directory(block: Buffer, offset: int, order: str, depth: int = 0) -> Directory:
    """The directory at ``offset``. Entries that point outside the block are left out: cameras write such."""
    found = Directory()
    if offset + 2 > len(block):
        return found
    (count,) = struct.unpack_from(order + "H", block, offset)
    for place in range(offset + 2, min(offset + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", block, place)
        length = _TYPE_SIZE.get(kind, 0) * number
        start = place + 8 if length <= 4 else struct.unpack_from(order + "I", block, place + 8)[0]
        if length == 0 or start + length > len(block):
            continue
        value = bytes(block[start : start + length])
        if tag in _POINTERS and length == 4 and depth < 2:
            child = read_directory(block, struct.unpack(order + "I", value)[0], order, depth + 1)
            if child:
                found.children[tag] = child
        else:
            found.entries[tag] = Entry(kind, number, value)
    return found


def read_description(block: Buffer | None) -> Directory:
    """What an EXIF block, or a whole TIFF file, says about the photograph: never where or how pixels are stored."""
    order = byte_order(block) if block else None
    if block is None or order is None or len(block) < 8:
        return Directory()
    main = read_directory(block, struct.unpack_from(order + "I", block, 4)[0], order)
    return Directory({tag: entry for tag, entry in main.entries.items() if tag in DESCRIPTIVE}, main.children)


def block_of_tiff(file: Buffer) -> bytes | None:
    """An EXIF block with what a (classic) TIFF file says about its photograph, or None when it says nothing."""
    directory, order = read_description(file), byte_order(file)
    if not directory or order is None:
        return None
    return bytes(file[:4]) + struct.pack(order + "I", 8) + directory.to_bytes(8, order)


def upright(block: bytes) -> tuple[int, bytes]:
    """(orientation, the block with orientation 1).

    Nothing but the two bytes of the value is touched, and, when the picture was turned, the link to the thumbnail,
    which would lie on its side.
    """
    order = byte_order(block)
    if order is None or len(block) < 10:
        return 1, block
    (start,) = struct.unpack_from(order + "I", block, 4)
    if start + 2 > len(block):
        return 1, block
    (count,) = struct.unpack_from(order + "H", block, start)
    link = start + 2 + 12 * count
    for place in range(start + 2, min(link, len(block) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", block, place)
        if (tag, kind, number) == (_ORIENTATION, 3, 1):
            (orientation,) = struct.unpack_from(order + "H", block, place + 8)
            if not 2 <= orientation <= 8:
                return 1, block
            turned = bytearray(block)
            struct.pack_into(order + "H", turned, place + 8, 1)
            if link + 4 <= len(block):
                turned[link : link + 4] = b"\0\0\0\0"
            return orientation, bytes(turned)
    return 1, block


def upright_xmp(packet: bytes) -> bytes:
    """The packet with tiff:Orientation 1, written as an attribute or as an element."""
    return re.sub(rb"""(tiff:Orientation(?:\s*=\s*["']|>\s*))[2-8]""", rb"\g<1>1", packet)


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


def shorts(order: str, *values: int) -> Entry:
    """A SHORT tag."""
    return Entry(3, len(values), struct.pack(f"{order}{len(values)}H", *values))


def longs(order: str, *values: int) -> Entry:
    """A LONG tag."""
    return Entry(4, len(values), struct.pack(f"{order}{len(values)}I", *values))


def merge_entries(*parts: Mapping[int, Entry]) -> dict[int, Entry]:
    """The union of the parts; later ones win."""
    return {tag: entry for part in parts for tag, entry in part.items()}
