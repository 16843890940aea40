"""The appearance model learnt from maps that were drawn from a known one, with cells missing."""

from dataclasses import replace

import numpy as np
import pytest

from statue_models.head.appearance import COLUMNS, ROWS, Appearance
from training.appearance.judging import PARTS, judge_appearance, overall, part_cells
from training.appearance.learning import learn_appearance, make_empty_model, soft_impute
from training.appearance.recipe import AppearanceRecipe

RECIPE = AppearanceRecipe(modes=3, rounds=1, least_share=0.25, fillings=30, shrinkage=0.02, least_noise=1e-3)
NOISE = 0.02


def true_model() -> Appearance:
    """Three modes, each even or odd, as mirror images make them, and noise; all cells learnt."""
    down, around = (np.mgrid[:ROWS, :COLUMNS] + 0.5) / np.array([ROWS, COLUMNS])[:, None, None] - 0.5
    modes = np.stack([np.cos(7 * around) * np.cos(5 * down), np.sin(9 * around), np.cos(11 * down)])
    loadings = modes * np.array([0.5, 0.35, 0.2])[:, None, None]
    shape = (ROWS, COLUMNS)
    return Appearance(0.3 * np.cos(4 * around) + down, loadings, np.full(shape, NOISE), np.ones(shape, bool))


def drawn_maps(count: int, seed: int, share: float = 0.25) -> np.ndarray:
    """(count, ROWS, COLUMNS) float32; blocks of ``share`` of the columns are missing, somewhere in each."""
    model, generator = true_model(), np.random.default_rng(seed)
    z = generator.standard_normal((count, len(model.loadings)))
    maps = model.mean + np.tensordot(z, model.loadings, 1)
    maps += np.sqrt(NOISE) * generator.standard_normal(maps.shape)
    width = int(share * COLUMNS)
    for each, start in zip(maps, generator.integers(0, COLUMNS - width, count), strict=True):
        each[:, start : start + width] = np.nan
    return maps.astype(np.float32)


@pytest.fixture(scope="module")
def model() -> Appearance:
    return learn_appearance(drawn_maps(80, seed=0), RECIPE)


def test_the_gaussian_comes_back_from_incomplete_maps(model):
    truth = true_model()
    assert np.abs(model.mean - truth.mean).mean() < 0.1
    assert np.sqrt(np.median(model.noise)) == pytest.approx(np.sqrt(NOISE), rel=0.1)
    # The modes may turn within their space; the covariance of some cells does not.
    some = np.s_[:, ::9, ::9]
    found, right = (m.loadings[some].reshape(3, -1) for m in (model, truth))
    error = np.linalg.norm(found.T @ found - right.T @ right) / np.linalg.norm(right.T @ right)
    assert error < 0.35


def test_the_model_is_as_symmetric_as_faces_are_on_average(model):
    np.testing.assert_allclose(model.mean, model.mean[:, ::-1], atol=1e-5)
    np.testing.assert_array_equal(model.learnt, model.learnt[:, ::-1])
    np.testing.assert_allclose(model.noise, model.noise[:, ::-1], rtol=1e-2)


def test_the_same_maps_give_the_same_model(model):
    again = learn_appearance(drawn_maps(80, seed=0), RECIPE)
    for name in ("mean", "loadings", "noise", "learnt"):
        assert getattr(again, name).tobytes() == getattr(model, name).tobytes()


def test_cells_that_few_maps_show_are_not_learnt():
    maps = drawn_maps(20, seed=1)
    maps[4:, :10] = np.nan
    few = learn_appearance(maps, RECIPE)
    assert not few.learnt[:10].any() and few.learnt[10:].all()
    assert not few.noise[:10].any() and not few.loadings[:, :10].any()
    with pytest.raises(ValueError, match="no cell"):
        learn_appearance(np.full_like(maps, np.nan), RECIPE)
    with pytest.raises(ValueError, match="no cell"):
        learn_appearance(maps[:0], RECIPE)


def test_modes_beyond_the_maps_are_nothing():
    few = learn_appearance(drawn_maps(2, seed=1), replace(RECIPE, modes=6, least_share=0.01))
    assert few.loadings.shape == (6, ROWS, COLUMNS) and not few.loadings[4:].any()
    assert (few.noise[few.learnt] >= RECIPE.least_noise).all()


def test_soft_impute_completes_a_matrix_of_low_rank():
    generator = np.random.default_rng(4)
    whole = generator.standard_normal((40, 2)) @ generator.standard_normal((2, 60))
    seen = generator.random(whole.shape) < 0.7
    completed = soft_impute(np.where(seen, whole, 0).astype(np.float32), seen, 2, 0.01, 200)
    assert np.abs(completed.low - whole)[~seen].max() < 0.1
    np.testing.assert_allclose(completed.rows @ completed.rows.T, np.eye(2), atol=1e-4)


def test_hidden_parts_are_told_better_than_by_the_mean_and_with_the_right_doubt(model):
    errors = judge_appearance(model, drawn_maps(12, seed=2, share=0.1))
    assert errors.keys() == PARTS.keys()
    for error in errors.values():
        assert error.rms < 0.8 * error.mean < error.mean < error.bare and error.maps > 0
        assert 0.5 < error.chi < 2
    assert overall(errors) == pytest.approx(np.mean([error.rms for error in errors.values()]))


def test_what_was_not_learnt_counts_as_bare():
    maps = drawn_maps(4, seed=3)
    assert judge_appearance(make_empty_model(3, (ROWS, COLUMNS)), maps) == {} and overall({}) == float("inf")
    model = true_model()
    half = part_cells("half")
    model.learnt[half] = False
    error = judge_appearance(model, maps)["half"]
    assert error.rms == pytest.approx(error.bare) and error.chi == 0


def test_the_parts_are_where_they_should_be():
    nose, eye, half = (part_cells(part) for part in ("nose", "left eye", "half"))
    assert not half[:, : COLUMNS // 2].any() and half[:, COLUMNS // 2 :].all()
    assert half[eye].all() and not half[nose].all()
    np.testing.assert_array_equal(nose, nose[:, ::-1])
    assert 0 < eye.sum() < nose.sum() * 3
