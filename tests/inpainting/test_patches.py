"""Patches: a texture runs on through a hole, made of nothing but what may be copied."""

import numpy as np
import pytest

from statue_models.inpainting.patches import PatchResult, clip_edges, complete, resample_by_shifts, window_votes

SIZE = 64


def tiles(size=SIZE, period=8):
    """A periodic texture of coloured tiles, (size, size, 3) in [0, 1]."""
    y, x = np.mgrid[:size, :size]
    wave = np.sin(2 * np.pi * x / period) * np.cos(2 * np.pi * y / period)
    return np.stack([0.5 + 0.35 * wave, 0.5 + 0.25 * wave, 0.45 + 0.2 * wave], 2).astype(np.float32)


def square(low, high, size=SIZE):
    hole = np.zeros((size, size), bool)
    hole[low:high, low:high] = True
    return hole


def generator():
    return np.random.default_rng(7)


def answered(result: PatchResult | None) -> PatchResult:
    """The result, where there must be one."""
    assert result is not None, "nothing was completed although enough is visible"
    return result


NO_GUIDE = np.zeros((SIZE, SIZE, 1), np.float32)
HOLE = square(24, 40)


def smooth_guess(picture, hole):
    out = picture.copy()
    out[hole] = picture[~hole].mean(0)
    return out


@pytest.fixture(scope="module")
def completed():
    return answered(complete(smooth_guess(tiles(), HOLE), NO_GUIDE, HOLE, ~HOLE, generator()))


def test_a_periodic_texture_runs_on_through_the_hole(completed):
    off = np.abs(completed.rgb - tiles())[HOLE]
    guess = np.abs(smooth_guess(tiles(), HOLE) - tiles())[HOLE]
    assert off.mean() < 0.03
    assert off.mean() < 0.25 * guess.mean()


def test_shifts_point_from_the_hole_to_visible_places(completed):
    cells = len(completed.shift)
    pitch = SIZE / cells
    shifted = np.isfinite(completed.shift[..., 0])
    rows, columns = np.nonzero(shifted & HOLE[:: int(pitch), :: int(pitch)])
    assert len(rows)
    there = np.stack([columns, rows], 1) + completed.shift[rows, columns] / pitch
    assert (there >= 0).all() and (there < cells).all()
    assert not HOLE[(there[:, 1] * pitch).astype(int), (there[:, 0] * pitch).astype(int)].any()
    assert np.isnan(completed.shift[0, 0]).all(), "far from the hole nothing is shifted"


def test_nothing_is_copied_from_what_may_not_be(completed):
    """A green region that is no source is context at most: no green comes into the hole."""
    picture = tiles()
    forbidden = square(42, 60)
    picture[forbidden] = [0, 1, 0]
    result = answered(complete(smooth_guess(picture, HOLE), NO_GUIDE, HOLE, ~HOLE & ~forbidden, generator()))
    green = result.rgb[..., 1] - result.rgb[..., [0, 2]].mean(2)
    allowed = picture[..., 1] - picture[..., [0, 2]].mean(2)
    assert green[HOLE].max() <= allowed[~HOLE & ~forbidden].max() + 1e-4


def test_the_seed_decides_and_nothing_else(completed):
    again = answered(complete(smooth_guess(tiles(), HOLE), NO_GUIDE, HOLE, ~HOLE, generator()))
    np.testing.assert_array_equal(completed.rgb, again.rgb)
    np.testing.assert_array_equal(completed.shift, again.shift)
    stone = np.random.default_rng(0).random((SIZE, SIZE, 3)).astype(np.float32)
    first, second = (
        answered(complete(smooth_guess(stone, HOLE), NO_GUIDE, HOLE, ~HOLE, np.random.default_rng(seed)))
        for seed in (1, 2)
    )
    assert (first.rgb != second.rgb)[HOLE].any()


def test_the_guide_says_which_texture_belongs_where():
    """Two textures, and a guide that puts the hole into the right one although it lies in the left one."""
    picture = tiles()
    picture[:, SIZE // 2 :] = 0.9
    guide = np.zeros((SIZE, SIZE, 1), np.float32)
    guide[:, SIZE // 2 :] = 1
    hole = np.zeros((SIZE, SIZE), bool)
    hole[24:40, 8:24] = True
    plain = answered(complete(smooth_guess(picture, hole), guide, hole, ~hole, generator()))
    guide[hole] = 1
    guided = answered(complete(smooth_guess(picture, hole), guide, hole, ~hole, generator()))
    inner = (slice(28, 36), slice(12, 20))
    assert np.abs(guided.rgb[inner] - 0.9).mean() < 0.1 < np.abs(plain.rgb[inner] - 0.9).mean()


def test_too_little_to_copy_gives_nothing():
    source = np.zeros((SIZE, SIZE), bool)
    source[:3, :] = True  # narrower than a patch
    assert complete(tiles(), NO_GUIDE, HOLE, source, generator()) is None


def test_grain_passes_and_the_piece_of_a_lock_that_came_along_does_not():
    grain = np.random.default_rng(3).normal(0, 0.02, (SIZE, SIZE)).astype(np.float32)
    lock = grain.copy()
    lock[30:34, 24:40] = -0.4
    limited = clip_edges(lock, HOLE)
    assert np.abs(limited).max() < 0.1
    plain = np.abs(grain) < 0.04
    plain[30:34] = False
    np.testing.assert_array_equal(limited[plain], grain[plain])


def test_a_constant_shift_copies_exactly():
    picture = np.random.default_rng(0).random((SIZE, SIZE, 3)).astype(np.float32)
    shift = np.full((SIZE // 2, SIZE // 2, 2), np.nan, np.float32)
    shift[12:20, 12:20] = [10, -6]
    out = resample_by_shifts(picture, shift)
    np.testing.assert_allclose(out[24:40, 24:40], picture[18:34, 34:50], atol=1e-6)
    np.testing.assert_array_equal(out[:20], picture[:20])


def test_window_votes_of_agreeing_cells_agree():
    shift = np.full((16, 16, 2), np.nan, np.float32)
    shift[4:12, 4:12] = [3.5, -2.25]
    places = np.random.default_rng(1).uniform(22, 42, (200, 2))
    total, sums = np.zeros(200), np.zeros((200, 2))
    for move, weight in window_votes(places, shift, 4.0):
        assert (weight >= 0).all() and np.isfinite(move).all()
        total += weight
        sums += move * weight[:, None]
    assert (total > 0.1).all()
    np.testing.assert_allclose(sums / total[:, None], [[3.5, -2.25]] * 200, rtol=1e-5)


def test_window_votes_are_silent_where_no_cell_has_a_shift():
    shift = np.full((8, 8, 2), np.nan, np.float32)
    places = np.array([[1.0, 1.0], [-5.0, 90.0], [63.9, 0.1]])
    assert all(not weight.any() for _, weight in window_votes(places, shift, 8.0))


def test_a_crop_beyond_the_finest_level_is_resampled_by_its_field():
    """At 288 pixels the search runs at half the size; the result still has the crop's own sharpness."""
    size = 288
    hole = square(120, 168, size)
    picture = tiles(size, period=12)
    guide = np.zeros((size, size, 1), np.float32)
    result = answered(complete(smooth_guess(picture, hole), guide, hole, ~hole, generator()))
    assert result.rgb.shape == (size, size, 3)
    assert np.abs(result.rgb - picture)[hole].mean() < 0.06
    assert np.isfinite(result.rgb).all()
