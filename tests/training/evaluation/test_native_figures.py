"""The native figures on fills whose faults are known."""

import cv2
import numpy as np
import pytest

from training.evaluation.native.figures import FIGURES, figures, octaves, spread

SIDE, EYES = 260, 90.0


@pytest.fixture(scope="module")
def truth():
    """Stone: a shaded slope with grain of every scale, (260, 260, 3)."""
    rng = np.random.default_rng(0)
    grain = sum(cv2.GaussianBlur(rng.normal(0, 16 * s, (SIDE, SIDE)), (0, 0), s) for s in (0.6, 1.2, 2.4, 5, 10))
    slope = np.linspace(90, 170, SIDE)[None] + 15 * np.sin(np.linspace(0, 6, SIDE))[:, None]
    return np.clip((slope + grain)[..., None] * (1.0, 0.97, 0.92), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def hole():
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.hypot(x - 130, (y - 120) * 1.2) < 55


def filled(truth, hole, fill):
    return np.where(hole[..., None], np.clip(np.rint(fill), 0, 255).astype(np.uint8), truth)


def test_the_truth_itself_is_right_in_every_figure(truth, hole):
    found = vars(figures(truth, truth, hole, EYES))
    assert tuple(found) == FIGURES and found.pop("light_r") == pytest.approx(1)
    assert all(value == pytest.approx(0, abs=1e-6) for value in found.values())


def test_a_smooth_fill_lacks_grain_and_keeps_the_light(truth, hole):
    smooth = figures(filled(truth, hole, cv2.GaussianBlur(truth, (0, 0), 4)), truth, hole, EYES)
    assert smooth.grain_signed < -6 and smooth.grain_db == pytest.approx(-smooth.grain_signed)
    # What the Gaussian took away is fine: of the three octaves the coarsest kept most.
    assert smooth.grain_1 < smooth.grain_3 < 0
    assert smooth.light_dL < 1 and smooth.light_r > 0.99 and abs(smooth.light_gain) < 0.2


def test_crawling_grain_is_too_much_of_the_finest_octave(truth, hole):
    noise = np.random.default_rng(1).normal(0, 10, (SIDE, SIDE, 1))
    noisy = figures(filled(truth, hole, truth + noise), truth, hole, EYES)
    assert noisy.grain_1 > noisy.grain_2 > noisy.grain_3
    assert noisy.grain_db > 3 and noisy.relief_db < 1 and noisy.light_dL < 2


def test_too_little_and_too_much_grain_do_not_make_up_for_each_other(truth, hole):
    fine = np.random.default_rng(1).normal(0, 10, (SIDE, SIDE, 1))
    both = figures(filled(truth, hole, cv2.GaussianBlur(truth, (0, 0), 6) + fine), truth, hole, EYES)
    assert both.grain_1 > 0 > both.grain_3
    assert both.grain_db > abs(both.grain_signed) + 1


def test_a_darker_flatter_or_tinted_fill_shows_in_light_and_colour(truth, hole):
    dark = figures(filled(truth, hole, truth * 0.8), truth, hole, EYES)
    assert dark.light_dL > 5 and dark.light_r > 0.9
    # The border's both sides are now apart, as are the means along it.
    assert dark.seam > 5 and dark.level > 5
    mean = truth[hole].mean(0)
    flat = figures(filled(truth, hole, mean + (truth - mean) * 0.3), truth, hole, EYES)
    assert flat.light_gain < -0.5 and flat.colour_dab < 2
    tinted = figures(filled(truth, hole, truth * (1.1, 1.0, 0.7)), truth, hole, EYES)
    assert tinted.colour_dab > 8 > tinted.light_dL


def test_the_figures_look_at_the_hole_and_its_border_only(truth, hole):
    far = truth.copy()
    far[:8] = 0
    assert vars(figures(far, far, hole, EYES)) == pytest.approx(vars(figures(truth, truth, hole, EYES)), abs=1e-6)
    thin = np.zeros_like(hole)
    thin[100:103, 60:200] = True
    found = vars(figures(filled(truth, thin, truth * 0 + 128.0), truth, thin, EYES))
    assert all(np.isfinite(value) for value in found.values())


def test_octaves_add_up_to_what_the_coarsest_gaussian_took_away(truth):
    luma = truth[..., 0].astype(np.float32) / 255
    logarithm = np.log(luma + 0.03)
    rest = logarithm - cv2.GaussianBlur(logarithm, (0, 0), 0.8 * 2**5)
    np.testing.assert_allclose(sum(octaves(luma)), rest, atol=1e-5)


def test_variants_that_differ_in_grain_alone_hardly_differ_when_blurred(truth, hole):
    rng = np.random.default_rng(2)
    grains = [filled(truth, hole, truth + rng.normal(0, 10, (SIDE, SIDE, 1))) for _ in range(3)]
    shapes = [filled(truth, hole, truth + shift) for shift in (-12.0, 0.0, 12.0)]
    assert spread(grains, hole, EYES).plain > 8 > 2 > spread(grains, hole, EYES).smooth
    # Pairs are 12, 12 and 24 levels apart; near the border the blur mixes in what all of them share.
    assert 10 < spread(shapes, hole, EYES).smooth < spread(shapes, hole, EYES).plain == pytest.approx(16, abs=0.6)
    assert np.isnan(spread(shapes[:1], hole, EYES).smooth)
