"""XMP packets, made true of the picture that is written, byte by byte: what is not changed stays as it was.

Sources: XMP Specification parts 1 and 3; Google's Ultra HDR Image Format 1.1 and Motion Photo format 1.0; Adobe's Gain
Map specification 1.0.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_GAIN_MAP = ("http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/")
#: What lies behind the picture, item by item: Google's directory of a container, with its items' namespace.
_CONTAINER = ("http://ns.google.com/photos/1.0/container/", "http://ns.google.com/photos/1.0/container/item/")
_VIDEO = re.compile(r"Motion(Photo|Video)|MicroVideo")
_THUMBNAILS = "http://ns.adobe.com/xap/1.0/", "Thumbnails"
_EXTENDED = _NOTE, "HasExtendedXMP"
#: Whether a promise, by namespace and name, is to go.
Unwanted = Callable[[str, str], bool]
_BETWEEN = "\n"  # of a namespace and a name, in expat's words: in neither


@dataclass
class Promises:
    """What a packet says of things beside it.

    Attributes:
        gain_map, video: behind the picture there is one.
        thumbnail: the packet itself holds one.
        extended: part of the XMP stands elsewhere in the file.
    """

    gain_map: bool = False
    video: bool = False
    thumbnail: bool = False
    extended: bool = False


@dataclass
class _Found:
    """Byte ranges of the packet: to be cut out, and to be set to a number."""

    cut: list[tuple[int, int]] = field(default_factory=list)
    numbers: list[tuple[int, int, str, str]] = field(default_factory=list)
    promises: Promises = field(default_factory=Promises)


def promises_of(packet: bytes) -> Promises:
    """What the packet promises; nothing where it cannot be read."""
    return _found(packet, lambda *_: True).promises


def upright(packet: bytes) -> bytes:
    """The packet with tiff:Orientation 1, written as an attribute or as an element."""
    return _set(packet, {(_TIFF, "Orientation"): 1})


def with_size(packet: bytes, width: int, height: int) -> bytes:
    """The packet with the picture's true size wherever it says one."""
    widths = {(_TIFF, "ImageWidth"): width, (_EXIF, "PixelXDimension"): width}
    return _set(packet, {**widths, (_TIFF, "ImageLength"): height, (_EXIF, "PixelYDimension"): height})


def without_promises(packet: bytes, keep_extended: bool) -> bytes:
    """The packet without gain map, video, container and thumbnails; without the extension too, if it is not kept."""

    def unwanted(space: str, name: str) -> bool:
        return not (keep_extended and (space, name) == _EXTENDED)

    out = packet
    for start, end in sorted(_found(packet, unwanted).cut, reverse=True):
        out = out[:start] + out[end:]
    return out


def _is_promise(space: str, name: str, promises: Promises) -> bool:
    if space in _GAIN_MAP:
        promises.gain_map = True
    elif _VIDEO.match(name):
        promises.video = True
    elif (space, name) == _THUMBNAILS:
        promises.thumbnail = True
    elif (space, name) == _EXTENDED:
        promises.extended = True
    else:
        return space in _CONTAINER
    return True


def _set(packet: bytes, values: dict[tuple[str, str], int]) -> bytes:
    out = packet
    for start, end, space, name in sorted(_found(packet, lambda *_: False).numbers, reverse=True):
        if (space, name) in values:
            out = out[:start] + str(values[space, name]).encode() + out[end:]
    return out


def _found(packet: bytes, unwanted: Unwanted) -> _Found:
    """What of a UTF-8 packet matters here. One that is damaged, or has a DTD, holds nothing for us."""
    found = _Found()
    try:
        _Reader(packet, found, unwanted).read()
    except (expat.ExpatError, UnicodeDecodeError, ValueError):
        return _Found()
    return found


class _Reader:
    """expat, which says where in the packet it is."""

    def __init__(self, packet: bytes, found: _Found, unwanted: Unwanted) -> None:
        self._packet, self._found, self._unwanted = packet, found, unwanted
        self._parser = expat.ParserCreate("utf-8", _BETWEEN)
        self._parser.namespace_prefixes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._open: list[tuple[int, int, str, str]] = []  # start, end of the tag, namespace, name

    def read(self) -> None:
        self._packet.decode("utf-8")
        end = self._packet.rfind(b">") + 1  # packets end in white space, or in zeros
        self._parser.Parse(self._packet[:end], True)

    @staticmethod
    def _refuse(*_: object) -> None:
        raise ValueError("a DTD")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        start = self._parser.CurrentByteIndex
        end = _end_of_tag(self._packet, start)
        space, name, _ = _split(tag)
        if not self._inside():
            for attribute in attributes:
                self._look_at(attribute, start, end)
        self._open.append((start, end, space, name))

    def _look_at(self, attribute: str, start: int, end: int) -> None:
        space, name, prefix = _split(attribute)
        written = rb"\s+" + re.escape(f"{prefix}:{name}".encode()) + rb"""\s*=\s*("[^"]*"|'[^']*')"""
        place = re.compile(written).search(self._packet, start, end)
        if place is None:
            return
        if _is_promise(space, name, self._found.promises):
            if self._unwanted(space, name):
                self._found.cut.append(place.span())
        elif space in (_TIFF, _EXIF):
            self._found.numbers.append((place.start(1) + 1, place.end(1) - 1, space, name))

    def _inside(self) -> bool:
        """Whether all that stands here is cut out already."""
        return any(_is_promise(space, name, Promises()) for _, _, space, name in self._open)

    def _end(self, _: str) -> None:
        start, end, space, name = self._open.pop()
        close = self._parser.CurrentByteIndex
        if self._inside():
            _is_promise(space, name, self._found.promises)
            return
        after = end if self._packet[end - 2 : end] == b"/>" else _end_of_tag(self._packet, close)
        if _is_promise(space, name, self._found.promises):
            if self._unwanted(space, name):
                self._found.cut.append((start, after))
        elif space in (_TIFF, _EXIF) and self._packet[end:close].strip().isdigit():
            self._found.numbers.append((end, close, space, name))


def _end_of_tag(packet: bytes, start: int) -> int:
    """Behind the ``>`` that ends the tag at ``start``: in quotes there may be others."""
    whole = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""").match(packet, start)
    if whole is None:
        raise ValueError("no tag")
    return whole.end()


def _split(tag: str) -> tuple[str, str, str]:
    """(namespace, name, prefix) of expat's word for a name."""
    parts = tag.split(_BETWEEN)
    return ("", parts[0], "") if len(parts) == 1 else (parts[0], parts[1], parts[2] if len(parts) > 2 else "")
