"""ICC profiles: a picture's own values to sRGB-encoded values and back.

Matrix and curve profiles (Adobe RGB, Display P3, ProPhoto, linear RGB, grey with a curve) are computed here in
floating point from the profile's tags, relative colorimetric, both ways: 16-bit samples survive the round trip to the
last bit or two wherever sRGB has the colour. Table profiles go through LittleCMS, in 8 bits.
Source: ICC.1:2022 (profile version 4.4), sections 7 (header), 8.4 (matrix model), 10.6 and 10.18 (curves).
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Curve = Callable[[NDArray[Any]], NDArray[Any]]

#: Linear sRGB to XYZ under D50 (IEC 61966-2-1 primaries, Bradford-adapted as in ICC's sRGB profiles).
_SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
#: A profile that moves no value further than an 8-bit step is sRGB: LittleCMS's own moves saturated cyan by 0.64 (greys
#: by 0.05), Display P3 moves colours by tens.
_SAME = 1 / 255


class OneWayProfileError(Exception):
    """The profile says how its values look but not how to get back to them."""


class ColourTransform(Protocol):
    """Both directions of a profile. Arrays are (N, colours), 1 or 3 colours."""

    def to_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        """File values, floats in 0..1 or whole-range uint8 or uint16, to sRGB-encoded floats in 0..1.

        Colours outside sRGB are clipped. Integers are computed in single precision, which is enough for 16 bits.
        """
        ...

    def from_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        """sRGB-encoded floats in 0..1 to file values in 0..1; colours outside the profile's space are clipped."""
        ...


@lru_cache(maxsize=8)
def colour_transform(icc: bytes | None, colours: int) -> ColourTransform | None:
    """The transform of a picture with ``colours`` (1 or 3) colour channels, or None where the values are sRGB.

    They are sRGB without a profile, with an sRGB profile, and with one that is damaged or made for other channels
    (``is_understood`` tells), which every viewer has to ignore as well.

    Raises:
        OneWayProfileError: for a table profile without a way back.
    """
    if icc is None or not is_understood(icc, colours):
        return None
    transform = _parse_profile(icc, colours)
    return None if transform is None or _is_srgb(transform, colours) else transform


def is_understood(icc: bytes, colours: int) -> bool:
    """Whether a profile is sound and fits a picture with that many colour channels."""
    if (
        len(icc) < 132
        or icc[36:40] != b"acsp"
        or not (icc[16:20] == b"RGB " or (icc[16:20] == b"GRAY" and colours == 1))
    ):
        return False
    try:
        return _parse_profile(icc, colours) is not None
    except OneWayProfileError:
        return True


@lru_cache(maxsize=8)
def _parse_profile(icc: bytes, colours: int) -> ColourTransform | None:
    try:
        tags = _tags(icc)
        if icc[16:20] == b"GRAY":
            return _GreyTransform(*_curve(tags[b"kTRC"]), lab=icc[20:24] == b"Lab ") if b"kTRC" in tags else None
        if b"rTRC" in tags and b"rXYZ" in tags:
            curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
            if colours == 1:  # a grey picture with an RGB profile: the axis where R = G = B
                return _GreyTransform(*curves[1])
            matrix = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
            to_linear_srgb = np.linalg.inv(_SRGB_TO_XYZ) @ matrix
            return _MatrixTransform(tuple(curves), to_linear_srgb, np.linalg.inv(to_linear_srgb))
        return _TableTransform.of(icc, colours)
    except (struct.error, KeyError, IndexError, ValueError, ZeroDivisionError, np.linalg.LinAlgError):
        return None


def _is_srgb(transform: ColourTransform, colours: int) -> bool:
    levels = np.linspace(0.0, 1.0, 9 if colours == 3 else 65)
    grid = np.stack(np.meshgrid(*[levels] * colours, indexing="ij"), axis=-1).reshape(-1, colours)
    return bool(np.abs(transform.to_srgb(grid) - grid).max() < _SAME)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    tags = {}
    for number in range(min(count, 200)):
        name, offset, size = struct.unpack_from(">4sII", icc, 132 + 12 * number)
        tags[name] = icc[offset : offset + size]
    return tags


def _xyz(tag: bytes) -> NDArray[np.float64]:
    return np.array(struct.unpack_from(">3i", tag, 8), np.float64) / 65536


def _curve(tag: bytes) -> tuple[Curve, Curve]:
    """(file value -> linear, linear -> file value) of a curve tag."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return _power(1.0)
        if count == 1:
            return _power(struct.unpack_from(">H", tag, 12)[0] / 256)
        table = np.array(struct.unpack_from(f">{count}H", tag, 12), np.float64) / 65535
        return _sample_curves(np.linspace(0.0, 1.0, count), table)
    if tag[:4] != b"para":
        raise ValueError("not a curve")
    (kind,) = struct.unpack_from(">H", tag, 8)
    p = [value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    if kind == 0:
        return _power(p[0])
    # All kinds in the form of kind 4: (a x + b)^g + e from d on, c x + f below.
    g, a, b = p[:3]
    c, d, e, f = {1: [0, -b / a, 0, 0], 2: [0, -b / a, *p[3:], *p[3:]], 3: [*p[3:], 0, 0], 4: p[3:]}[kind]

    def linear(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.clip(np.where(x >= d, np.maximum(a * x + b, 0.0) ** g + e, c * x + f), 0.0, 1.0))

    # Finer than 16 bits, and denser near black, where the curve bends.
    grid = np.linspace(0.0, 1.0, 65536) ** 2
    return linear, _sample_curves(grid, linear(grid))[1]


def _power(gamma: float) -> tuple[Curve, Curve]:
    if not gamma > 0:
        raise ValueError("not a gamma")
    return (lambda x: x**gamma), (lambda y: y ** (1.0 / gamma))


def _sample_curves(inputs: NDArray[np.float64], table: NDArray[np.float64]) -> tuple[Curve, Curve]:
    rising = np.maximum.accumulate(table)
    if rising[-1] <= rising[0]:
        raise ValueError("a curve that does not rise")
    # Flat parts have no inverse: keep each output's first input, and the last one at the top.
    distinct = np.concatenate([[True], np.diff(rising) > 0])
    return (lambda x: np.interp(x, inputs, table)), (lambda y: np.interp(y, rising[distinct], inputs[distinct]))


def _apply_curve(curve: Curve, values: NDArray[Any]) -> NDArray[Any]:
    """The curve at floats, or at integers by a table of all of them."""
    if values.dtype.kind != "u":
        return curve(values)
    levels = np.iinfo(values.dtype).max + 1
    return np.asarray(curve(np.arange(levels) / (levels - 1)).astype(np.float32)[values])


def encode_srgb(linear: NDArray[Any]) -> NDArray[Any]:
    """Linear light 0..1 to sRGB-encoded values (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def decode_srgb(values: NDArray[Any]) -> NDArray[Any]:
    """sRGB-encoded values 0..1 to linear light."""
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0.04045) + 0.055) / 1.055) ** 2.4)


def _apply_matrix(matrix: NDArray[Any], channels: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """A 3 x 3 matrix on three channels, clipped to 0..1. By hand: BLAS threads cost more than they bring here."""
    r, g, b = channels
    return [np.clip(float(x) * r + float(y) * g + float(z) * b, 0.0, 1.0) for x, y, z in matrix]


@dataclass(frozen=True, eq=False)
class _MatrixTransform:
    curves: tuple[tuple[Curve, Curve], ...]
    to_linear_srgb: NDArray[np.floating[Any]]
    from_linear_srgb: NDArray[np.floating[Any]]

    def to_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        linear = [_apply_curve(curve[0], values[:, c]) for c, curve in enumerate(self.curves)]
        return np.stack([encode_srgb(light) for light in _apply_matrix(self.to_linear_srgb, linear)], axis=1)

    def from_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        linear = _apply_matrix(self.from_linear_srgb, [decode_srgb(values[:, c]) for c in range(3)])
        return np.stack([curve[1](light) for curve, light in zip(self.curves, linear, strict=True)], axis=1)


@dataclass(frozen=True, eq=False)
class _GreyTransform:
    linear: Curve
    value: Curve
    lab: bool = False  # the curve ends at L* / 100 instead of luminance

    def to_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        light = _apply_curve(self.linear, values)
        if self.lab:
            root = (100 * light + 16) / 116
            light = np.where(root > 6 / 29, root**3, (root - 4 / 29) * 3 * (6 / 29) ** 2)
        return encode_srgb(np.clip(light, 0.0, 1.0))

    def from_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        light = decode_srgb(values)
        if self.lab:
            root = np.where(light > (6 / 29) ** 3, np.cbrt(light), light / (3 * (6 / 29) ** 2) + 4 / 29)
            light = (116 * root - 16) / 100
        return self.value(np.clip(light, 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class _TableTransform:
    """An RGB profile of tables, by LittleCMS. Pillow offers it 8-bit RGB only, hence the 8-bit accuracy."""

    forward: ImageCms.ImageCmsTransform
    backward: ImageCms.ImageCmsTransform

    @classmethod
    def of(cls, icc: bytes, colours: int) -> "_TableTransform | None":
        if colours != 3:
            return None
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        srgb = ImageCms.createProfile("sRGB")
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            forward = ImageCms.buildTransform(own, srgb, "RGB", "RGB", renderingIntent=intent)
        except (ImageCms.PyCMSError, OSError):
            return None
        try:
            return cls(forward, ImageCms.buildTransform(srgb, own, "RGB", "RGB", renderingIntent=intent))
        except (ImageCms.PyCMSError, OSError) as error:
            raise OneWayProfileError from error

    def to_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        return self._apply_transform(self.forward, values)

    def from_srgb(self, values: NDArray[Any]) -> NDArray[Any]:
        return self._apply_transform(self.backward, values)

    @staticmethod
    def _apply_transform(transform: ImageCms.ImageCmsTransform, values: NDArray[Any]) -> NDArray[Any]:
        scale = {"u1": 1, "u2": 1 / 257}.get(values.dtype.str[1:], 255)
        eight_bits = np.floor(np.clip(values * scale, 0, 255) + 0.5).astype(np.uint8)
        image = ImageCms.applyTransform(Image.fromarray(eight_bits[None]), transform)
        if image is None:
            raise ValueError("LittleCMS gave no picture")
        return np.asarray(np.asarray(image)[0] / np.float64(255))
