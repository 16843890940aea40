"""The spread of hypotheses: inside the hole only, larger where less is known."""

import cv2
import numpy as np
import pytest
from synthetic_statue import LIGHT

from statue_models.fitting.pose import fit_head
from statue_models.fitting.uncertainty import shading_spread
from statue_models.restoring.landmarks68 import interocular_distance


def spread(head, statue, hole, hidden=None, shown=None, visible=None, seed=0):
    crop = statue.crop(hole)
    size = len(hole)
    fit = fit_head(head, crop.landmarks, crop.hidden if hidden is None else hidden, size)
    return shading_spread(
        head,
        fit,
        LIGHT,
        np.ones((size, size), np.float32) if shown is None else shown,
        crop.rgb[crop.known].mean(1) if visible is None else visible,
        cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5),
        interocular_distance(crop.landmarks),
        np.random.default_rng(seed),
    )


@pytest.fixture(scope="module")
def nose(statue):
    return statue.ellipse(30, 0.25, 0.4)


@pytest.fixture(scope="module")
def nose_spread(head, statue, nose):
    return spread(head, statue, nose)


def test_it_is_a_small_grey_level_in_the_hole_and_nothing_outside(nose, nose_spread):
    assert nose_spread.dtype == np.float32 and nose_spread.shape == nose.shape
    assert not nose_spread[~nose].any()
    assert (nose_spread >= 0).all()
    assert 0.002 < nose_spread[nose].mean() < 0.2


def test_the_border_of_the_hole_is_surer_than_its_middle(nose, nose_spread):
    depth = cv2.distanceTransform(nose.astype(np.uint8), cv2.DIST_L2, 5)
    rim, middle = nose & (depth < 2.5), depth > 0.6 * depth.max()
    assert nose_spread[rim].mean() < 0.7 * nose_spread[middle].mean()


def test_hidden_landmarks_leave_more_open(head, statue, nose, nose_spread):
    nothing_known = spread(head, statue, nose, hidden=np.ones(68, bool))
    assert nothing_known[nose].mean() > 1.1 * nose_spread[nose].mean()


def test_where_no_head_is_shown_the_stone_itself_says_how_much(head, statue, nose):
    """Hair and background: half of the visible stone's own spread."""
    nowhere = np.zeros(nose.shape, np.float32)
    quiet, lively = (
        spread(head, statue, nose, shown=nowhere, visible=np.array([0.5 - half, 0.5 + half])) for half in (0.01, 0.2)
    )
    assert quiet[nose].max() <= 0.005 + 1e-6
    assert lively[nose].mean() == pytest.approx(20 * quiet[nose].mean(), rel=1e-4)
    assert not spread(head, statue, nose, shown=nowhere, visible=np.zeros(0)).any()


def test_the_seed_decides(head, statue, nose, nose_spread):
    np.testing.assert_array_equal(spread(head, statue, nose), nose_spread)
    assert (spread(head, statue, nose, seed=1) != nose_spread)[nose].any()
