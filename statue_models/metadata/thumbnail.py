"""Thumbnails in EXIF blocks: they show the damage, so they are made again from the picture that is written.

The new one is put where the old one lay, so that nothing else moves: makers' notes hold offsets that nobody else can
read (EXIF 2.32 section 4.5.4 has the thumbnail's directory).
"""

import io
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from statue_models.metadata.tiff_directory import Header, Place, number_at, places_in

_OFFSET, _LENGTH, _STRIPS, _STRIP_LENGTHS = 513, 514, 273, 279  #: tags of a thumbnail's directory
_ORIENTATION, _WIDTH, _HEIGHT = 274, 256, 257
#: Of 100, from the best to the least that is still worth looking at; chosen.
_QUALITIES = (90, 80, 70, 60, 50, 40, 30, 20, 10)
#: Pixels of a thumbnail's longer side: Exif's own, and the most that is made; the second one chosen.
_USUAL, _LARGEST = 160, 640


def has_thumbnail(block: bytes | None) -> bool:
    """Whether there is a directory behind the main one."""
    header = Header.of(block)
    if block is None or header is None:
        return False
    _, link = places_in(block, header.start, header)
    return bool(link + 4 <= len(block) and struct.unpack_from(header.order + "I", block, link)[0])


def with_thumbnail(block: bytes, samples: NDArray[Any]) -> tuple[bytes, bool]:
    """The block with a thumbnail of ``samples``, (H, W, 1 or 3) uint8 sRGB, of the old one's longer side.

    Returns:
        The block, and whether the thumbnail was made: an old one of another kind than JPEG, or one too short for
        any new one, is blotted out and not linked any more.
    """
    header = Header.of(block)
    if header is None:
        return block, False
    _, link = places_in(block, header.start, header)
    (start,) = struct.unpack_from(header.order + "I", block, link)
    entries = {place.tag: place for place in places_in(block, start, header)[0]}
    out = bytearray(block)
    offset, length = (_number(block, entries.get(tag), header.order) for tag in (_OFFSET, _LENGTH))
    old = b"" if offset is None or length is None else block[offset : offset + length]
    new = _made_to_fit(samples, _longer_side(old), len(old)) if old else None
    if new is None or offset is None:
        _blot_out(out, entries, header.order)
        struct.pack_into(header.order + "I", out, link, 0)
        return bytes(out), False
    content, width, height = new
    out[offset : offset + len(old)] = content.ljust(len(old), b"\0")
    for tag, value in ((_LENGTH, len(content)), (_ORIENTATION, 1), (_WIDTH, width), (_HEIGHT, height)):
        place = entries.get(tag)
        if place is not None and place.type in (3, 4):
            struct.pack_into(header.order + ("H" if place.type == 3 else "I"), out, place.start, value)
    return bytes(out), True


def _number(block: bytes, place: Place | None, order: str) -> int | None:
    return None if place is None else number_at(block, place, order)


def _longer_side(old: bytes) -> int:
    try:
        with Image.open(io.BytesIO(old), formats=["JPEG"]) as image:
            return min(max(image.size), _LARGEST)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return _USUAL


def _made_to_fit(samples: NDArray[Any], side: int, room: int) -> tuple[bytes, int, int] | None:
    """(JPEG of at most ``room`` bytes, its width, its height)."""
    height, width = samples.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(samples), size, interpolation=cv2.INTER_AREA)
    image = Image.fromarray(small)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= room:
            return buffer.getvalue(), *size
    return None


def _blot_out(out: bytearray, entries: dict[int, Place], order: str) -> None:
    for offsets, lengths in ((_OFFSET, _LENGTH), (_STRIPS, _STRIP_LENGTHS)):
        if offsets in entries and lengths in entries:
            for start, length in zip(*(_numbers(out, entries[tag], order) for tag in (offsets, lengths)), strict=False):
                end = min(start + length, len(out))
                out[start:end] = bytes(max(0, end - start))


def _numbers(block: bytearray, place: Place, order: str) -> tuple[int, ...]:
    letter = {3: "H", 4: "I"}.get(place.type)
    return () if letter is None else struct.unpack_from(f"{order}{place.count}{letter}", block, place.start)
