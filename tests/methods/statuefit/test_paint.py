"""Paint on statues: what is visible of red lips and blue eyes goes on in the hole, and stone is not painted."""

import numpy as np
import pytest
from synthetic_statue import make_statue

from statue_models.face.landmarks68 import face_outline
from statue_models.methods.statuefit.closed_crop import close_hole
from statue_models.methods.statuefit.colour import fit_stone_colour
from statue_models.methods.statuefit.paint import FEATURES, estimate_paint
from statue_models.pixels.regions import dilate

MOUTH, EYE = FEATURES
RED, BLUE = np.array([1.4, 0.6, 0.6]), np.array([0.6, 0.9, 1.5])
LEFT_CORNER, LIPS, LEFT_EYE = 54, 62, 45


@pytest.fixture(scope="module")
def statue(head):
    return make_statue(head, yaw=0.0)


def within(statue, feature, share=1.0):
    """(S, S) bool, the feature on the statue."""
    x, y, z = (statue.image.rest[..., axis] for axis in range(3))
    across, down = feature.across * share, feature.down * share
    return (np.hypot((np.abs(x) - feature.x) / across, (y - feature.y) / down) < 1) & (z > 6)


def paint(statue, hole, *painted):
    """What the hole gets, (S, S, 3), on a statue of which (S, S) bool places are painted."""
    rgb = statue.rgb.copy()
    for where, colour in painted:
        rgb[where] = np.clip(rgb[where] * colour ** (1 / 2.2), 0, 1)
    crop = statue.crop(hole)
    crop.rgb[~hole] = rgb[~hole]
    closed = close_hole(crop)
    face = (statue.image.coverage > 0.99) & face_outline(statue.landmarks, hole.shape)
    free = ~dilate(hole, 1)
    colour = fit_stone_colour(closed.linear, face & free, hole, closed.interocular)
    return estimate_paint(statue.image, closed.linear, colour, face, free, closed.interocular)


def test_bare_stone_gets_none(statue):
    for middle in (LEFT_CORNER, LIPS, LEFT_EYE):
        assert np.abs(paint(statue, statue.ellipse(middle, 0.2, 0.15))).max() < 0.05


def test_half_a_red_mouth_makes_the_other_half_red(statue):
    lips = within(statue, MOUTH, 0.8)
    hole = statue.ellipse(LEFT_CORNER, 0.25, 0.2)
    lost = hole & within(statue, MOUTH, 0.6)
    made = paint(statue, hole, (lips, RED))
    assert lost.sum() > 20
    red = made[lost].mean(0)
    assert red[0] > 0.2 and red[1] < -0.1 and red[2] < -0.1
    assert np.abs(made[hole & ~within(statue, MOUTH)]).max() < 1e-6, "the cheek is not painted"


def test_a_blue_eye_makes_the_other_one_blue_where_it_is_blue(statue):
    iris = within(statue, EYE._replace(across=0.5, down=0.5))
    hole = statue.ellipse(LEFT_EYE, 0.3, 0.2)
    made = paint(statue, hole, (iris, BLUE))
    lost, white = hole & iris, hole & within(statue, EYE, 0.8) & ~within(statue, EYE._replace(across=0.9, down=0.8))
    assert lost.sum() > 5 and white.any()
    assert made[lost][:, 2].mean() > 0.15 and made[lost][:, 0].mean() < -0.1
    assert np.abs(made[white]).mean() < 0.3 * np.abs(made[lost]).mean()


def test_a_mouth_of_which_nothing_is_left_stays_stone(statue):
    hole = statue.ellipse(LIPS, 0.5, 0.3)
    assert not paint(statue, hole, (within(statue, MOUTH, 0.8), RED)).any()


def test_a_stain_at_the_corner_of_a_lost_mouth_is_no_paint(statue):
    stain = statue.ellipse(48, 0.05, 0.05)
    hole = statue.ellipse(LEFT_CORNER, 0.28, 0.2)
    lost = hole & within(statue, MOUTH, 0.7)
    assert lost.sum() > 20 and (stain & ~hole & within(statue, MOUTH)).any()
    assert np.abs(paint(statue, hole, (stain, RED))[lost]).mean() < 0.05
