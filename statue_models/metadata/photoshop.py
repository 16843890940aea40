"""Photoshop's image resources: the frame that IPTC's records are kept in, in JPEG (APP13), TIFF and PNG files.

Source: Adobe Photoshop File Formats Specification, "Image Resource Blocks"; IPTC Information Interchange Model 4.2.
"""

import struct
from collections.abc import Iterator

IPTC = 1028
#: Thumbnails, by Photoshop 4 and by later ones: they show the damage.
_THUMBNAILS = (1033, 1036)
#: The checksum of IPTC's records, by which a program sees that another one changed them.
_DIGEST = 1061
_MARK = b"8BIM"
#: PNG files hold a block as hexadecimal text, so many digits a line: ImageMagick's way, which others read and write.
_LINE = 72


def _blocks(resources: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(number, the whole block, its data); ends at the first that is damaged."""
    place = 0
    while place + 12 <= len(resources) and resources[place + 3 : place + 4].isalnum():
        (number,) = struct.unpack_from(">H", resources, place + 4)
        data = place + 6 + (resources[place + 6] + 2 & ~1)
        if data + 4 > len(resources):
            return
        (length,) = struct.unpack_from(">I", resources, data)
        end = data + 4 + length
        if end > len(resources):
            return
        yield (
            number,
            resources[place : end + length % 2].ljust(end + length % 2 - place, b"\0"),
            resources[data + 4 : end],
        )
        place = end + length % 2


def without_thumbnails(resources: bytes) -> tuple[bytes | None, bool]:
    """(the resources, or None where there are no others; whether there was a thumbnail)."""
    found = [(number, block) for number, block, _ in _blocks(resources)]
    kept = b"".join(block for number, block in found if number not in _THUMBNAILS)
    return kept or None, any(number in _THUMBNAILS for number, _ in found)


def iptc_of(resources: bytes) -> bytes | None:
    """IPTC's records among the resources."""
    return next((data for number, _, data in _blocks(resources) if number == IPTC), None)


def has_others(resources: bytes) -> bool:
    """Whether there are resources besides IPTC's records."""
    return any(number not in (IPTC, _DIGEST) for number, _, _ in _blocks(resources))


def with_iptc(resources: bytes, records: bytes) -> bytes:
    """The resources, with the records first where they have none of their own."""
    if iptc_of(resources) is not None:
        return resources
    padded = records + b"\0" * (len(records) % 2)
    return _MARK + struct.pack(">HHI", IPTC, 0, len(records)) + padded + resources


def as_resources(content: bytes) -> bytes:
    """Resources as they are, IPTC's records alone (which start with 0x1C) in a block of their own."""
    return with_iptc(b"", content) if content[:1] == b"\x1c" else content.removeprefix(b"Photoshop 3.0\0")


def to_png_text(resources: bytes) -> bytes:
    """What a PNG file's text "Raw profile type iptc" holds."""
    digits = resources.hex().encode()
    lines = [digits[start : start + _LINE] for start in range(0, len(digits), _LINE)]
    return b"\n".join([b"", b"iptc", b"%8d" % len(resources), *lines, b""])


def bytes_of_png_text(text: bytes) -> bytes | None:
    """The bytes of a PNG file's text "Raw profile type ...", or None where it is none."""
    parts = text.strip().split(b"\n", 2)
    try:
        content = bytes.fromhex(parts[2].decode("ascii"))
        return content if len(content) == int(parts[1]) else None
    except (IndexError, ValueError):
        return None
