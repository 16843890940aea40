"""What a lit head shows, and must not: a tooth in a nostril, a neck before a wall, a light beyond the stone's."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_statue import SIZE

from statue_models.head.appearance import load_appearance
from statue_models.head.light import to_linear
from statue_models.methods.statuefit.closed_crop import close_hole
from statue_models.methods.statuefit.colour import log_luminance
from statue_models.methods.statuefit.lit_head import light_up
from statue_models.methods.statuefit.skin import CHIN_FRONT, HIDDEN, NECK, WHOLE

NOSE, CHIN = 30, 8


def light(statue, hole, rgb=None):
    crop = statue.crop(hole)
    if rgb is not None:
        crop = replace(crop, rgb=np.where(hole[..., None], crop.rgb, rgb).astype(np.float32))
    made = light_up(crop, close_hole(crop), statue.image, load_appearance(), None)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def neck(statue):
    front, height = statue.image.rest[..., 2], statue.image.rest[..., 1]
    return (statue.image.coverage > WHOLE) & (height < NECK - 1) & (front < CHIN_FRONT - 1)


def test_a_lost_nostril_is_darker_than_what_surrounds_it(statue):
    hole = statue.ellipse(NOSE, 0.3, 0.35)
    made = light(statue, hole)
    inside = (statue.image.openness < HIDDEN / 2) & (statue.image.coverage > WHOLE) & (made.hollow > 0) & hole
    assert inside.any()
    level = log_luminance(to_linear(made.render()))
    around = hole & (made.hollow == 0) & (np.indices(hole.shape)[0] > np.nonzero(inside)[0].min() - 4)
    assert level[inside].mean() < np.median(level[around]) - 0.2


def test_nothing_is_brighter_than_the_stone_that_is_seen(statue):
    hole = statue.ellipse(NOSE, 0.3, 0.35)
    made = light(statue, hole)
    seen = log_luminance(to_linear(statue.rgb.astype(np.float64)))[made.face & ~hole]
    level = log_luminance(to_linear(made.render()))
    assert level[hole].max() <= np.quantile(seen, 0.99) + 0.02


def test_lights_bend_towards_the_brightest_stone_instead_of_being_cut(statue):
    made = light(statue, statue.ellipse(NOSE, 0.3, 0.35))
    start, end = made.lights
    asked = np.linspace(start - 0.5, end + 1, 50)
    held = replace(made, bare=asked, carving=np.zeros(50))._bend_lights(asked)
    assert (np.diff(held) > 0).all() and held.max() < end
    np.testing.assert_allclose(held[asked < start], asked[asked < start])


def test_a_neck_that_is_seen_goes_on_in_the_hole(statue, neck):
    hole = statue.ellipse(CHIN, 0.6, 0.5)
    assert (neck & hole).sum() > 50
    assert light(statue, hole).matte[neck & hole].mean() > 0.9


def test_a_head_that_stands_on_no_neck_gets_none(statue, neck):
    hole = statue.ellipse(CHIN, 0.6, 0.5)
    y = np.indices((SIZE, SIZE))[0]
    wall = np.where((neck | (y > statue.landmarks[CHIN, 1] + 3))[..., None], np.float32(0.03), statue.rgb)
    made = light(statue, hole, wall)
    assert made.matte[neck & hole].mean() < 0.1
    chin = hole & (statue.image.rest[..., 2] > CHIN_FRONT + 2) & (statue.image.rest[..., 1] > NECK - 1)
    assert made.matte[chin].mean() > 0.9
