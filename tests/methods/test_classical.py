"""Classical methods on crops whose right answer is known."""

import numpy as np
import pytest
from hypotheses import hypotheses

from statue_models.face.landmarks68 import MIRROR, Landmarks
from statue_models.methods.classical.classical import Biharmonic, Mirror, NavierStokes, Telea, mirrored_positions
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Crop
from statue_models.request import no_progress

SIZE = 128


def face_points() -> np.ndarray:
    """A symmetric set of 68 points around the middle column of a 128-pixel crop."""
    generator = np.random.default_rng(5)
    points = generator.uniform([64, 30], [110, 110], (68, 2))
    for i, j in enumerate(MIRROR):
        if i == j:
            points[i, 0] = 64
        elif i < j:
            points[j] = [128 - points[i, 0], points[i, 1]]
    points[36], points[45] = [40, 60], [88, 60]
    return points


def symmetric_face() -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    half = np.abs(x - 64)
    grey = 0.5 + 0.3 * np.cos(half / 4) * np.sin(y / 5)
    return np.stack([grey, grey * 0.9, grey * 0.8], axis=2).astype(np.float32)


def crop_with_hole(rgb: np.ndarray, hole: np.ndarray, absent: np.ndarray | None = None) -> Crop:
    broken = rgb.copy()
    broken[hole] = 0.77
    known = ~hole if absent is None else ~hole & ~absent
    points = face_points()
    cells = points.astype(int)
    return Crop(broken, hole, known, Landmarks(points, hidden=hole[cells[:, 1], cells[:, 0]]), 1.0)


def box(rows: slice, columns: slice) -> np.ndarray:
    hole = np.zeros((SIZE, SIZE), bool)
    hole[rows, columns] = True
    return hole


@pytest.mark.parametrize("method", [Telea(), NavierStokes(), Biharmonic(), Mirror()])
def test_fill_never_looks_at_what_is_missing_or_absent(method):
    """The grey in the hole and garbage beyond the photograph's edge must not come back."""
    rgb = np.full((SIZE, SIZE, 3), 0.25, np.float32)
    absent = box(slice(None), slice(100, None))
    rgb[absent] = 1.0
    hole = box(slice(50, 70), slice(80, 100))
    answer = method.restore(crop_with_hole(rgb, hole, absent), hypotheses(1, 2), MethodOptions(), no_progress)
    assert len(answer.fills) == 2
    fill = answer.fills[0].rgb
    assert fill.shape == (SIZE, SIZE, 3) and fill.dtype == np.float32
    np.testing.assert_allclose(fill[hole], 0.25, atol=0.03)


@pytest.mark.parametrize("method", [Telea(), NavierStokes(), Biharmonic(), Mirror()])
def test_same_crop_same_bytes(method):
    crop = crop_with_hole(symmetric_face(), box(slice(40, 80), slice(20, 50)))
    first, second = (method.restore(crop, hypotheses(0), MethodOptions(), no_progress).fills[0] for _ in range(2))
    assert first.rgb.tobytes() == second.rgb.tobytes()


def test_mirror_brings_back_a_symmetric_face():
    face = symmetric_face()
    hole = box(slice(40, 80), slice(70, 100))
    crop = crop_with_hole(face, hole)
    fill = Mirror().restore(crop, hypotheses(0), MethodOptions(), no_progress).fills[0]
    telea = Telea().restore(crop, hypotheses(0), MethodOptions(), no_progress).fills[0]
    assert np.abs(fill.rgb - face)[hole].mean() < 0.01
    assert np.abs(telea.rgb - face)[hole].mean() > 0.1


def test_mirror_fills_across_the_middle_where_there_is_nothing_to_copy():
    hole = box(slice(50, 70), slice(50, 78))
    answer = Mirror().restore(crop_with_hole(symmetric_face(), hole), hypotheses(0), MethodOptions(), no_progress)
    assert answer.notes["mirrored"] == 0
    assert np.isfinite(answer.fills[0].rgb).all()


def test_mirrored_positions_reflect():
    where = np.ones((SIZE, SIZE), bool)
    positions = mirrored_positions(face_points(), where)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    np.testing.assert_allclose(positions[..., 0], 128 - x, atol=0.05)
    np.testing.assert_allclose(positions[..., 1], y, atol=0.05)
