"""A fill looks like the visible stone: brown creases where dirt lies in them, no light brighter than its own."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.face.landmarks68 import Landmarks, interocular_distance
from statue_models.head.morphable_head import load_head
from statue_models.methods.method import Crop
from statue_models.pixels.samples import luma
from statue_models.restoring.stone_look import LIGHTS, SHARE, StoneLook

SIDE = 256
FACTORS = np.array([-0.2, 0.05, 0.4])


def landmarks():
    """(68, 2) of a frontal face that fills the crop, by the mean head."""
    head = load_head()
    points = head.vertices[head.landmarks][:, :2].astype(float) * [1, -1]
    points -= (points.min(0) + points.max(0)) / 2
    return points / np.ptp(points, axis=0).max() * 0.8 * SIDE + SIDE / 2


def relief(seed=0):
    """(S, S) log luma of bumps a few pixels wide."""
    noise = np.random.default_rng(seed).normal(size=(SIDE, SIDE)).astype(np.float32)
    bumps = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return 0.12 * bumps / bumps.std()


def stone(level, factors):
    """(S, S, 3) whose hue goes with its relief by (3,) factors."""
    base = np.array([0.42, 0.385, 0.35])
    return (base * np.exp(level[..., None] * (1 + factors))).astype(np.float32)


def crop_of(rgb, hole=None):
    if hole is None:
        hole = np.zeros((SIDE, SIDE), bool)
        hole[100:170, 90:160] = True
    return Crop(rgb, hole, ~hole, Landmarks(landmarks()), 1.0)


ALL = np.ones((SIDE, SIDE), np.float32)


def look_of(crop, stone=ALL):
    return StoneLook(crop, crop.known, stone)


def test_how_hue_goes_with_relief_is_read_from_the_visible_stone():
    factors = look_of(crop_of(stone(relief(), FACTORS))).factors
    weight = np.array([0.2126, 0.7152, 0.0722]) * [0.42, 0.385, 0.35]
    expected = FACTORS - FACTORS @ weight / weight.sum()  # luma takes its share of what the channels gain
    np.testing.assert_allclose(factors / SHARE, expected, atol=0.05)


def test_creases_of_a_grey_fill_turn_brown_and_stay_as_dark():
    crop = crop_of(stone(relief(), FACTORS))
    fill = stone(relief(1), np.zeros(3))
    out = look_of(crop).tint(fill, crop.hole, ALL)
    inner = np.s_[110:160, 100:150]
    np.testing.assert_allclose(luma(out)[inner], luma(fill)[inner], atol=2e-3)
    blueness = np.log(out[..., 2] / out[..., 0])[inner]
    dark = relief(1)[inner] < -0.12
    assert blueness[dark].mean() < blueness[~dark].mean() - 0.03
    np.testing.assert_array_equal(out[~crop.hole], fill[~crop.hole])
    light = relief(1)[inner] > 0.12
    np.testing.assert_allclose(out[inner][light], fill[inner][light], atol=1e-4, err_msg="no dirt lies on ridges")


def test_the_tint_sets_in_softly_with_the_stone():
    """Where hair begins, by and by: a sharp edge of brown would be seen."""
    crop = crop_of(stone(relief(), FACTORS))
    fill = stone(relief(1), np.zeros(3))
    dark = crop.hole & (relief(1) < -0.1)
    whole, half, none = (
        np.abs(np.log(look_of(crop).tint(fill, crop.hole, share * ALL) / fill))[dark].mean()
        for share in (1, 0.75, 0.501)
    )
    assert half == pytest.approx(whole / 2, rel=0.1)
    assert none < 0.01 * whole


def test_a_fill_that_has_the_tint_already_stays_as_it_is():
    crop = crop_of(stone(relief(), FACTORS))
    fill = stone(relief(1), FACTORS)
    np.testing.assert_allclose(look_of(crop).tint(fill, crop.hole, ALL), fill, atol=0.01)


def test_a_grey_photograph_stays_grey():
    grey = np.repeat(np.exp(relief() - 0.7)[..., None], 3, 2).astype(np.float32)
    crop = crop_of(grey)
    look = look_of(crop)
    assert look.factors is None
    np.testing.assert_array_equal(look.tint(grey, crop.hole, ALL), grey)


@pytest.mark.parametrize("shown", [0.0, 1.0])
def test_without_visible_stone_nothing_is_said(shown):
    hole = np.ones((SIDE, SIDE), bool) if shown else None
    look = look_of(crop_of(stone(relief(), FACTORS), hole), np.full((SIDE, SIDE), shown, np.float32))
    assert look.factors is None and look.lights is None
    picture = np.full((4, 4, 3), 0.99, np.float32)
    assert look.bend_lights(picture, np.ones((4, 4), np.float32)) is picture


def test_what_the_hole_holds_says_nothing():
    rgb = stone(relief(), FACTORS)
    crop = crop_of(rgb.copy())
    crop.rgb[crop.hole] = np.nan
    look = look_of(crop)
    other = look_of(crop_of(rgb))
    np.testing.assert_array_equal(look.factors, other.factors)
    assert look.lights == other.lights


def test_only_visible_stone_of_the_face_near_the_hole_has_a_say():
    """Not what closes cracks, nor what resampling mixes into the hole's neighbours, another place, or a wall."""
    hole = np.zeros((SIDE, SIDE), bool)
    hole[100:170, 40:100] = True
    crop = crop_of(stone(relief(), FACTORS), hole)
    known = crop.known.copy()
    known[180:190, 40:100] = False
    points, columns = landmarks(), np.broadcast_to(np.arange(SIDE), (SIDE, SIDE))
    beside = cv2.dilate(hole.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0
    plain = look_of(replace(crop, known=known))
    for where in (
        ~known,
        beside,
        columns > 100 + 0.5 * interocular_distance(points),
        columns < points[:, 0].min() - 1,
    ):
        rgb = crop.rgb.copy()
        rgb[where] = np.nan
        look = look_of(replace(crop, rgb=rgb, known=known))
        np.testing.assert_array_equal(look.factors, plain.factors)
        assert look.lights == plain.lights


def test_deep_holes_do_not_say_what_hue_relief_has():
    """A drilled nostril is black whatever the stone: few of them would outweigh all its creases."""
    rgb = stone(relief(), FACTORS)
    expected = look_of(crop_of(rgb)).factors
    for x in range(92, 160, 16):
        cv2.circle(rgb, (x, 180), 2, (0.0, 0.0, 0.06), -1)
    np.testing.assert_allclose(look_of(crop_of(rgb)).factors, expected, atol=0.05)


def test_lights_bend_towards_the_brightest_visible_stone_and_keep_their_hue():
    rgb = stone(relief(), np.zeros(3))
    look = look_of(crop_of(rgb))
    start, end = look.lights
    assert (luma(rgb) > start).mean() == pytest.approx(1 - LIGHTS[0], abs=0.05)
    ramp = np.linspace(0.2, 1.4, 200, dtype=np.float32)[:, None] * np.array([0.7, 0.6, 0.5], np.float32)
    out = look.bend_lights(ramp, np.ones(200, np.float32))
    assert luma(out).max() <= end + 1e-6
    assert (np.diff(luma(out)) >= -1e-6).all(), "brighter stays brighter"
    dark = luma(ramp) <= start
    np.testing.assert_allclose(out[dark], ramp[dark], rtol=1e-6)
    np.testing.assert_allclose(out[:, 0] / out[:, 2], 1.4, rtol=1e-5)
    np.testing.assert_array_equal(look.bend_lights(ramp, np.zeros(200, np.float32)), ramp)
