"""What PNG's chunks cICP, gAMA and cHRM say of colours, as an ICC profile: other files have no such chunks.

Sources: PNG specification, third edition, 4.3 (which chunk counts) and 11.3.2; ITU-T H.273 for the code points of cICP;
ICC.1:2022, 7 (header), 9 (tags), 10 (types), annex E (adaptation to D50).
"""

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Chromaticities = tuple[float, float, float, float, float, float, float, float]

#: White, red, green and blue as x, y (H.273 tables 2 and 3): BT.709 and sRGB, BT.2020, DCI-P3, Display P3.
_BT709: Chromaticities = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _BT709,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
#: Transfer of cICP -> gamma (H.273 table 3), where it has one; sRGB's is None.
_TRANSFERS: dict[int, float | None] = {4: 2.2, 5: 2.8, 8: 1.0, 13: None}
#: sRGB's curve as ICC's parametric type 3 has it: g, a, b, c, d.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
#: gAMA of sRGB (PNG specification 11.3.2.5), and how far another may be off and mean the same beside sRGB's colours:
#: programs round.
_SRGB_GAMMA, _SAME_GAMMA = 0.45455, 0.001
#: The same for chromaticities.
_SAME_PLACE = 0.001
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])  #: ICC's white


def profile_of(chunks: Mapping[bytes, bytes], grey: bool) -> bytes | None:
    """The profile that says the same as the chunks; None where they say sRGB, or what no matrix profile can (HDR)."""
    found = _colours(chunks)
    if found is None:
        return None
    gamma, places = found
    same_places = max(abs(one - other) for one, other in zip(places, _BT709, strict=True)) < _SAME_PLACE
    same_curve = gamma is None or abs(1 / gamma - _SRGB_GAMMA) < _SAME_GAMMA
    if same_curve and (same_places or grey):
        return None
    return _grey_profile(gamma) if grey else _matrix_profile(gamma, places)


def says_more(chunks: Mapping[bytes, bytes]) -> bool:
    """Whether the values are of a kind that ``profile_of`` has no profile for: HDR, or narrow range."""
    chunk = chunks.get(b"cICP")
    return chunk is not None and _coded(chunk) is None


def names(chunks: Mapping[bytes, bytes]) -> list[str]:
    """Names of the chunks that count."""
    if b"cICP" in chunks:
        return ["cICP"]
    return [name.decode() for name in (b"gAMA", b"cHRM") if name in chunks]


def _colours(chunks: Mapping[bytes, bytes]) -> tuple[float | None, Chromaticities] | None:
    """(gamma, or None for sRGB's curve; chromaticities) of the chunk that counts."""
    if b"cICP" in chunks:
        return _coded(chunks[b"cICP"])
    if b"sRGB" in chunks:
        return None
    gamma, places = None, _BT709
    if len(chunks.get(b"gAMA", b"")) == 4:
        (encoding,) = struct.unpack(">I", chunks[b"gAMA"])
        gamma = 100_000 / encoding if encoding else None
    if len(chunks.get(b"cHRM", b"")) == 32:
        numbers = [number / 100_000 for number in struct.unpack(">8I", chunks[b"cHRM"])]
        if all(numbers[1::2]):
            places = (*numbers,)
    return gamma, places


def _coded(chunk: bytes) -> tuple[float | None, Chromaticities] | None:
    if len(chunk) != 4 or chunk[0] not in _PRIMARIES or chunk[1] not in _TRANSFERS or chunk[2:] != b"\0\1":
        return None
    return _TRANSFERS[chunk[1]], _PRIMARIES[chunk[0]]


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _matrix_profile(gamma: float | None, places: Chromaticities) -> bytes | None:
    white = _xyz(*places[:2])
    primaries = np.stack([_xyz(*places[k : k + 2]) for k in (2, 4, 6)], axis=1)
    try:
        matrix = primaries * np.linalg.solve(primaries, white)
    except np.linalg.LinAlgError:
        return None
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ matrix
    if not np.isfinite(adapted).all() or np.abs(adapted).max() >= 1 << 15:
        return None
    tags = {name: _place(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), adapted.T, strict=True)}
    return _profile(b"RGB ", {**tags, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma))})


def _grey_profile(gamma: float | None) -> bytes:
    return _profile(b"GRAY", {b"kTRC": _curve(gamma)})


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _place(xyz: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*xyz)


def _curve(gamma: float | None) -> bytes:
    if gamma is None:
        return b"para\0\0\0\0\0\3\0\0" + _fixed(*_SRGB_CURVE)
    return b"para\0\0\0\0\0\0\0\0" + _fixed(min(gamma, 32767.0))


def _text(text: str) -> bytes:
    """A multiLocalizedUnicode tag."""
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text("As the PNG file said"), b"cprt": _text("CC0"), b"wtpt": _place(_D50), **tags}
    place, table, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, place + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    # Version 4.4, a display's, XYZ as connection space; no date, so that the same chunks give the same bytes.
    head = struct.pack(">I4sI4s4s4s12x4s", place + len(body), b"", 0x04400000, b"mntr", space, b"XYZ ", b"acsp")
    return (head + bytes(28) + _fixed(*_D50)).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
