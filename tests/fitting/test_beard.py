"""Beards grow where beards are, and stay off smooth skin, lips and the upper face."""

import cv2
import numpy as np
import pytest

from statue_models.fitting.beard import beard


def locks(statue, where):
    """log(photograph / shading) of a statue whose locks stand in ``where``."""
    size = len(statue.rgb)
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (size, size)), (0, 0), 1.2)
    return noise / noise.std() * np.where(where, 0.45, 0.03)


@pytest.fixture(scope="module")
def lower_face(statue):
    """Everything of the head below the nose."""
    return (statue.image.coverage > 0.99) & (statue.image.rest[..., 1] < -1.5)


@pytest.fixture(scope="module")
def chin(statue):
    """A hole over the chin, below the lips."""
    return statue.ellipse(8, 0.35, 0.18) | statue.ellipse(57, 0.25, 0.2)


def test_a_bearded_man_gets_a_bearded_chin(head, statue, lower_face, chin):
    grown = beard(head, statue.image, locks(statue, lower_face), ~chin, chin)
    below = chin & lower_face & (statue.image.rest[..., 1] < -6)
    assert grown.dtype == np.float32 and grown.min() >= 0 and grown.max() <= 1
    assert grown[below].mean() > 0.7


def test_a_shaven_face_stays_shaven(head, statue, chin):
    nothing = np.zeros(chin.shape, bool)
    assert not beard(head, statue.image, locks(statue, nothing), ~chin, chin).any()


def test_lips_stay_lips(head, statue, lower_face):
    hole = statue.ellipse(62, 0.4, 0.3)
    grown = beard(head, statue.image, locks(statue, lower_face), ~hole, hole)
    lips = np.zeros(hole.shape, np.uint8)
    cv2.fillPoly(lips, [np.round(statue.landmarks[48:60]).astype(np.int32)], 1)
    assert grown[(lips > 0) & hole].mean() < 0.05
    assert grown[hole & lower_face & ~cv2.dilate(lips, np.ones((9, 9))).astype(bool)].mean() > 0.5


def test_no_beard_grows_above_the_mouth_or_outside_the_hole(head, statue):
    """Curls on the forehead are not a beard, and the nose has none."""
    hole = statue.ellipse(30, 0.3, 0.6)
    curls = (statue.image.rest[..., 1] > 2) | (statue.image.rest[..., 1] < -1.5)
    grown = beard(head, statue.image, locks(statue, curls), ~hole, hole)
    assert grown.any()
    assert not grown[statue.image.rest[..., 1] > -1.2].any()
    assert not grown[~hole].any()


def test_stone_that_is_rough_on_the_cheeks_too_is_no_beard(head, statue, chin):
    everywhere = np.ones(chin.shape, bool)
    assert not beard(head, statue.image, locks(statue, everywhere), ~chin, chin).any()


def test_without_a_cheek_to_compare_with_there_is_no_beard(head, statue, lower_face, chin):
    cheeks = (statue.image.rest[..., 1] > -1.6) & (statue.image.rest[..., 1] < 1.2)
    lost = chin | cheeks
    assert not beard(head, statue.image, locks(statue, lower_face), ~lost, lost).any()


def test_what_stands_in_the_hole_is_not_asked(head, statue, chin):
    """Rough break marks under the mask are no beard."""
    broken = locks(statue, chin)
    shaven = locks(statue, np.zeros(chin.shape, bool))
    rough, smooth = (
        beard(head, statue.image, ratio, ~chin, chin) for ratio in (np.where(chin, broken, shaven), shaven)
    )
    np.testing.assert_array_equal(rough, smooth)


def test_one_bearded_cheek_is_enough_for_the_other(head, statue, lower_face):
    right = statue.image.rest[..., 0] > 0.3
    hole = right & lower_face
    grown = beard(head, statue.image, locks(statue, lower_face), ~hole, hole)
    jaw = hole & (np.abs(statue.image.rest[..., 0]) > 4) & (statue.image.rest[..., 1] < -4)
    assert jaw.any() and grown[jaw].mean() > 0.6


def test_nothing_visible_below_the_nose_means_no_beard(head, statue):
    hole = statue.image.rest[..., 1] < -1.0
    assert not beard(head, statue.image, locks(statue, hole), ~hole, hole).any()
