"""The segments of a JPEG file, and what telephones append to it (ITU-T T.81 annex B; CIPA DC-007 for MPF)."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from statue_models.metadata import xmp

EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APP = range(0xE0, 0xF0)
#: Frame headers (T.81 table B.1), for the size.
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
#: Starts of segments that are about storage, or that Pillow reads and writes itself.
_ELSEWHERE = (
    *(b"JFIF\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"),
    *(b"Adobe", b"Ducky", b"MPF\0"),
)
#: What other segments are, by their starts.
_NAMES = ((b"JP", "content credentials (APP11)"), (b"FPXR\0", "FlashPix (APP2)"), (b"JFXX\0", "the JFIF thumbnail"))
#: What marks a gain map (HDR) in the metadata of what is appended, and a video.
_APPENDED_GAIN_MAP = (b"hdrgm:", b"hdrgainmap", b"HDRGainMap", _GAIN_MAP)
_APPENDED_VIDEO = (b"ftyp", b"MotionPhoto_Data")
_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")  # in entropy-coded data: neither stuffing nor a restart


@dataclass
class Segments:
    """What stands in a file beside its samples.

    Attributes:
        size: (width, height) of the first frame header, or (0, 0).
        comment: the comments, one after another; None without.
        photoshop: Photoshop's image resources; None without.
        extended_xmp: bodies of the segments with the XMP that the packet had no room for.
        unheld: names of segments that cannot be true of another picture.
        gain_map, video: one of them stands behind the picture.
        end: where the first picture ends.
    """

    size: tuple[int, int] = (0, 0)
    comment: bytes | None = None
    photoshop: bytes | None = None
    extended_xmp: list[bytes] = field(default_factory=list)
    unheld: list[str] = field(default_factory=list)
    gain_map: bool = False
    video: bool = False
    end: int = 0

    @classmethod
    def of(cls, data: bytes) -> "Segments":
        """What a whole file holds."""
        found = cls(end=len(data))
        for marker, start, end in walk(data):
            if marker == _EOI:
                found.end = end
                break
            found._sort(marker, data[start:end])
        found._look_behind(data[found.end :])
        return found

    def _sort(self, marker: int, body: bytes) -> None:
        if marker in _FRAMES and len(body) >= 5 and self.size == (0, 0):
            height, width = struct.unpack_from(">HH", body, 1)
            self.size = width, height
        elif marker == _COMMENT:
            self.comment = body if self.comment is None else self.comment + b"\n" + body
        elif marker in _APP and body.startswith(_PHOTOSHOP):
            self.photoshop = (self.photoshop or b"") + body[len(_PHOTOSHOP) :]
        elif marker in _APP and body.startswith(EXTENDED_XMP):
            self.extended_xmp.append(body)
        elif marker in _APP and body.startswith(_GAIN_MAP):
            self.gain_map = True
        elif marker in _APP and body and not body.startswith(_ELSEWHERE):
            named = next((name for start, name in _NAMES if body.startswith(start)), f"APP{marker - 0xE0}")
            if named not in self.unheld:
                self.unheld.append(named)

    def _look_behind(self, rest: bytes) -> None:
        self.gain_map |= any(mark in rest for mark in _APPENDED_GAIN_MAP)
        self.video |= any(mark in rest for mark in _APPENDED_VIDEO)

    def look_into(self, packet: bytes) -> None:
        """Take in what the XMP packet promises."""
        promises = xmp.promises_of(packet)
        self.gain_map |= promises.gain_map
        self.video |= promises.video


def walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start and end of its body) of each segment; a scan's entropy-coded data are stepped over."""
    place = 2
    while place + 2 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # fill
            place += 1
            continue
        if marker == _EOI:
            yield marker, place, place + 2
            return
        if marker == _SOI or place + 4 > len(data):
            return
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(data):
            return
        yield marker, place + 4, end
        place = end
        if marker == _SOS:
            following = _MARKER.search(data, end)
            if following is None:
                return
            place = following.end() - 2


def photoshop_segments(resources: bytes) -> bytes:
    """APP13 segments with Photoshop's resources, as many as they need."""
    room = 65533 - len(_PHOTOSHOP)
    parts = (resources[start : start + room] for start in range(0, len(resources), room))
    return b"".join(segment(0xED, _PHOTOSHOP + part) for part in parts)


def segment(marker: int, body: bytes) -> bytes:
    """One segment of at most 65533 bytes."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
