"""ICC profiles made for the tests: the common working spaces, as matrices and as tables."""

import struct

import numpy as np
from numpy.typing import NDArray

ADOBE_RGB = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
PROPHOTO = np.array([[0.79767, 0.13519, 0.03135], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
SRGB_CURVE = b"para\0\0\0\0" + struct.pack(
    ">HH5i", 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def sampled_curve(values: NDArray[np.float64]) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *np.round(values * 65535).astype(int))


def xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *np.round(np.asarray(values) * 65536).astype(int))


def profile(space: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz(np.array([0.9642, 1.0, 0.8249])), **tags}
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = (
        struct.pack(">I4sI4s4s4s", start + len(body), b"\0\0\0\0", 0x02400000, kind, space, pcs) + b"\0" * 12 + b"acsp"
    )
    head += b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def matrix_profile(matrix: NDArray[np.float64], curve: bytes) -> bytes:
    columns = {name: xyz(matrix[:, c]) for c, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return profile(b"RGB ", {**columns, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(curve: bytes) -> bytes:
    return profile(b"GRAY", {b"kTRC": curve})


def table_profile(matrix: NDArray[np.float64], gamma: float, two_way: bool = True) -> bytes:
    """The same colours as ``matrix_profile``, told by lut16 tables only."""
    levels = np.linspace(0, 1, 1024)
    corners = np.stack(np.meshgrid(*[[0.0, 1.0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)

    def lut16(
        transform: NDArray[np.float64],
        inputs: NDArray[np.float64],
        grid: NDArray[np.float64],
        outputs: NDArray[np.float64],
    ) -> bytes:
        data = (
            b"mft2\0\0\0\0" + bytes([3, 3, 2, 0]) + struct.pack(">9i", *np.round(transform.ravel() * 65536).astype(int))
        )
        data += struct.pack(">HH", len(inputs), len(outputs))
        for values in (np.tile(inputs, 3), grid.ravel(), np.tile(outputs, 3)):
            data += np.round(np.clip(values, 0, 1) * 65535).astype(">u2").tobytes()
        return data

    scale = 32768 / 65535
    tags = {b"A2B0": lut16(np.eye(3), levels**gamma, corners @ matrix.T * scale, np.array([0.0, 1.0]))}
    if two_way:
        tags[b"B2A0"] = lut16(np.linalg.inv(matrix) / scale, np.array([0.0, 1.0]), corners, levels ** (1 / gamma))
    return profile(b"RGB ", tags, kind=b"mntr" if two_way else b"scnr")
