"""No fill leaves the range of what lies beside its hole."""

import numpy as np
import pytest

from statue_models.inpainting.border_range import keep_in_range
from statue_models.request import RestorationRequest

STRIPES = np.where((np.arange(700) // 20) % 2, 200, 60)


def test_each_hole_and_each_channel_has_its_own_range():
    seen = np.full((40, 90, 3), 0.5, np.float32)
    seen[:, 45:] = (0.2, 0.8, 0.4)
    hole = np.zeros((40, 90), bool)
    hole[10:20, 10:20] = hole[10:20, 60:80] = True
    seen[9, 60:70] = (0.1, 0.8, 0.5)
    filled = np.random.default_rng(0).uniform(-1, 2, seen.shape).astype(np.float32)
    before = filled.copy()
    keep_in_range(filled, hole, seen, ~hole)
    assert (filled[10:20, 10:20] == 0.5).all()
    right = filled[10:20, 60:80].reshape(-1, 3)
    np.testing.assert_allclose(right.min(0), (0.1, 0.8, 0.4), atol=1e-6)
    np.testing.assert_allclose(right.max(0), (0.2, 0.8, 0.5), atol=1e-6)
    assert (filled[~hole] == before[~hole]).all()


def test_a_hole_beside_nothing_that_is_seen_stays_as_it_is():
    hole = np.zeros((20, 20), bool)
    hole[5:15, 5:15] = True
    filled = np.full((20, 20, 3), 7, np.float32)
    keep_in_range(filled, hole, np.zeros_like(filled), np.zeros_like(hole))
    assert (filled == 7).all()


@pytest.mark.parametrize("model", ["biharmonic", "telea", "ns"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_stripes_beside_a_long_hole_are_its_range(restorer, model, dtype):
    """Slopes that run on into 350 x 75 pixels once ended far from black and white."""
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = np.dstack(
        [np.tile(STRIPES, (500, 1)), np.tile(STRIPES, (500, 1)).T[:500].repeat(2, 1)[:, :700], np.zeros((500, 700))]
    )
    image = (image / 255 * top).astype(dtype)
    mask = np.zeros((500, 700), np.uint8)
    mask[200:275, 150:500] = 255
    out = restorer.restore(RestorationRequest(image, mask, model=model)).applied_to(image)
    beside = np.r_[image[198:200, 148:502].reshape(-1, 3), image[275:277, 148:502].reshape(-1, 3)]
    beside = np.r_[beside, image[200:275, [148, 149, 500, 501]].reshape(-1, 3)].astype(float)
    inside = out[mask > 0].astype(float)
    assert (inside >= beside.min(0) - 1e-6).all() and (inside <= beside.max(0) + 1e-6).all()
    assert np.ptp(inside[:, 0]) > 0.2 * np.ptp(beside[:, 0]), "the stripes do not run on at all"
