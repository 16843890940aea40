"""The membrane and the thin plate: exact on what they must reproduce, indifferent to what is absent."""

import numpy as np
import pytest

from statue_models.inpainting.interpolation import biharmonic, membrane


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5
    return (x - size / 2) ** 2 + (y - size / 2) ** 2 < radius**2


def plane(size: int) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5
    return np.stack([x / size, y / size, (x + 2 * y) / (3 * size)], axis=2)


@pytest.mark.parametrize("extend", [membrane, biharmonic])
@pytest.mark.parametrize("size", [40, 150])  # below and above the size that is factorised directly
def test_a_plane_runs_on_through_the_hole(extend, size):
    hole = disc(size, size * 0.3)
    truth = plane(size)
    broken = truth.copy()
    broken[hole] = np.nan
    np.testing.assert_allclose(extend(broken, hole), truth, atol=2e-5)


def test_known_samples_stay_bit_for_bit():
    generator = np.random.default_rng(0)
    values = generator.random((64, 64, 3))
    hole = disc(64, 20)
    for extend in (membrane, biharmonic):
        np.testing.assert_array_equal(extend(values, hole)[~hole], values[~hole])


def test_membrane_keeps_between_the_border_values():
    values = np.random.default_rng(1).random((100, 100))
    hole = disc(100, 40)
    filled = membrane(values, hole)[hole]
    assert values[~hole].min() <= filled.min() and filled.max() <= values[~hole].max()


def test_membrane_solves_laplace():
    values = np.random.default_rng(2).random((90, 90))
    hole = disc(90, 35)
    u = membrane(values, hole)
    laplacian = 4 * u[1:-1, 1:-1] - u[:-2, 1:-1] - u[2:, 1:-1] - u[1:-1, :-2] - u[1:-1, 2:]
    assert np.abs(laplacian[hole[1:-1, 1:-1]]).max() < 1e-5


@pytest.mark.parametrize("extend", [membrane, biharmonic])
def test_absent_pixels_do_not_leak_into_the_hole(extend):
    """The hole reaches the photograph's edge; what the crop holds beyond it must not matter."""
    values = np.full((60, 60, 3), 0.5)
    valid = np.ones((60, 60), bool)
    valid[:, 35:] = False
    hole = disc(60, 15)
    values[~valid] = np.nan
    filled = extend(values, hole, valid)
    np.testing.assert_allclose(filled[hole & valid], 0.5, atol=1e-5)


def test_a_part_without_any_known_neighbour_is_left_alone():
    values = np.full((40, 40), 0.25)
    hole = np.zeros((40, 40), bool)
    hole[5:10, 5:10] = hole[25:30, 25:30] = True
    valid = np.ones((40, 40), bool)
    valid[23:32, 23:32] = hole[23:32, 23:32]
    values[hole] = 9.0
    filled = membrane(values, hole, valid)
    assert (filled[25:30, 25:30] == 9.0).all()
    np.testing.assert_allclose(filled[5:10, 5:10], 0.25, atol=1e-6)


def test_an_empty_hole_and_a_hole_at_the_corner():
    values = plane(32)
    np.testing.assert_array_equal(membrane(values, np.zeros((32, 32), bool)), values)
    corner = np.zeros((32, 32), bool)
    corner[:6, :6] = True
    assert np.isfinite(biharmonic(values, corner)).all()


def test_biharmonic_agrees_with_scikit_image():
    restoration = pytest.importorskip("skimage.restoration")
    values = np.clip(plane(80) + 0.1 * np.random.default_rng(3).standard_normal((80, 80, 3)), 0, 1)
    hole = disc(80, 24)
    hole[10:12, 5:70] = True
    expected = restoration.inpaint_biharmonic(values, hole, channel_axis=2)
    np.testing.assert_allclose(biharmonic(values, hole), expected, atol=1e-4)


def test_twice_the_same_bytes():
    values = np.random.default_rng(4).random((128, 128, 3))
    hole = disc(128, 50)
    assert membrane(values, hole).tobytes() == membrane(values, hole).tobytes()
