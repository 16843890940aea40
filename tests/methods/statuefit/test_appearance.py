"""Learnt appearance: what a statue shows of its carving says what the hidden rest of it is like."""

import numpy as np
import pytest

from statue_models.head.appearance import COLUMNS, LEAST_CELLS, ROWS, load_appearance, render_map, unwrap_crop


@pytest.fixture(scope="module")
def learnt():
    return load_appearance()


def sample_statue(model, seed):
    """The map of a statue that the model may well meet."""
    weights = np.random.default_rng(seed).standard_normal(len(model.loadings))
    return model.mean + np.tensordot(weights, model.loadings, 1)


def all_but(model, region, values):
    """What is seen of a map: all that was learnt but a region."""
    return np.where(model.learnt & ~region, values, np.nan)


def half(side):
    columns = np.broadcast_to(np.arange(COLUMNS), (ROWS, COLUMNS))
    return columns < COLUMNS // 2 if side == "left" else columns >= COLUMNS // 2


def middle():
    region = np.zeros((ROWS, COLUMNS), bool)
    region[ROWS // 2 - 10 : ROWS // 2 + 10, COLUMNS // 2 - 10 : COLUMNS // 2 + 10] = True
    return region


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hidden", ["left", "middle"])
def test_the_hidden_part_is_guessed_better_than_by_the_mean_statue(learnt, hidden, seed):
    region = middle() if hidden == "middle" else half("left")
    statue = sample_statue(learnt, seed)
    guess = learnt.condition_on(all_but(learnt, region, statue)).mean_map()
    at = region & learnt.learnt
    assert np.abs(guess - statue)[at].mean() < 0.85 * np.abs(learnt.mean - statue)[at].mean()


def test_one_eye_says_what_the_other_is_like(learnt):
    """A deep cut in one half is expected in the other, at its mirror image."""
    left, right = (learnt.mean.copy() for _ in range(2))
    rows, columns = np.s_[30:36], np.s_[40:48]
    left[rows, columns] -= 0.5
    right[rows, ::-1][:, columns] -= 0.5
    seen_left = learnt.condition_on(all_but(learnt, half("right"), left)).mean_map() - learnt.mean
    seen_right = learnt.condition_on(all_but(learnt, half("left"), right)).mean_map() - learnt.mean
    assert seen_left[rows, ::-1][:, columns].mean() < -0.05
    assert seen_left[rows, ::-1][:, columns].mean() == pytest.approx(seen_right[rows, columns].mean(), rel=0.3)


def test_what_is_hidden_is_less_sure_than_what_is_seen(learnt):
    region = middle()
    conditional = learnt.condition_on(all_but(learnt, region, sample_statue(learnt, 1)))
    spread = conditional.variance_map()
    at = region & learnt.learnt
    unknown = (learnt.loadings**2).sum(0) + learnt.noise
    assert (spread[at] < unknown[at] + 1e-9).all()
    assert (spread - learnt.noise)[at].mean() > 1.5 * (spread - learnt.noise)[learnt.learnt & ~region].mean()
    assert not spread[~learnt.learnt].any()


def test_draws_scatter_about_the_likeliest_as_the_variance_says(learnt):
    region = middle() & learnt.learnt
    conditional = learnt.condition_on(all_but(learnt, middle(), sample_statue(learnt, 2)))
    generator = np.random.default_rng(0)
    draws = np.stack([conditional.sample_map(generator)[region] for _ in range(200)])
    np.testing.assert_allclose(draws.mean(0), conditional.mean_map()[region], atol=0.15)
    wanted = (conditional.variance_map() - learnt.noise)[region]
    assert draws.var(0).mean() == pytest.approx(wanted.mean(), rel=0.15)


@pytest.mark.parametrize("cells", [0, LEAST_CELLS - 1])
def test_from_a_glimpse_nothing_is_concluded(learnt, cells):
    seen = np.full(learnt.mean.shape, np.nan)
    places = np.argwhere(learnt.learnt)[:cells]
    seen[places[:, 0], places[:, 1]] = 0.1
    assert learnt.condition_on(seen) is None


def test_a_map_comes_back_from_the_crop_that_shows_it(learnt, statue):
    """Drawn on a head and read off it again."""
    smooth = np.outer(np.sin(np.arange(ROWS) / 12), np.cos(np.arange(COLUMNS) / 15)) * 0.4
    crop = render_map(smooth, np.ones_like(learnt.learnt), statue.image)
    seen = unwrap_crop(statue.image, crop, np.ones(crop.shape, bool))
    inner = np.isfinite(seen) & learnt.learnt
    assert inner.sum() > 1000
    assert np.abs(seen - smooth)[inner].mean() < 0.03


def test_what_is_not_to_be_used_is_not_read(learnt, statue):
    crop = render_map(learnt.mean, learnt.learnt, statue.image)
    use = ~statue.ellipse(30, 0.3, 0.4)
    garbage = np.where(use, crop, np.nan)
    np.testing.assert_array_equal(unwrap_crop(statue.image, garbage, use), unwrap_crop(statue.image, crop, use))
    assert (
        np.isfinite(unwrap_crop(statue.image, crop, use)).sum()
        < np.isfinite(unwrap_crop(statue.image, crop, np.ones_like(use))).sum()
    )
