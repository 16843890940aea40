"""The head that statues are made of: a morphable mesh, its finer triangles, and a small analytic stand-in."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.datasets.morphable_head import PARTS, read_source, triangulate

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

FILE = Path("morphable_head") / "ict_facekit.npz"
EYEBALL = [name for name, _ in PARTS].index("eyeball")
#: Edges longer than this (cm, on the mean head) are halved, twice at most. Set by eye.
LONGEST_EDGE = 0.34
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A morphable head.

    Attributes:
        vertices: (V, 3) mean head, cm, x to its left, y up, z forward.
        triangles: (T, 3), counter-clockwise seen from outside.
        part: (V,) index into ``training.datasets.morphable_head.PARTS``.
        landmarks: (68,) vertex of each iBUG landmark.
        identity: (I, V, 3) cm per standard deviation; expression: (E, V, 3) cm at full strength.
        expression_names: E names, ARKit's.
    """

    vertices: Floats
    triangles: Integers
    part: Integers
    landmarks: Integers
    identity: Floats
    expression: Floats
    expression_names: list[str]

    @cached_property
    def refined(self) -> "Refinement":
        """The finer mesh."""
        return refine(self.vertices, self.triangles)


@dataclass(frozen=True, eq=False)
class Refinement:
    """A mesh whose long edges are halved; the first vertices are the given ones.

    Attributes:
        parents: (V', 2) the two vertices of which each one is the middle, itself twice for a given one; parents come
            before their children.
        rounds: first vertex of each round, and V'.
        triangles: (T', 3).
    """

    parents: Integers
    rounds: tuple[int, ...]
    triangles: Integers

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First vertex and end of each round that made any."""
        return [(first, last) for first, last in pairwise(self.rounds) if last > first]

    def spread(self, values: Floats) -> Floats:
        """(V, ...) values at the given vertices -> (V', ...), middles averaged."""
        result = np.zeros((len(self.parents), *values.shape[1:]), np.float32)
        result[: len(values)] = values
        for first, last in self.spans:
            pair = self.parents[first:last]
            result[first:last] = (result[pair[:, 0]] + result[pair[:, 1]]) / 2
        return result


def refine(vertices: Floats, triangles: Integers, longest: float = LONGEST_EDGE, rounds: int = ROUNDS) -> Refinement:
    """Halve long edges; triangles with one, two or three halved edges become two, three or four, so nothing gapes."""
    points, corners = vertices.astype(np.float64), triangles.astype(np.int64)
    parents = [np.repeat(np.arange(len(points))[:, None], 2, 1)]
    firsts = [len(points)]
    for _ in range(rounds):
        edges = np.sort(corners[:, [[0, 1], [1, 2], [2, 0]]], axis=2)
        unique, index = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
        is_long = np.linalg.norm(points[unique[:, 0]] - points[unique[:, 1]], axis=1) > longest
        number = np.where(is_long, np.cumsum(is_long) - 1 + len(points), -1)
        corners = _divide_triangles(corners, number[index.reshape(-1, 3)])
        parents.append(unique[is_long])
        points = np.concatenate([points, points[unique[is_long]].mean(1)])
        firsts.append(len(points))
    return Refinement(np.concatenate(parents).astype(np.int32), tuple(firsts), np.ascontiguousarray(corners, np.int32))


def _divide_triangles(corners: NDArray[np.int64], middles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles (T, 3) cut along the middles (T, 3) of edges 01, 12, 20; -1 = not halved."""
    parts = []
    count = (middles >= 0).sum(1)
    whole = corners[count == 0]
    parts.append(whole)
    for halved in (1, 2):
        chosen = count == halved
        c, m = corners[chosen], middles[chosen]
        # Turned so that edge 01 is the halved one (one), or edge 20 is the whole one (two).
        first = np.argmax(m >= 0, 1) if halved == 1 else (np.argmin(m, 1) + 1) % 3
        turn = (first[:, None] + np.arange(3)) % 3
        (a, b, d), (ab, bd) = np.take_along_axis(c, turn, 1).T, np.take_along_axis(m, turn, 1).T[:2]
        if halved == 1:
            parts += [np.stack([a, ab, d], 1), np.stack([ab, b, d], 1)]
        else:
            parts += [np.stack([ab, b, bd], 1), np.stack([a, ab, bd], 1), np.stack([a, bd, d], 1)]
    c, m = corners[count == 3], middles[count == 3]
    for i in range(3):
        parts.append(np.stack([c[:, i], m[:, i], m[:, i - 1]], 1))
    parts.append(m)
    return np.concatenate(parts)


def read_head(assets: Path) -> HeadModel:
    """ICT-FaceKit's head from the assets folder.

    Raises:
        StatueError: ``missing-file``; ``bad-training-data`` if it is not the packed head.
    """
    path = assets / FILE
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    try:
        source = read_source(path)
    except Exception as error:  # whatever a damaged archive makes NumPy and zipfile raise
        raise StatueError("bad-training-data", path=path, reason=f"it is not the packed head ({error})") from None
    return HeadModel(
        source.vertices.astype(np.float32),
        triangulate(source.polygons).astype(np.int32),
        source.part.astype(np.int32),
        source.landmarks.astype(np.int32),
        source.identity.astype(np.float32),
        source.expression.astype(np.float32),
        source.expression_names,
    )
