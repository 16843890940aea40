"""The stone's colour by its tone: shadows have their own hue, lights theirs."""

import numpy as np
import pytest

from statue_models.head.light import to_encoded
from statue_models.methods.statuefit.colour import fit_stone_colour, log_luminance

SIZE, INTEROCULAR = 96, 40.0
WARM, COLD, GREY = np.array([1.15, 1.0, 0.85]), np.array([0.85, 1.0, 1.15]), np.ones(3)
HOLE = np.zeros((SIZE, SIZE), bool)
HOLE[40:56, 40:56] = True


def lit(light, hue):
    """(H, W, 3) linear light of stone of one hue, brighter to the right."""
    level = light * np.linspace(0.9, 1.1, SIZE)[None, :, None]
    return np.broadcast_to(level * hue / np.mean(hue), (SIZE, SIZE, 3)).copy()


def two_toned():
    """Warm light on the upper half, cold shadow on the lower one."""
    picture = lit(0.5, WARM)
    picture[SIZE // 2 :] = lit(0.08, COLD)[SIZE // 2 :]
    return picture


def of(linear, stone=~HOLE):
    return fit_stone_colour(linear, stone, HOLE, INTEROCULAR)


def shade(rgb):
    return rgb / rgb.mean(-1, keepdims=True)


def test_lights_and_shadows_keep_their_own_hue():
    colour = of(two_toned())
    for light, hue in ((0.5, WARM), (0.08, COLD)):
        np.testing.assert_allclose(shade(np.exp(colour.hue(np.log(np.array(light))))), hue, rtol=0.02)


def test_stone_comes_back_as_it_was():
    picture = two_toned()
    out = of(picture).encode(log_luminance(picture))
    np.testing.assert_allclose(out[~HOLE], to_encoded(picture)[~HOLE], atol=0.02)


def test_grey_stone_stays_grey():
    encoded = of(lit(0.3, GREY)).encode(np.log(np.array([0.01, 0.3, 0.9])))
    assert np.ptp(encoded, axis=-1).max() < 1e-6


def test_brighter_and_darker_than_anything_seen_is_of_the_nearest_hue():
    colour = of(two_toned())
    np.testing.assert_array_equal(colour.hue(np.array(5.0)), colour.hue(colour.knots[-1]))
    np.testing.assert_array_equal(colour.hue(np.array(-9.0)), colour.hue(colour.knots[0]))


@pytest.mark.parametrize("content", [0.0, 1.0, np.nan])
def test_what_stands_in_the_hole_has_no_hue(content):
    picture = two_toned()
    picture[HOLE] = content
    np.testing.assert_array_equal(of(picture).hues, of(two_toned()).hues)


def test_stone_near_the_hole_speaks_before_stone_far_away():
    """Stains of the same tone, on most of the stone but away from the hole, leave the hue beside it alone."""
    picture = lit(0.4, WARM)
    near = np.s_[18:78, 18:78]
    picture[near] = lit(0.4, GREY)[near]
    np.testing.assert_allclose(np.exp(of(picture).hues), 1, atol=1e-6)


def test_a_uniform_wall_of_one_tone_has_a_colour_too():
    flat = np.broadcast_to(WARM * 0.3, (SIZE, SIZE, 3))
    colour = of(flat)
    np.testing.assert_allclose(shade(np.exp(colour.hue(np.log(np.array(0.3))))), WARM, rtol=1e-6)
