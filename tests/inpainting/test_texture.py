"""Grain: what the visible stone is finer than any model, and nothing else, comes into a fill."""

import cv2
import numpy as np
import pytest

from statue_models.inpainting.texture import add_log_luma, log_luma, measure_grain, synthesise_grain
from statue_models.pixels.samples import luma as luma_of

SIZE, INTEROCULAR = 256, 120.0
HOLE = np.zeros((SIZE, SIZE), bool)
HOLE[96:160, 96:160] = True
INNER = cv2.erode(HOLE.astype(np.uint8), np.ones((9, 9))) > 0
ROUGHNESS = 0.06  # standard deviation of a rough stone's log luma


def stone(roughness, level=0.5, seed=0):
    """(H, W) luma of stone that is ``level`` bright, darker to one side, with grain of 1 to 2 pixels."""
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE)), (0, 0), 0.8)
    slope = np.linspace(0.9, 1.1, SIZE)
    return (level * slope * np.exp(grain / grain.std() * roughness)).astype(np.float32)


def smooth(level=0.5):
    """What a model that knows no grain makes of it, as log luma."""
    return log_luma(stone(0, level))


def measured(luma, known=~HOLE, use=None, interocular=INTEROCULAR):
    return measure_grain(log_luma(luma), known, known if use is None else use, interocular)


def added(luma, fill=None, seed=1, **named):
    """(H, W) log luma that a smooth fill of this stone's hole gets."""
    grain = measured(luma, **named)
    assert grain is not None, "enough stone is visible"
    return synthesise_grain(grain, smooth() if fill is None else fill, HOLE, np.random.default_rng(seed))


def fine(luma):
    """Log luma finer than what the grain is measured against."""
    log = log_luma(luma)
    return log - cv2.GaussianBlur(log, (0, 0), 0.012 * INTEROCULAR)


# How much


@pytest.mark.parametrize("roughness", [0.02, 0.06, 0.12])
def test_rough_stone_gives_grain_of_its_own_strength(roughness):
    luma = stone(roughness)
    assert added(luma)[INNER].std() == pytest.approx(fine(luma)[~HOLE].std(), rel=0.2)


def test_smooth_stone_stays_smooth():
    assert np.abs(added(stone(0))[HOLE]).max() < 0.002
    assert added(stone(0.003))[INNER].std() < 0.004


def test_a_fill_that_has_grain_already_gets_no_second_one():
    luma = stone(ROUGHNESS)
    assert np.abs(added(luma, log_luma(stone(2 * ROUGHNESS, seed=5)))[INNER]).mean() < 0.1 * ROUGHNESS


def test_the_grain_lies_in_the_hole_and_does_not_darken_it():
    grain = added(stone(ROUGHNESS))
    assert not grain[~HOLE].any()
    assert abs(grain[INNER].mean()) < 0.2 * ROUGHNESS


def test_pits_stay_pits():
    """Noise of the same strength would be even; the stone's own dark pits come along."""
    pits = np.random.default_rng(2).random((SIZE, SIZE)) < 0.02
    luma = stone(0.01)
    luma[cv2.dilate(pits.astype(np.uint8), np.ones((2, 2))) > 0] *= 0.75

    def lopsided(values):
        return ((values - values.mean()) ** 3).mean() / values.std() ** 3

    assert lopsided(fine(luma)[~HOLE]) < -2
    draws = [lopsided(added(luma, seed=seed)[INNER]) for seed in range(10)]
    assert np.mean(draws) < -0.95 and max(draws) < -0.8


# Where from


@pytest.mark.parametrize("content", [0.0, 1.0, "noise", np.nan])
def test_what_stands_in_the_hole_is_not_read(content):
    luma = stone(ROUGHNESS)
    other = luma.copy()
    other[HOLE] = np.random.default_rng(9).random(int(HOLE.sum())) if content == "noise" else content
    np.testing.assert_array_equal(added(other), added(luma))


@pytest.mark.parametrize("content", [0.0, 1.0])
def test_what_stands_in_specks_all_over_the_stone_is_not_read(content):
    """So many that every window of stone holds some."""
    specks = np.zeros((SIZE, SIZE), bool)
    specks[3::11, 5::11] = True
    luma = stone(ROUGHNESS)
    known = ~HOLE & ~specks
    grains = [added(np.where(specks, other, luma).astype(np.float32), known=known) for other in (luma, content)]
    assert grains[0][INNER].std() > 0.3 * ROUGHNESS
    np.testing.assert_array_equal(grains[0], grains[1])


def test_only_what_is_said_to_be_stone_gives_grain():
    """Hair all over the right half is much rougher than the cheek."""
    cheek = np.arange(SIZE) < SIZE // 2
    luma = np.where(cheek, stone(0.02), stone(0.2, seed=1))
    only = ~HOLE & cheek & (np.arange(SIZE) < SIZE // 2 - 8)
    assert added(luma, use=only)[INNER].std() == pytest.approx(0.02, rel=0.4)


def test_bright_and_dark_stone_keep_their_own_grain():
    """A smooth side in the light, a rough one in the shade: each half of the fill is grained as stone of its tone."""
    lit = np.arange(SIZE) < SIZE // 2
    luma = np.where(lit, stone(0.004, 0.75), stone(0.08, 0.25, seed=1))
    grain = added(luma, np.where(lit, smooth(0.75), smooth(0.25)).astype(np.float32))
    assert grain[:, :122][INNER[:, :122]].std() < 0.2 * grain[:, 134:][INNER[:, 134:]].std()


# Always the same; nothing from nothing


def test_the_generator_decides_and_nothing_else():
    luma = stone(ROUGHNESS)
    np.testing.assert_array_equal(added(luma), added(luma))
    assert (added(luma, seed=1) != added(luma, seed=2))[INNER].mean() > 0.9


@pytest.mark.parametrize("visible", [0, 7, 10])
def test_where_too_little_stone_is_visible_there_is_no_grain(visible):
    known = np.zeros((SIZE, SIZE), bool)
    known[:visible, :visible] = True
    assert measured(stone(ROUGHNESS), known=known) is None


def test_a_strip_of_stone_is_enough():
    known = np.zeros((SIZE, SIZE), bool)
    known[:12, :200] = True
    assert added(stone(ROUGHNESS), known=known)[INNER].std() > 0.5 * ROUGHNESS


def test_a_hole_at_the_pictures_edge_is_grained_up_to_it():
    corner = np.zeros((SIZE, SIZE), bool)
    corner[:40, :40] = True
    grain = measured(stone(ROUGHNESS), known=~corner)
    assert grain is not None
    out = synthesise_grain(grain, smooth(), corner, np.random.default_rng(0))
    seen = fine(stone(ROUGHNESS))[~corner].std()
    assert out[:4, :30].std() > 0.7 * seen and out[:30, :4].std() > 0.7 * seen


@pytest.mark.parametrize("axis", [0, 1])
def test_pits_lit_from_one_side_stay_so(axis):
    """Dark, then bright, towards the light: turned over along it, a pit would be a bump."""
    pits = (np.random.default_rng(3).random((SIZE, SIZE)) < 0.02).astype(np.float32)
    shade = cv2.GaussianBlur(pits, (0, 0), 1.2)
    lit = np.roll(shade, 1, axis) - np.roll(shade, -1, axis)
    luma = stone(0.01) * np.exp(3 * lit)

    def sided(values, where):
        inner = cv2.erode(where.astype(np.uint8), np.ones((9, 9))) > 0
        slope = (np.roll(values, -1, axis) - values)[inner]
        return float((slope**3).mean() / slope.std() ** 3)

    seen = sided(fine(luma), ~HOLE)
    assert abs(seen) > 0.5
    assert np.mean([sided(added(luma, seed=seed), HOLE) for seed in range(6)]) / seen > 0.2


def test_one_scratch_does_not_come_back_as_rows_of_it():
    """Windows are turned over by chance: what leans one way in the stone leans both ways in the fill."""
    y, x = np.mgrid[:SIZE, :SIZE]
    scratched = stone(0.01) * np.where((x + y) % 11 < 2, np.float32(0.85), np.float32(1))

    def leaning(values, where):
        """Correlation along one diagonal less that along the other."""
        inner = cv2.erode(where.astype(np.uint8), np.ones((9, 9))) > 0
        along, across = (
            (values * np.roll(values, shift, (0, 1)))[inner].mean() / values[inner].var() for shift in ((3, -3), (3, 3))
        )
        return along - across

    assert leaning(fine(scratched), ~HOLE) > 0.5
    mean = np.mean([leaning(added(scratched, seed=seed), HOLE) for seed in range(4)])
    assert abs(mean) < 0.25


# Laid over a picture


def test_grain_keeps_the_hue_and_scales_the_light():
    picture = np.full((4, 4, 3), (0.5, 0.4, 0.3), np.float32)
    out = add_log_luma(picture, np.full((4, 4), -0.2, np.float32))
    np.testing.assert_allclose(out / out[..., :1], picture / picture[..., :1], rtol=1e-5)
    np.testing.assert_allclose(log_luma(luma_of(out)), log_luma(luma_of(picture)) - 0.2, atol=1e-5)
    np.testing.assert_array_equal(add_log_luma(picture, np.zeros((4, 4), np.float32)), picture)


def test_grain_that_darkens_brings_the_hue_of_dirt():
    """Luma goes where it would have gone; what lightens keeps the hue."""
    picture = np.full((1, 2, 3), (0.5, 0.4, 0.3), np.float32)
    added, factors = np.array([[-0.2, 0.2]], np.float32), np.array([-0.2, 0.1, 0.5], np.float32)
    plain, dirty = add_log_luma(picture, added), add_log_luma(picture, added, factors)
    np.testing.assert_allclose(luma_of(dirty), luma_of(plain), atol=1e-6)
    np.testing.assert_allclose(dirty[0, 1], plain[0, 1], rtol=1e-6)
    gained = np.log(dirty[0, 0] / plain[0, 0])
    np.testing.assert_allclose(gained - gained[1], -0.2 * (factors - factors[1]), atol=1e-5)


def test_lights_beyond_white_keep_their_hue():
    """Cut off one channel after the other, warm stone would end in blue white however it is bent afterwards."""
    cream = np.full((4, 4, 3), (0.99, 0.94, 0.86), np.float32)
    out = add_log_luma(cream, np.full((4, 4), 0.12, np.float32))
    assert luma_of(out).min() > 1
    np.testing.assert_allclose(out / out[..., :1], cream / cream[..., :1], rtol=1e-5)


def test_a_grained_picture_has_no_negative_light():
    picture = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    picture[:4] = 0
    out = add_log_luma(picture, np.random.default_rng(1).normal(0, 2, (32, 32)).astype(np.float32))
    assert np.isfinite(out).all() and out.min() >= 0


# From where


def test_windows_with_a_crack_are_left_out():
    """One that is strewn about is seen at once as a pattern."""
    luma, line = stone(0.04), np.zeros((SIZE, SIZE), np.uint8)
    cv2.line(line, (128, 0), (128, SIZE), 1, 1)
    luma[line > 0] *= 0.8
    grain = measured(luma)
    assert grain is not None
    with_line = [line[y : y + grain.side, x : x + grain.side].any() for y, x in grain.corners]
    assert np.mean(with_line) < 0.02


def test_burnt_out_stone_is_no_even_stone():
    luma = stone(0.04)
    luma[:, :110] = 1.0
    grain = measured(luma)
    assert grain is not None
    energies = [np.mean(grain.fine[y : y + grain.side, x : x + grain.side] ** 2) for y, x in grain.corners]
    assert np.median(energies) > 0.3 * np.mean(grain.fine[:, 120:][~HOLE[:, 120:]] ** 2)


def test_calm_stone_says_what_is_too_rough_for_stone():
    """A beard all over the lower face is not what a cheek is made of."""
    luma = np.where(np.arange(SIZE)[:, None] < 60, stone(0.02), stone(0.12))
    calm = np.zeros((SIZE, SIZE), bool)
    calm[:60] = True
    log, known = log_luma(luma), ~HOLE
    taken = [measure_grain(log, known, known, INTEROCULAR, calm=where) for where in (None, calm)]
    assert all(grain is not None for grain in taken)
    rows = [grain.corners[:, 0] for grain in taken]
    assert (rows[0] > 60).any(), "most of the stone is rough"
    assert (rows[1] < 60).all()
