"""Masks that are too small: grown on request, and a rim of damage that they left over is noticed."""

import cv2
import numpy as np
import pytest

from statue_models.restoring.masks import grow, measure_rims, rim_width


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:200, :200] - 99.5
    return np.hypot(x, y) < radius


@pytest.fixture
def log():
    """Stone, lit from the left, with grain."""
    slope = np.linspace(-0.3, -0.8, 200, dtype=np.float32)[None].repeat(200, 0)
    return slope + np.random.default_rng(0).normal(0, 0.05, (200, 200)).astype(np.float32)


@pytest.mark.parametrize("width", [1, 2, 4, 8])
@pytest.mark.parametrize("difference", [-1.0, 0.5])
def test_a_rim_of_damage_is_noticed_with_its_width(log, width, difference):
    damage, hole = disc(50), disc(50 - width)
    assert rim_width(measure_rims(np.where(damage, log + np.float32(difference), log), ~hole, hole)) == width


def test_clean_stone_has_no_rim(log):
    hole = disc(50)
    assert rim_width(measure_rims(log, ~hole, hole)) == 0


def test_a_shadow_on_one_side_is_no_rim(log):
    hole = disc(50)
    shaded = disc(54) & (np.arange(200) > 100)[None]
    assert rim_width(measure_rims(np.where(shaded, log - 1, log), ~hole, hole)) == 0


def test_a_grown_mask_reaches_further_all_round_and_keeps_its_soft_edge():
    mask = cv2.GaussianBlur(disc(40).astype(np.float32) * 255, (0, 0), 2).astype(np.uint8)
    grown = grow(mask, 6)
    assert (grown >= mask).all() and (grown[disc(36)] >= 254).all() and not grown[~disc(54)].any()
    assert ((grown > 0) & (grown < 255)).any()
    assert grow(mask, 0) is mask
