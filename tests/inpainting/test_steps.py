"""Steps at the hole's border: what light on stone makes is carried on, what another thing makes stays beside it."""

import cv2
import numpy as np
import pytest

from statue_models.inpainting.border import smooth_steps
from statue_models.inpainting.steps import GREY_STEP, NARROW, WIDE, greatest_depth, reach_of_stains, split_steps

DEEP, SHALLOW = np.full(1, 2 * WIDE), np.full(1, NARROW / 2)


def of_one(*step, deep=DEEP, stone=1.0):
    values = np.array([step], float)
    own, rest = split_steps(values, values, deep, stone)
    return own[0], rest[0]


def test_what_light_on_stone_may_be_is_light_s():
    own, rest = of_one(0.12, 0.1, 0.09)
    np.testing.assert_allclose(own, [0.12, 0.1, 0.09], atol=1e-9)
    np.testing.assert_allclose(rest, 0, atol=1e-9)


@pytest.mark.parametrize("step", [(-0.2, 0.25, 0.1), (0.3, -0.1, -0.1)])
def test_what_has_another_hue_is_none_of_light_s(step):
    own, rest = of_one(*step)
    np.testing.assert_allclose(own, 0, atol=1e-9)
    np.testing.assert_allclose(rest, step, atol=1e-9)


def test_of_a_step_too_large_for_light_it_has_as_much_as_may_be():
    own, rest = of_one(0.6, 0.6, 0.6)
    np.testing.assert_allclose(own, GREY_STEP)
    np.testing.assert_allclose(own + rest, 0.6)


def test_beside_a_narrow_hole_every_step_is_its_own():
    own, rest = of_one(-0.2, 0.25, 0.1, deep=SHALLOW)
    np.testing.assert_allclose(own, [-0.2, 0.25, 0.1])
    np.testing.assert_allclose(rest, 0, atol=1e-9)


def test_a_wall_s_red_beside_no_stone_is_not_answered_by_green():
    red = np.array([-0.3, 0.1, 0.1])
    own, rest = of_one(*red, stone=0.0)
    np.testing.assert_allclose(own, 0, atol=1e-9)
    np.testing.assert_allclose(rest, red.mean(), atol=1e-9)


def test_a_step_is_judged_without_the_noise_of_its_pixel():
    """Grey of .1 under chroma noise of .06 is light's, though single pixels are redder than light makes stone."""
    rng = np.random.default_rng(0)
    ring = np.zeros((120, 200), bool)
    ring[58:60] = True
    step = (0.1 + rng.normal(0, 0.06, (int(ring.sum()), 3))).astype(np.float32)
    deep = np.full(len(step), 2 * WIDE, np.float32)
    own, _ = split_steps(step, smooth_steps(step, ring), deep)
    assert own.mean() == pytest.approx(0.1, abs=0.01)
    assert split_steps(step, step, deep)[0].mean() < 0.09


def test_means_of_a_ring_are_the_same_in_pieces(monkeypatch):
    """A ring that crosses the tiles' borders, against one blur of all of it."""
    y, x = np.mgrid[:600, :300]
    ring = np.abs(np.hypot(y - 300, x - 150) - 140) < 1.5
    step = np.random.default_rng(1).random((int(ring.sum()), 3)).astype(np.float32)
    pieces = smooth_steps(step, ring)
    monkeypatch.setattr("statue_models.inpainting.border.TILE", 1000)
    np.testing.assert_allclose(pieces, smooth_steps(step, ring), atol=1e-6)
    assert pieces.std() < 0.6 * step.std()
    np.testing.assert_allclose(smooth_steps(np.full_like(step, 0.3), ring), 0.3, atol=1e-6)


def test_every_hole_is_as_deep_as_itself():
    """A chip beside a lost nose keeps every step, the nose does not."""
    hole = np.zeros((200, 200), bool)
    hole[40:120, 40:120] = True
    hole[150:160, 150:160] = True
    depth = np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    found = greatest_depth(hole, ~hole)
    assert found[80, 80] == found[38, 80] == depth[40:120, 40:120].max()
    assert found[155, 155] == found[155, 162] == depth[150:160, 150:160].max()
    assert not greatest_depth(np.zeros((8, 8), bool), np.ones((8, 8), bool)).any()


def test_the_pictures_edge_is_no_border_of_a_hole():
    """Half a hole that lies at it is as deep as the whole one would be at its middle."""
    whole = np.zeros((100, 100), bool)
    whole[20:80, 30:70] = True
    half = whole[:, :50]
    assert greatest_depth(half, ~half).max() == greatest_depth(whole, ~whole).max()
    beyond = whole.copy()
    beyond[:, 50:] = False
    assert greatest_depth(beyond, ~whole).max() == greatest_depth(whole, ~whole).max()


def test_a_stain_reaches_at_least_a_pixel():
    assert reach_of_stains(1.0) == 1.0
    assert reach_of_stains(500.0) == 10.0
