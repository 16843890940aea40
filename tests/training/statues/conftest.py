"""A small analytic head in place of the morphable one: the tests need none of the packed data."""

import numpy as np
import pytest

from training.datasets.morphable_head import PARTS
from training.statues.rendering.factory import Factory
from training.statues.sources.environments import Environments, studio_environments
from training.statues.sources.head_model import EYEBALL, HeadModel

FACE, SKULL = 0, [name for name, _ in PARTS].index("head and neck")
SIZE = 128


def sphere(centre: tuple[float, float, float], radii: tuple[float, float, float], rows: int, columns: int):
    """Vertices and triangles (counter-clockwise from outside) of an ellipsoid with its poles up and down."""
    polar = np.pi * np.arange(1, rows) / rows
    azimuth = 2 * np.pi * np.arange(columns) / columns
    ring = np.stack(
        [
            np.sin(polar)[:, None] * np.sin(azimuth),
            np.cos(polar)[:, None] * np.ones(columns),
            np.sin(polar)[:, None] * np.cos(azimuth),
        ],
        -1,
    ).reshape(-1, 3)
    points = np.concatenate([[[0, 1, 0]], ring, [[0, -1, 0]]]) * radii + centre
    last = len(points) - 1
    triangles = []
    for c in range(columns):
        d = (c + 1) % columns
        triangles.append((0, 1 + c, 1 + d))
        triangles.append((last, last - columns + d, last - columns + c))
        for r in range(rows - 2):
            a, b = 1 + r * columns + c, 1 + r * columns + d
            triangles += [(a, a + columns, b), (b, a + columns, b + columns)]
    return points, np.array(triangles)


def landmark_places() -> np.ndarray:
    """(68, 2) x, y in cm where the mean head has its landmarks, roughly."""
    t = np.linspace(0, np.pi, 17)
    jaw = np.stack([-7.4 * np.cos(t), 3.0 - 10.4 * np.sin(t)], 1)
    brow = np.stack([np.linspace(1.2, 5.6, 5), [5.9, 6.3, 6.4, 6.1, 5.4]], 1)
    brows = np.concatenate([brow[::-1] * [-1, 1], brow])
    nose = np.concatenate(
        [np.stack([np.zeros(4), np.linspace(3.7, 0.4, 4)], 1), [[x, -1.1] for x in (-1.3, -0.6, 0, 0.6, 1.3)]]
    )
    eye = np.array([[1.8, 3.4], [2.6, 4.0], [3.7, 4.0], [4.5, 3.4], [3.7, 2.9], [2.6, 2.9]])
    eyes = np.concatenate([eye[[3, 2, 1, 0, 5, 4]] * [-1, 1], eye])
    a = np.linspace(np.pi, -np.pi, 13)[:12]
    lips = np.stack([2.5 * np.cos(a), -3.4 + 1.0 * np.sin(a)], 1)
    a = np.linspace(np.pi, -np.pi, 9)[:8]
    inner = np.stack([1.9 * np.cos(a), -3.4 + 0.3 * np.sin(a)], 1)
    return np.concatenate([jaw, brows, nose, eyes, lips, inner])


def analytic_head() -> HeadModel:
    """An ellipsoid with a nose and two eyeballs; four identity modes, three expressions."""
    skull, triangles = sphere((0, 2.0, 0.5), (7.8, 11.5, 10.0), 40, 56)
    nose = np.exp(-((skull[:, 0] / 1.3) ** 2) - ((skull[:, 1] - 0.6) / 1.8) ** 2) * (skull[:, 2] > 5)
    skull[:, 2] += 2.6 * nose
    eyes = [sphere((side * 3.19, 3.6, 8.5), (1.4, 1.4, 1.4), 8, 12) for side in (-1, 1)]
    points, faces, part = [skull], [triangles], [np.where(skull[:, 2] > 0, FACE, SKULL)]
    for vertices, corners in eyes:
        faces.append(corners + sum(map(len, points)))
        points.append(vertices)
        part.append(np.full(len(vertices), EYEBALL))
    vertices = np.concatenate(points).astype(np.float32)
    front = np.flatnonzero(skull[:, 2] > 0)
    places = landmark_places()
    landmarks = front[((skull[front, None, :2] - places) ** 2).sum(2).argmin(0)]
    x, y, z = vertices.T
    zero = np.zeros_like(x)
    identity = np.stack(
        [
            np.stack(mode, 1)
            for mode in (
                (x / 20, zero, zero),
                (zero, y / 30, zero),
                (zero, zero, z / 30),
                (zero, zero, np.sin(y / 3) / 4),
            )
        ]
    )
    lid = np.exp(-((np.abs(x) - 3.2) ** 2) - (y - 4.2) ** 2) * (z > 5)
    jaw = np.clip(-2 - y, 0, 3) / 3 * (z > 3)
    expression = np.stack(
        [
            np.stack([zero, -0.4 * lid * (x > 0), zero], 1),
            np.stack([zero, -0.4 * lid * (x < 0), zero], 1),
            np.stack([zero, -jaw, zero], 1),
        ]
    )
    return HeadModel(
        vertices,
        np.concatenate(faces).astype(np.int32),
        np.concatenate(part).astype(np.int32),
        landmarks.astype(np.int32),
        identity.astype(np.float32),
        expression.astype(np.float32),
        ["eyeBlink_L", "eyeBlink_R", "jawOpen"],
    )


@pytest.fixture(scope="session")
def head() -> HeadModel:
    return analytic_head()


@pytest.fixture(scope="session")
def studios() -> Environments:
    return studio_environments()


@pytest.fixture(scope="session")
def factory(head: HeadModel, studios: Environments) -> Factory:
    return Factory(head, studios, SIZE)
