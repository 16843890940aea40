"""The metrics on pictures whose scores are known."""

import numpy as np
import pytest

from training.evaluation.metrics import hole as metrics
from training.features.mobilenet import TAPS
from training.suites.masks import KINDS, damage_mask

SIZE = 96


def hole() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[30:60, 40:70] = True
    return mask


def test_a_perfect_result(picture):
    truth = picture()
    assert metrics.psnr(truth, truth, hole()) == 60
    assert metrics.ssim(truth, truth, hole()) == pytest.approx(1)
    assert metrics.seam(truth, truth, hole()) == 0
    assert metrics.sharpness(truth, truth, hole()) == 1
    assert metrics.outside(truth, truth, hole()) == 0


def test_psnr_looks_at_the_hole_only(picture):
    truth = picture()
    result = truth.astype(int)
    result[hole()] = np.where(result[hole()] > 127, result[hole()] - 10, result[hole()] + 10)
    result[:20] = 0
    assert metrics.psnr(result.astype(np.uint8), truth, hole()) == pytest.approx(20 * np.log10(255 / 10))


def test_ssim_agrees_with_scikit_image(picture):
    skimage = pytest.importorskip("skimage.metrics")
    truth, result = picture(), picture(1)
    everywhere = np.ones((SIZE, SIZE), bool)
    _, full = skimage.structural_similarity(
        metrics.grey(truth),
        metrics.grey(result),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        full=True,
    )
    inner = np.zeros((SIZE, SIZE), bool)
    inner[20:-20, 20:-20] = True
    mine = metrics.ssim(result, truth, everywhere)
    assert mine == pytest.approx(full.mean(), abs=0.01)
    assert metrics.ssim(result, truth, inner) == pytest.approx(full[15:-15, 15:-15].mean(), abs=0.002)


def test_seam_and_sharpness_see_a_flat_grey_patch(picture):
    truth = picture()
    patched = np.where(hole()[..., None], np.uint8(255), truth)
    assert metrics.seam(patched, truth, hole()) > 20
    assert metrics.sharpness(patched, truth, hole()) < 0.05


def test_outside_counts_samples(picture):
    truth = picture()
    changed = truth.copy()
    changed[0, 0] ^= 1
    changed[40, 50] ^= 1
    assert metrics.outside(changed, truth, hole()) == 3


def test_feature_window_is_square_inside_and_holds_the_hole():
    mask = np.zeros((SIZE, SIZE), bool)
    mask[2:10, 80:95] = True
    rows, columns = metrics.feature_window(mask, (10, 10, 60, 70))
    assert rows.stop - rows.start == columns.stop - columns.start == 35
    assert mask[rows, columns].sum() == mask.sum()


def test_frechet_distance_of_shifted_gaussians():
    sample = np.random.default_rng(0).standard_normal((400, 32))
    assert metrics.frechet(sample, sample) == pytest.approx(0, abs=1e-6)
    assert metrics.frechet(sample, sample + 2) == pytest.approx(32 * 4, rel=1e-6)
    assert np.isnan(metrics.frechet(sample[:49], sample[:49]))


def test_feature_distance_orders_results_and_weighs_the_hole(tmp_path, picture, random_network):
    network = random_network(tmp_path)
    maps = network(np.zeros((1, 224, 224, 3), np.uint8))
    assert [f.shape[2] for f in maps] == [112, 56, 28, 14, 14, 7, 7] and len(maps) == len(TAPS)
    truth = picture()
    near = np.where(hole()[..., None], truth // 8 * 8, truth)
    far = np.where(hole()[..., None], picture(5), truth)
    features = metrics.FeatureMetric(network)(truth, [truth, near, far], hole(), (10, 10, 60, 70))
    assert features.distances[0] == pytest.approx(0, abs=1e-6)
    assert 0 < features.distances[1] < features.distances[2]
    assert features.diversity > 0 and features.pooled.shape[0] == 3


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_decided_by_its_seed(kind, face):
    first, again, other = (damage_mask(face, kind, (128, 128), np.random.default_rng(s)) for s in (1, 1, 2))
    assert first.shape == (128, 128) and first.dtype == bool
    assert 0.001 < first.mean() < 0.6
    assert (first == again).all() and (first != other).any()


def test_damage_scales_with_the_picture(face):
    small = damage_mask(face, "nose", (128, 128), np.random.default_rng(3))
    large = damage_mask(face * 4, "nose", (512, 512), np.random.default_rng(3))
    assert (large[2::4, 2::4] == small).mean() > 0.99
