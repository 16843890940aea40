"""TIFF directories (TIFF 6.0 section 2; BigTIFF's, too), which EXIF blocks are made of as well.

Values are kept as raw bytes in their own byte order, so that what is copied stays exactly what the camera wrote.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from mmap import mmap

Buffer = bytes | mmap

#: Type of a value -> bytes (TIFF 6.0, section 2; 13 is a directory's offset; 16 to 18 are BigTIFF's).
_TYPE_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_POINTERS = (34665, 34853, 40965)  # Exif, GPS, interoperability directories; as Exif numbers them
#: Types: a directory's offset, numbers of 32 bits.
OFFSET, _LONG, _SIGNED_LONG = 13, 4, 9
#: BigTIFF's type -> (the classic one, struct's letter of either), where the values are small enough.
_NARROWER = {16: (_LONG, "Q", "I"), 17: (_SIGNED_LONG, "q", "i"), 18: (OFFSET, "Q", "I")}


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


@dataclass(frozen=True)
class Header:
    """How a TIFF file or an EXIF block starts: byte order ("<" or ">"), BigTIFF or not, the main directory's place."""

    order: str
    big: bool
    start: int

    @classmethod
    def of(cls, block: Buffer | None) -> "Header | None":
        """The header, or None when ``block`` starts with none."""
        if block is None or len(block) < 8:
            return None
        mark = bytes(block[:4])
        order = {b"II": "<", b"MM": ">"}.get(mark[:2])
        if order is None:
            return None
        kind = struct.unpack(order + "H", mark[2:])[0]
        if kind == 42:
            return cls(order, False, struct.unpack_from(order + "I", block, 4)[0])
        if kind == 43 and len(block) >= 16:
            return cls(order, True, struct.unpack_from(order + "Q", block, 8)[0])
        return None

    @property
    def mark(self) -> bytes:
        """The first four bytes of a classic file in this order."""
        return b"II*\0" if self.order == "<" else b"MM\0*"


@dataclass(frozen=True)
class Place:
    """Where an entry lies in its block: of its twelve (BigTIFF: twenty) bytes, and of its values."""

    tag: int
    type: int
    count: int
    start: int
    length: int


def places_in(block: Buffer, offset: int, header: Header) -> tuple[list[Place], int]:
    """(entries of the directory at ``offset``, where the offset of the next directory stands).

    Entries that point outside the block are left out: cameras write such.
    """
    many, wide, step = ("Q", 8, 20) if header.big else ("H", 4, 12)
    first = offset + (8 if header.big else 2)
    if first > len(block):
        return [], len(block)
    (count,) = struct.unpack_from(header.order + many, block, offset)
    found = []
    for place in range(first, min(first + step * count, len(block) - step + 1), step):
        tag, kind, number = struct.unpack_from(header.order + ("HHQ" if header.big else "HHI"), block, place)
        length = _TYPE_SIZE.get(kind, 0) * number
        values = place + step - wide
        start = values
        if length > wide:
            (start,) = struct.unpack_from(header.order + ("Q" if header.big else "I"), block, values)
        if length and start + length <= len(block):
            found.append(Place(tag, kind, number, start, length))
    return found, first + step * count


def number_at(block: Buffer, place: Place, order: str) -> int | None:
    """The first value of a SHORT, LONG, or BigTIFF LONG8 entry; None of another type."""
    letter = {3: "H", _LONG: "I", OFFSET: "I", 16: "Q", 18: "Q"}.get(place.type)
    return None if letter is None else int(struct.unpack_from(order + letter, block, place.start)[0])


def read_directory(block: Buffer, offset: int, header: Header, depth: int = 0) -> Directory:
    """The directory at ``offset``, as a classic TIFF file would hold it; values that need 64 bits are left out."""
    found = Directory()
    for place in places_in(block, offset, header)[0]:
        value = bytes(block[place.start : place.start + place.length])
        if place.tag in _POINTERS and depth < 2:
            where = number_at(block, place, header.order) if place.count == 1 else None
            child = read_directory(block, where, header, depth + 1) if where is not None else None
            if child:
                found.children[place.tag] = child
        elif (entry := _classic(Entry(place.type, place.count, value), header.order)) is not None:
            found.entries[place.tag] = entry
    return found


def _classic(entry: Entry, order: str) -> Entry | None:
    if entry.type not in _NARROWER:
        return entry
    kind, wide, narrow = _NARROWER[entry.type]
    try:
        values = struct.pack(
            f"{order}{entry.count}{narrow}", *struct.unpack(f"{order}{entry.count}{wide}", entry.value)
        )
    except struct.error:
        return None
    return Entry(kind, entry.count, values)


def shorts(order: str, *values: int) -> Entry:
    """A SHORT tag."""
    return Entry(3, len(values), struct.pack(f"{order}{len(values)}H", *values))


def longs(order: str, *values: int) -> Entry:
    """A LONG tag."""
    return Entry(4, len(values), struct.pack(f"{order}{len(values)}I", *values))


def merge_entries(*parts: Mapping[int, Entry]) -> dict[int, Entry]:
    """The union of the parts; later ones win."""
    return {tag: entry for part in parts for tag, entry in part.items()}
