"""The appearance model against the dense Gaussian, at the borders of what it sees, and the bundled file as such."""

import numpy as np
import pytest

from statue_models.head import appearance
from statue_models.head.appearance import (
    ALIKE,
    COLUMNS,
    ROWS,
    Appearance,
    load_appearance,
    render_map,
    unwrap_crop,
    visible_surface,
)

MODES = 6


def smooth_map(seed: int) -> np.ndarray:
    """(ROWS, COLUMNS) a few slow waves of about +-0.2."""
    down, around = np.mgrid[:ROWS, :COLUMNS] / np.array([ROWS, COLUMNS])[:, None, None]
    first, second = np.random.default_rng(seed).uniform(0, 6, 2)
    return 0.2 * np.sin(9 * down + first) * np.cos(7 * around + second)


@pytest.fixture(scope="module")
def model() -> Appearance:
    """Six smooth modes with some noise, learnt in the middle of the map."""
    learnt = np.zeros((ROWS, COLUMNS), bool)
    learnt[8:-8, 16:-16] = True
    loadings = np.stack([smooth_map(seed) for seed in range(1, MODES + 1)]) * learnt
    return Appearance(smooth_map(0) * learnt, loadings, 0.01 * learnt, learnt)


def half_seen(model: Appearance, z: np.ndarray) -> np.ndarray:
    """The map of this z, its right half NaN."""
    seen = model.mean + np.tensordot(z, model.loadings, 1)
    seen[:, COLUMNS // 2 :] = np.nan
    return seen


def everywhere_on(statue) -> np.ndarray:
    return np.ones(statue.rgb.shape[:2], bool)


def test_only_what_faces_the_camera_is_seen_and_wild_values_are_bounded(statue):
    use = everywhere_on(statue)
    whole = unwrap_crop(statue.image, np.full(use.shape, 9.0), use)
    assert set(np.unique(whole[np.isfinite(whole)]).round(9)) == {appearance.RANGE[1]}
    use[:, : statue.rgb.shape[1] // 2] = False
    half = unwrap_crop(statue.image, np.zeros(use.shape), use)
    assert 0 < np.isfinite(half).sum() < 0.7 * np.isfinite(whole).sum()
    assert not np.isfinite(unwrap_crop(statue.image, np.zeros(use.shape), ~visible_surface(statue.image))).any()


def test_nothing_is_drawn_beside_the_head_or_where_nothing_was_learnt(statue):
    crop = render_map(np.ones((ROWS, COLUMNS)), np.zeros((ROWS, COLUMNS), bool), statue.image)
    assert not crop.any()
    crop = render_map(np.ones((ROWS, COLUMNS)), np.ones((ROWS, COLUMNS), bool), statue.image)
    assert not crop[statue.image.coverage == 0].any() and np.median(crop[crop > 0]) == pytest.approx(1)


def test_what_is_given_is_what_the_gaussian_says(model):
    """The dense conditional Gaussian over all cells (Bishop 2006, equations 2.81 and 2.82), noise ``ALIKE`` fold."""
    seen = half_seen(model, np.random.default_rng(5).standard_normal(MODES))
    use = np.isfinite(seen) & model.learnt
    # A third less, for speed.
    use.flat[np.flatnonzero(use)[::3]] = False
    given = model.condition_on(np.where(use, seen, np.nan))
    known, all_cells = model.loadings[:, use], model.loadings.reshape(MODES, -1)
    gain = np.linalg.solve(known.T @ known + np.diag(model.noise[use] * ALIKE), known.T @ all_cells).T
    expected = model.mean.ravel() + gain @ (seen - model.mean)[use]
    spread = (all_cells**2).sum(0) - np.einsum("ck,kc->c", gain, known.T @ all_cells)
    np.testing.assert_allclose(given.mean_map().ravel(), expected, atol=1e-8)
    variance = np.where(model.learnt.ravel(), spread + model.noise.ravel(), 0)
    np.testing.assert_allclose(given.variance_map().ravel(), variance, atol=1e-8)


def test_the_bundled_model_is_whole():
    bundled = load_appearance()
    assert bundled.learnt.mean() > 0.3 and (bundled.noise[bundled.learnt] > 0).all()
    assert np.isfinite(bundled.mean).all() and np.isfinite(bundled.loadings).all()
    # Learnt with mirror images: one half is as the other.
    both = bundled.learnt & bundled.learnt[:, ::-1]
    assert np.abs(bundled.mean - bundled.mean[:, ::-1])[both].max() < 0.05
    assert appearance.APPEARANCE_FILE.stat().st_size < 4e6
