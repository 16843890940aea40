"""Files with everything in them, by writers other than ours: Pillow, tifffile, OpenCV, and bytes by hand."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 240, 320
MAGENTA = (255, 0, 255)


#: Records of IPTC: by-line "Somebody" and a caption.
IPTC = b"\x1c\x02\x50\x00\x08Somebody\x1c\x02\x78\x00\x05Statue"[:-1]


#: XYZ to the camera's colours: sRGB's own, so that what is developed is known.
MATRIX = ((31339, -16169, -4906), (-9788, 19161, 335), (719, -2290, 14052))


ULTRA_HDR = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
  xmlns:Container="http://ns.google.com/photos/1.0/container/"
  xmlns:Item="http://ns.google.com/photos/1.0/container/item/" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"
  xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
  hdrgm:Version="1.0" GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1" tiff:Orientation="6"
  tiff:ImageWidth="90" dc:format="a > b" exif:PixelXDimension="90">
 <exif:PixelYDimension>60</exif:PixelYDimension>
 <dc:creator><rdf:Seq><rdf:li>S\xc3\xb6mebody</rdf:li></rdf:Seq></dc:creator>
 <Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">
  <Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource">
  <Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="999"/></rdf:li></rdf:Seq>
 </Container:Directory>
 <xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image="AAAA" xmpGImg:width="9"/></rdf:Alt></xmp:Thumbnails>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    label = bytes([len(name)]) + name
    label += b"\0" * (len(label) % 2)
    return b"8BIM" + struct.pack(">H", number) + label + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)


def app(number: int, body: bytes) -> bytes:
    return bytes([0xFF, 0xE0 + number]) + struct.pack(">H", len(body) + 2) + body


def png_with(path: Path, samples: np.ndarray[Any, Any], chunks: list[tuple[bytes, bytes]]) -> None:
    ok, data = cv2.imencode(".png", samples[..., ::-1] if samples.ndim == 3 else samples)
    content = data.tobytes()
    place = content.index(b"IDAT") - 4
    for name, body in reversed(chunks):
        whole = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        content = content[:place] + whole + content[place:]
    assert ok and path.write_bytes(content)


def light() -> NDArray[np.float64]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([0.2 + 0.6 * x / WIDTH, 0.3 + 0.4 * y / HEIGHT, 0.4 + 0 * x], 2)


def write_dng(path: Path, orientation: int = 1) -> None:
    """As cameras write them: a thumbnail first, the mosaic in a directory under it."""
    linear = (light() * 16000).astype(np.uint16)
    mosaic = np.empty((HEIGHT, WIDTH), np.uint16)
    for (y, x), channel in {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}.items():
        mosaic[y::2, x::2] = linear[y::2, x::2, channel]
    matrix = tuple(number for row in MATRIX for value in row for number in (value, 10000))
    of_camera = [
        (50706, "B", 4, b"\1\4\0\0", True),
        (50707, "B", 4, b"\1\1\0\0", True),
        (271, "s", 0, "Maker", True),
        (272, "s", 0, "Model", True),
        (274, "H", 1, orientation, True),
        (33432, "s", 0, "A museum", True),
        (50708, "s", 0, "Maker Model", True),
        (50721, "2i", 9, matrix, True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
        (50778, "H", 1, 21, True),
    ]
    of_mosaic = [
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, b"\0\1\1\2", True),
        (50714, "H", 1, 0, True),
        (50717, "H", 1, 16383, True),
    ]
    with tifffile.TiffWriter(path) as file:
        thumbnail = np.full((60, 80, 3), MAGENTA, np.uint8)
        file.write(thumbnail, photometric="rgb", subfiletype=1, subifds=1, metadata=None, extratags=of_camera)
        file.write(mosaic, photometric=32803, subfiletype=0, metadata=None, extratags=of_mosaic)


def block_with_thumbnail(orientation: int = 1, order: str = "<", filler: int = 4000, packing: int = 6) -> bytes:
    """An EXIF block as cameras make it of 90 x 60 pixels: a magenta thumbnail (JPEG or strips), a maker's note."""
    buffer = io.BytesIO()
    thumbnail = Image.new("RGB", (160, 107), MAGENTA)
    thumbnail.save(buffer, "JPEG", comment=b"." * filler)
    content = buffer.getvalue() if packing == 6 else thumbnail.tobytes()
    note = b"maker's note " * 9

    def directory(start: int, entries: list[tuple[int, int, int, int]], following: int) -> bytes:
        out = struct.pack(order + "H", len(entries))
        for tag, kind, count, value in entries:
            out += struct.pack(order + "HHI", tag, kind, count)
            out += struct.pack(order + "HH", value, 0) if (kind, count) == (3, 1) else struct.pack(order + "I", value)
        return out + struct.pack(order + "I", following)

    main = 8
    exif = main + 2 + 3 * 12 + 4
    note_at = exif + 2 + 3 * 12 + 4
    first = note_at + len(note) + len(note) % 2
    second = first + 2 + 5 * 12 + 4
    place, length = (513, 514) if packing == 6 else (273, 279)
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", main)
    block += directory(main, [(256, 4, 1, 90), (274, 3, 1, orientation), (34665, 4, 1, exif)], first)
    block += directory(exif, [(37500, 7, len(note), note_at), (40962, 3, 1, 90), (40963, 4, 1, 60)], 0)
    block += note.ljust(first - note_at, b"\0")
    entries = [(259, 3, 1, packing), (273, 4, 1, second), (274, 3, 1, orientation), (279, 4, 1, len(content))]
    entries = [(place if tag == 273 else length if tag == 279 else tag, *rest) for tag, *rest in entries]
    entries += [(256, 3, 1, 160)]
    return block + directory(first, sorted(entries), 0) + content
