"""Detail from the other half: a mark on one cheek appears on the other, and nowhere else."""

import cv2
import numpy as np
import pytest

from statue_models.methods.statuefit.mirror import mirror_detail, no_detail


def distance_to_border(hole):
    return cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)


def beside(statue, landmark, offset, radius):
    """A disc at ``offset`` interocular distances (x, y) from a landmark."""
    unit = float(np.linalg.norm(statue.landmarks[36] - statue.landmarks[45]))
    cx, cy = statue.landmarks[landmark] + np.array(offset) * unit
    y, x = np.mgrid[: len(statue.rgb), : len(statue.rgb)] + 0.5
    return np.hypot(x - cx, y - cy) < radius * unit


@pytest.fixture(scope="module")
def carried(statue):
    """A dark scar on the head's right cheek (left in the picture), and a hole over the other cheek."""
    scar = beside(statue, 31, (-0.30, 0.02), 0.06)
    hole = beside(statue, 35, (0.28, 0.02), 0.26)
    log_ratio = np.where(scar, -0.8, 0.0)
    log_ratio[hole] = 5.0  # whatever stands in the hole must not come out of it
    return hole, mirror_detail(statue.image, log_ratio, ~hole, hole, distance_to_border(hole)), scar


def test_a_scar_on_one_cheek_comes_to_the_other(statue, carried):
    hole, detail, _ = carried
    assert detail.log_detail[hole].min() < -0.3
    row, column = np.unravel_index(detail.log_detail.argmin(), hole.shape)
    place, scar_place = statue.image.rest[row, column], statue.image.rest[carried[2]].mean(0)
    np.testing.assert_allclose(place, scar_place * [-1, 1, 1], atol=0.6)  # cm on the mean head


def test_only_the_scar_is_dark(carried):
    hole, detail, scar = carried
    dark = (detail.log_detail < -0.15) & hole
    assert 0.4 < dark.sum() / scar.sum() < 2.5
    assert detail.log_detail.max() < 0.3, "the hole's own content was used"


def test_nothing_is_added_outside_the_hole(carried):
    hole, detail, _ = carried
    assert not detail.confidence[~hole].any()
    assert not detail.log_detail[~hole].any()


def test_the_source_is_the_pixel_on_the_other_cheek(statue, carried):
    hole, detail, _ = carried
    sure = hole & (detail.confidence > 0.5)
    assert sure.sum() > 0.5 * hole.sum()
    x, y = detail.source[sure].T
    there = statue.image.rest[y.astype(int), x.astype(int)]
    off = np.linalg.norm(there * [-1, 1, 1] - statue.image.rest[sure], axis=1)
    assert np.quantile(off, 0.9) < 0.5


def test_when_both_cheeks_are_missing_nothing_is_claimed(statue):
    hole = beside(statue, 35, (0.28, 0.02), 0.26) | beside(statue, 31, (-0.28, 0.02), 0.32)
    detail = mirror_detail(statue.image, np.full(hole.shape, -0.5), ~hole, hole, distance_to_border(hole))
    right = beside(statue, 35, (0.28, 0.02), 0.1)
    assert detail.confidence[right].mean() < 0.2
    assert np.abs(detail.log_detail[right]).mean() < 0.1


def test_the_ridge_of_the_nose_is_not_its_own_mirror_image(statue):
    hole = statue.ellipse(29, 0.12, 0.2)
    detail = mirror_detail(statue.image, np.zeros(hole.shape), ~hole, hole, distance_to_border(hole))
    middle = hole & (np.abs(statue.image.rest[..., 0]) < 0.1)
    assert middle.any()
    assert detail.confidence[middle].max() < 0.25


@pytest.mark.parametrize("known", ["nothing", "background"])
def test_without_a_visible_face_there_is_no_detail(statue, known):
    hole = statue.ellipse(35, 0.2, 0.2)
    seen = np.zeros(hole.shape, bool) if known == "nothing" else statue.image.coverage < 0.01
    detail = mirror_detail(statue.image, np.ones(hole.shape), seen, hole, distance_to_border(hole))
    wanted = no_detail(len(hole))
    np.testing.assert_array_equal(detail.log_detail, wanted.log_detail)
    np.testing.assert_array_equal(detail.confidence, wanted.confidence)
    assert detail.source.shape == (*hole.shape, 2)
