"""How far a fill may be off: in the hole only, more where less is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.head.appearance import load_appearance
from statue_models.head.pose import fit_head
from statue_models.head.raster import draw_head
from statue_models.methods.statuefit.closed_crop import close_hole
from statue_models.methods.statuefit.lit_head import light_up
from statue_models.methods.statuefit.uncertainty import expected_error


def error(head, statue, hole, hidden=None, matte=None, visible=None, seed=0):
    crop = statue.crop(hole)
    fit = fit_head(head, crop.face.points, crop.face.hidden if hidden is None else hidden, len(hole))
    closed = close_hole(crop)
    lit = light_up(crop, closed, draw_head(head, fit), load_appearance(), None)
    assert lit is not None
    if matte is not None:
        lit = replace(lit, matte=np.full(hole.shape, matte, np.float32))
    seen = crop.rgb[crop.known].mean(1) if visible is None else visible
    return expected_error(head, fit, lit, closed, closed.encoded, seen, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def nose(statue):
    return statue.ellipse(30, 0.25, 0.4)


@pytest.fixture(scope="module")
def nose_error(head, statue, nose):
    return error(head, statue, nose)


def test_it_is_a_grey_level_in_the_hole_and_nothing_outside(nose, nose_error):
    assert nose_error.dtype == np.float32 and nose_error.shape == nose.shape
    assert not nose_error[~nose].any()
    assert 0.01 < nose_error[nose].mean() < 0.3


def test_the_border_of_the_hole_is_surer_than_its_middle(nose, nose_error):
    depth = cv2.distanceTransform(nose.astype(np.uint8), cv2.DIST_L2, 5)
    rim, middle = nose & (depth < 2.5), depth > 0.6 * depth.max()
    assert nose_error[rim].mean() < 0.7 * nose_error[middle].mean()


def test_hidden_landmarks_leave_more_open(head, statue, nose, nose_error):
    nothing_known = error(head, statue, nose, hidden=np.ones(68, bool))
    assert nothing_known[nose].mean() > nose_error[nose].mean()


def test_half_a_face_leaves_more_open_than_a_nose(head, statue, nose, nose_error):
    half = np.zeros_like(nose)
    half[:, len(nose) // 2 :] = True
    assert error(head, statue, half)[half].mean() > nose_error[nose].mean()


def test_where_no_head_is_to_be_seen_the_visible_picture_says_how_much(head, statue, nose):
    quiet, lively = (
        error(head, statue, nose, matte=0, visible=np.array([0.5 - half, 0.5 + half])) for half in (0.01, 0.2)
    )
    assert lively[nose].mean() > 3 * quiet[nose].mean()


def test_the_seed_decides(head, statue, nose, nose_error):
    np.testing.assert_array_equal(error(head, statue, nose), nose_error)
    assert (error(head, statue, nose, seed=1) != nose_error)[nose].any()
