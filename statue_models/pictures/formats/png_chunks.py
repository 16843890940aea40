"""The bodies of PNG's ancillary chunks: texts, profile, resolution (PNG specification, third edition, 11.3)."""

import struct
import zlib

TEXT = (b"tEXt", b"zTXt", b"iTXt")
_MAX_EXPANDED = 16 << 20  # bytes a compressed profile or XMP packet may become; chosen
METRES_PER_INCH = 0.0254  #: by definition


def keyword(name: bytes, body: bytes) -> bytes | None:
    """The keyword of a text chunk, None of another."""
    return body.partition(b"\0")[0] if name in TEXT else None


def text_of(name: bytes, body: bytes) -> bytes | None:
    """The text of a text chunk: Latin-1, of iTXt UTF-8; None where it is damaged."""
    rest = body.partition(b"\0")[2]
    if name == b"tEXt":
        return rest
    return _inflate(rest[1:]) if name == b"zTXt" else international_text(rest)


def text_chunk(word: bytes, text: bytes) -> tuple[bytes, bytes]:
    """(name, data) of a text chunk: tEXt where the text is Latin-1 and the same in UTF-8, else iTXt if it is UTF-8."""
    if text.isascii():
        return b"tEXt", word + b"\0" + text
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return b"tEXt", word + b"\0" + text
    return b"iTXt", word + b"\0\0\0\0\0" + text


def international_text(rest: bytes) -> bytes | None:
    """The text of an iTXt chunk after its keyword: compression flag and method, language, translated keyword, text."""
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3:
        return None
    return _inflate(parts[2]) if rest[0] else parts[2]


def _inflate(data: bytes) -> bytes | None:
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, _MAX_EXPANDED)
    except zlib.error:
        return None
    return text if unpacker.eof else None


def profile_of_chunk(chunk: bytes | None) -> bytes | None:
    """The ICC profile of iCCP's body."""
    if chunk is None:
        return None
    _, _, rest = chunk.partition(b"\0")
    return _inflate(rest[1:]) if rest[:1] == b"\0" else None


def resolution_of_chunk(chunk: bytes | None) -> tuple[float, float] | None:
    """(across, down) pixels per inch of pHYs' body."""
    if chunk is None or len(chunk) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", chunk)
    return (across * METRES_PER_INCH, down * METRES_PER_INCH) if unit == 1 and across and down else None


def says_aspect(chunk: bytes | None) -> bool:
    """Whether pixels are not square, but of no size."""
    return chunk is not None and len(chunk) == 9 and chunk[8] == 0 and chunk[:4] != chunk[4:8]
