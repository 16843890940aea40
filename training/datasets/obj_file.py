"""Wavefront OBJ files, read block by block: vertices, texture coordinates, quads and triangles.

Numbers are parsed by NumPy, a megabyte of text at a time. What a mesh does not need (normals, groups, materials) is
passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, reason_of

BLOCK = 1 << 20  # bytes; chosen
_LINES = {name: re.compile(rb"^[ \t]*" + name.encode() + rb"[ \t]+([^\n\r]*)", re.M) for name in ("v", "vt", "f")}
#: Numbers that a vertex line may hold: x y z, perhaps w, perhaps a colour; texture coordinates: u v, perhaps w.
_WIDTHS = {"v": (3, 4, 6, 7), "vt": (2, 3)}


@dataclass(frozen=True, eq=False)
class ObjMesh:
    """A mesh of quads and triangles; indices count from 0.

    Attributes:
        vertices: (V, 3) float64; uv: (T, 2) float64.
        quads, uv_quads: (Q, 4) int32 into ``vertices`` and ``uv``; without texture coordinates ``uv_quads`` is -1.
        triangles, uv_triangles: (S, 3) int32, the same for triangles. All in the file's order.
    """

    vertices: NDArray[np.float64]
    uv: NDArray[np.float64]
    quads: NDArray[np.int32]
    uv_quads: NDArray[np.int32]
    triangles: NDArray[np.int32]
    uv_triangles: NDArray[np.int32]


def read_vertices(path: Path) -> NDArray[np.float64]:
    """(V, 3) float64, the vertices alone: six times faster than ``read_mesh``.

    Raises:
        StatueError: see ``read_mesh``.
    """
    parts = [_numbers(path, "v", block) for block in _blocks(path)]
    return _rows(path, "v", parts)


def read_mesh(path: Path) -> ObjMesh:
    """The mesh of an OBJ file.

    Raises:
        StatueError: ``missing-file``, ``unreadable-file``, or ``bad-training-data`` when it is no OBJ file, holds
            numbers that are not finite, polygons of more than four corners or indices of vertices that are not there.
    """
    vertices, uvs, faces = [], [], []
    for block in _blocks(path):
        vertices.append(_numbers(path, "v", block))
        uvs.append(_numbers(path, "vt", block))
        faces += _LINES["f"].findall(block)
    points = _rows(path, "v", vertices)
    texture = _rows(path, "vt", uvs) if any(len(part) for part in uvs) else np.zeros((0, 2))
    polygons = [_corners(path, line, len(points), len(texture)) for line in faces]
    quads = np.array([p for p in polygons if len(p) == 4], np.int32).reshape(-1, 4, 2)
    triangles = np.array([p for p in polygons if len(p) == 3], np.int32).reshape(-1, 3, 2)
    return ObjMesh(points, texture, quads[..., 0], quads[..., 1], triangles[..., 0], triangles[..., 1])


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines."""
    try:
        with path.open("rb") as file:
            rest = b""
            while piece := file.read(BLOCK):
                if b"\0" in piece:
                    raise _bad(path, "it is not an OBJ file (not even text)")
                whole, newline, tail = (rest + piece).rpartition(b"\n")
                yield whole + newline
                rest = tail
            yield rest
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None


def _numbers(path: Path, kind: str, block: bytes) -> NDArray[np.float64]:
    """(N, width) the numbers of a block's lines of one kind; (0, 0) without any."""
    lines = _LINES[kind].findall(block)
    if not lines:
        return np.zeros((0, 0))
    try:
        values = np.array(b" ".join(lines).split(), dtype=np.float64)
    except ValueError:
        raise _bad(path, f"a line '{kind}' holds something that is no number") from None
    width = len(values) // len(lines)
    if width * len(lines) != len(values) or width not in _WIDTHS[kind]:
        raise _bad(path, f"lines '{kind}' hold {len(values) / len(lines):.1f} numbers on average")
    return values.reshape(-1, width)


def _rows(path: Path, kind: str, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    parts = [part for part in parts if len(part)]
    if not parts:
        raise _bad(path, "it is not an OBJ file (it holds no vertices)")
    if len({part.shape[1] for part in parts}) > 1:
        raise _bad(path, f"lines '{kind}' hold now more, now fewer numbers")
    rows = np.concatenate(parts)[:, : min(_WIDTHS[kind])]
    if not np.isfinite(rows).all():
        raise _bad(path, "some coordinates are not finite")
    return rows


def _corners(path: Path, line: bytes, vertices: int, uvs: int) -> list[tuple[int, int]]:
    """(vertex, texture vertex) of a polygon's corners, from 0; -1 for a corner without texture vertex."""
    corners = []
    try:
        for corner in line.split():
            vertex, _, rest = corner.partition(b"/")
            texture = rest.partition(b"/")[0]
            corners.append((_index(int(vertex), vertices), _index(int(texture), uvs) if texture else -1))
    except (ValueError, IndexError):
        raise _bad(path, f"the polygon '{line[:60].decode('ascii', 'replace')}' makes no sense") from None
    if len(corners) not in (3, 4):
        raise _bad(path, f"a polygon has {len(corners)} corners; quads and triangles are understood")
    return corners


def _index(number: int, count: int) -> int:
    """From 0; negative numbers count back from the last one that there is."""
    index = number - 1 if number > 0 else count + number
    if number == 0 or not 0 <= index < count:
        raise IndexError(number)
    return index


def _bad(path: Path, reason: str) -> StatueError:
    return StatueError("bad-training-data", path=path, reason=reason)
