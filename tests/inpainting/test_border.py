"""The hole's border: what a fill differs by there is carried into it, as a membrane would."""

import tracemalloc

import cv2
import numpy as np
import pytest

from statue_models.inpainting.border import RING, diffuse_steps
from statue_models.inpainting.interpolation import membrane

SIZE = 160


def square(low, high, size=SIZE):
    hole = np.zeros((size, size), bool)
    hole[low:high, low:high] = True
    return hole


def disc(radius, size=SIZE):
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.hypot(x, y) < radius


HOLE = square(40, 120)


def in_hole(step, hole=HOLE, known=None, fading=None):
    """What is added, (H, W, C), for steps of which only those of the visible ring may be used."""
    step = np.asarray(step, np.float32)
    ring = cv2.dilate(hole.astype(np.uint8), np.ones((2 * RING + 1,) * 2)).astype(bool) & ~hole
    if known is not None:
        ring &= known
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    out = np.zeros_like(step)
    diffuse_steps(out, step[ring], ring, hole, depth, fading)
    return out


def constant(*values, size=SIZE):
    return np.full((size, size, len(values)), values, np.float32)


@pytest.mark.parametrize("hole", [HOLE, disc(50), disc(3), square(0, 30), square(0, 60) | square(90, 150)])
def test_a_fill_that_is_too_dark_all_around_is_lifted_all_over(hole):
    """Every channel by its own step, however deep the hole, at the picture's edge too."""
    np.testing.assert_allclose(
        in_hole(constant(0.2, -0.1, 0.05), hole)[hole], [[0.2, -0.1, 0.05]] * hole.sum(), atol=1e-3
    )


def test_a_step_on_one_side_fades_to_the_other():
    step = constant(0.0)
    step[:, :40] = 0.3
    row = in_hole(step)[80, 40:120, 0]
    assert row[0] == pytest.approx(0.3, abs=0.03)
    assert row[-1] == pytest.approx(0, abs=0.01)
    assert (np.diff(row) < 1e-3).all(), "it fades steadily"
    assert 0.05 < row[40] < 0.15


def test_nothing_is_added_outside_the_hole():
    assert not in_hole(constant(0.2, 0.2, 0.2))[~HOLE].any()


def test_every_border_pixel_meets_its_own_neighbours():
    """A step that changes along the border is followed, not averaged over it."""
    step = (0.2 * np.sin(np.arange(SIZE) / 12))[:, None, None] * np.ones((1, SIZE, 1))
    out = in_hole(step)
    np.testing.assert_allclose(out[60:100, 40, 0], step[60:100, 0, 0], atol=0.02)


@pytest.mark.parametrize("name", ["slope", "one side", "waves"])
@pytest.mark.parametrize("hole", [HOLE, disc(60)], ids=["square", "disc"])
def test_it_is_nearly_the_exact_membrane(hole, name):
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    step = {"slope": 0.4 * x, "one side": 0.2 * (x < -0.1), "waves": 0.1 * np.sin(14 * y) + 0.1 * x}[name][..., None]
    exact = membrane(np.where(hole[..., None], 0, step), hole)
    out = in_hole(step, hole)[hole]
    off = np.abs(out - exact[hole]) / np.ptp(exact[hole])
    assert off.mean() < 0.12 and off.max() < 0.3
    assert np.corrcoef(out.ravel(), exact[hole].ravel())[0, 1] > 0.93


def test_where_nothing_is_visible_nothing_is_added():
    assert not in_hole(constant(0.25), known=np.zeros((SIZE, SIZE), bool)).any()
    assert not in_hole(constant(0.25), hole=np.zeros((SIZE, SIZE), bool)).any()


def test_what_fades_meets_its_neighbours_and_does_not_reach_the_middle():
    step = constant(0.0, 0.0, 0.0)
    step[:, :40] = [-0.2, 0.25, 0.1]
    out = in_hole(step, fading=3.0)
    np.testing.assert_allclose(out[80, 40], [-0.2, 0.25, 0.1], atol=0.08)
    assert np.abs(out[80, 60:]).max() < 0.005


def test_a_large_hole_takes_less_memory_than_a_copy_of_it():
    """The wide blurs of a hole's middle are worked out on small pictures, the others on a few rows."""
    size = 1500
    hole = square(100, 1400, size)
    out = np.zeros((size, size, 3), np.float32)
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    ring = cv2.dilate(hole.astype(np.uint8), np.ones((5, 5))).astype(bool) & ~hole
    step = np.full((int(ring.sum()), 3), 0.1, np.float32)
    tracemalloc.start()
    try:
        diffuse_steps(out, step, ring, hole, depth)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < out.nbytes
    np.testing.assert_allclose(out[750, 750], 0.1, atol=1e-3)
