"""A fill in its photograph, by hand: without a step, and of the grain, hue and lights of the stone around it.

A cheek of even light on a crop of half the photograph's size; whole restorations are in test_finish_example.py.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import JAW, Landmarks
from statue_models.methods.method import Fill
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import luma
from statue_models.request import Hypothesis
from statue_models.restoring.cropping import crop_of, fill_nearest
from statue_models.restoring.finish import Finish

SIDE, SIZE = 320, 160
FRAME = FaceFrame((SIDE / 2, SIDE / 2), float(SIDE))
HOLE = np.zeros((SIDE, SIDE), np.uint8)
HOLE[190:260, 110:210] = 255
INNER = cv2.erode(HOLE, np.ones((13, 13))) > 0
MIDDLE = np.s_[220:231, 155:166]
INTEROCULAR = 150.0


def cheek(roughness, seed=0, factors=(0, 0, 0)):
    """(H, W, 3) uint8, darker to one side; its grain's hue goes with its luma by ``factors``."""
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)), (0, 0), 0.8)
    grain *= roughness / grain.std()
    light = 0.5 * np.linspace(0.9, 1.1, SIDE)[:, None] * np.exp(grain[..., None] * (1 + np.array(factors)))
    return np.rint(np.clip(light * (255, 240, 220), 0, 255)).astype(np.uint8)


def bumped(image, by, x=160, y=225):
    """The picture with a bump there, whose middle is so much brighter."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    bump = np.exp(-(((columns - x) / 12) ** 2) - ((rows - y) / 12) ** 2)
    return np.rint(np.clip(image + 255 * by * bump[..., None], 0, 255)).astype(np.uint8)


def head():
    """Landmarks of a face whose features are above the hole."""
    points = np.random.default_rng(0).uniform(-20, 20, (68, 2)) + np.array([SIDE / 2, 60])
    around = np.linspace(np.pi, 0, 17)
    points[JAW] = np.stack([SIDE / 2 + 150 * np.cos(around), 60 + 250 * np.sin(around)], 1)
    points[36], points[45] = (SIDE / 2 - INTEROCULAR / 2, 60), (SIDE / 2 + INTEROCULAR / 2, 60)
    return Landmarks.given(points)


def finished(image, darker=0.0, stone=1.0, seed=0, mask=HOLE, missing=None, closed=None, fill=None):
    """(H, W, 3) what becomes of a fill, a smooth cheek, where the method saw all of it a little too dark."""
    missing = mask if missing is None else missing
    clean = part_of(fill_nearest(image, mask), Rectangle(0, 0, SIDE, SIDE))
    crop = crop_of(clean, mask, FRAME, SIZE, head())
    crop = replace(crop, rgb=(crop.rgb - np.float32(darker)).astype(np.float32))
    smooth, _ = FRAME.crop(cheek(0) if fill is None else fill, SIZE)
    share = None if stone is None else np.broadcast_to(np.float32(stone), (SIZE, SIZE))
    answer = Fill((smooth / np.float32(255) - np.float32(darker)).astype(np.float32), None, share)
    x, y, width, height = box = Rectangle.of_mask(mask)
    photograph = clean if closed is None else np.where(closed[..., None] > 0, np.uint8(255), clean)
    picture = Finish(photograph, missing, mask, box, FRAME, crop, share).render(answer, Hypothesis(0, seed))
    assert picture.shape == (height, width, 3) and picture.min() >= 0 and picture.max() <= 1
    out = np.full((SIDE, SIDE, 3), np.nan, np.float32)
    out[y : y + height, x : x + width] = picture
    return out


def roughness_of(picture, where):
    log = np.log(np.maximum(luma(picture.astype(np.float32)), 1e-3))
    filled = np.where(np.isfinite(log), log, 0).astype(np.float32)
    return (filled - cv2.GaussianBlur(filled, (0, 0), 2))[where].std()


def test_a_fill_that_fits_the_crop_fits_the_photograph():
    out = finished(cheek(0))
    np.testing.assert_allclose(out[HOLE > 0], cheek(0)[HOLE > 0] / 255, atol=0.012)


def test_a_crop_that_is_darker_than_its_photograph_leaves_no_dark_patch():
    """As where a shadow's edge is finer than the crop: what the crop lost beside the hole is carried into it."""
    out = finished(cheek(0), darker=0.06)
    np.testing.assert_allclose(out[HOLE > 0], cheek(0)[HOLE > 0] / 255, atol=0.012)


@pytest.mark.parametrize("roughness", [0.0, 0.05, 0.1])
def test_it_is_as_rough_as_the_stone_around_it(roughness):
    image = cheek(roughness)
    seen = roughness_of(image / 255, (HOLE == 0) & (np.indices(HOLE.shape)[0] > 170))
    assert roughness_of(finished(image), INNER) == pytest.approx(seen, rel=0.6, abs=0.006)


def test_what_is_not_the_heads_stone_takes_no_grain():
    """Hair and background, and all of it for a method that wants none."""
    image = cheek(0.08)
    grained, beside, unwanted = (roughness_of(finished(image, stone=stone), INNER) for stone in (1.0, 0.0, None))
    assert max(beside, unwanted) < 0.25 * grained


def test_what_closes_thin_damage_is_no_stone_to_take_grain_from():
    """It is missing too, whoever filled it: neither grain nor border may come from there."""
    cracks = np.zeros_like(HOLE)
    cracks[165:320:12, 20:300:9] = 255
    cracks[HOLE > 0] = 0
    plain, other = (finished(cheek(0.08), missing=HOLE | cracks, closed=closed) for closed in (None, cracks))
    np.testing.assert_array_equal(plain, other)


def test_it_outshines_no_visible_stone():
    """However bright a fill and its grain: what no stone near the hole is, looks like metal."""
    image = cheek(0.04)
    brightest = luma(image[120:] / np.float32(255))[HOLE[120:] == 0].max()
    bright = bumped(cheek(0), 0.3)
    assert luma(finished(image, fill=bright)[INNER]).max() < brightest
    assert luma(finished(image, fill=bright, stone=0.0)[INNER]).max() > brightest + 0.1
    stone = np.ones((SIZE, SIZE))
    stone[95:130, 65:95] = 0
    assert luma(finished(image, fill=bright, stone=stone)[INNER]).max() > brightest + 0.1, "a gilded ornament may"


def test_a_highlight_that_the_hole_cuts_through_goes_on():
    """Lights bend on both sides of the border: what they lose beside it is seen, and carried in."""
    lit = bumped(cheek(0), 0.35, x=110)
    out = finished(lit, fill=lit)
    beside = np.s_[195:255, 110:113]
    np.testing.assert_allclose(out[beside], lit[beside] / 255, atol=0.02)


BROWN = (-0.3, 0.0, 0.8)


def blueness_of(picture):
    return np.log(picture[..., 2] / picture[..., 0])


def test_a_crease_is_as_brown_as_those_of_the_stone_around_it():
    """A method that draws it in grey would give the stone a seam of metal."""
    crease = bumped(cheek(0), -0.2)
    grey, brown = (blueness_of(finished(cheek(0.1, factors=f), fill=crease)[MIDDLE]).mean() for f in ((0, 0, 0), BROWN))
    assert brown < grey - 0.1


def test_pits_of_the_drawn_grain_are_brown_too():
    browner = []
    for factors in ((0, 0, 0), BROWN):
        out = finished(cheek(0.1, factors=factors))
        dark = INNER & (luma(out) < np.quantile(luma(out)[INNER], 0.1))
        browner.append(blueness_of(out)[INNER].mean() - blueness_of(out)[dark].mean())
    assert abs(browner[0]) < 0.01 and browner[1] > 0.05


def test_what_closes_thin_damage_is_no_stone_to_look_like():
    """Nor may a fill's hue and lights come from there, where the method's crop shows it as if it were stone."""
    cracks = np.zeros_like(HOLE)
    cracks[165:320:12, 20:300:9] = 255
    cracks[cv2.dilate(HOLE, np.ones((25, 25))) > 0] = 0
    image = cheek(0.08)
    closed = np.where(cracks[..., None] > 0, np.uint8(255), image)
    plain, other = (finished(one, missing=HOLE | cracks) for one in (image, closed))
    np.testing.assert_array_equal(plain, other)


def lacking(out):
    """(H, W, 3) what the hole lacks of a smooth cheek."""
    return cheek(0) / 255 - out


def test_what_is_no_light_reaches_no_further_into_the_hole_than_a_stain():
    """Something green beside it that the method did not see: met at the border, it is gone a little further in."""
    green = (0.0, 0.15, 0.0)
    off = lacking(finished(cheek(0), darker=green))
    np.testing.assert_allclose(off[MIDDLE].mean((0, 1)), green, atol=0.02)
    assert 0 <= off[210:240, 110, 1].mean() < 0.07


def test_a_narrow_hole_takes_all_of_a_step():
    """All of it lies at the border, wherever a wide one is."""
    mask = HOLE.copy()
    mask[60:150, 230:246] = 255
    off = lacking(finished(cheek(0), darker=(0.0, 0.15, 0.0), mask=mask))
    assert np.abs(off[65:145, 230:246]).max() < 0.03
    assert off[MIDDLE][..., 1].min() > 0.12


def test_a_faint_hue_is_carried_into_stone_alone():
    """Hair, or a wall: its hue would be answered by the opposite one."""
    faint = np.array([0.04, 0.0, -0.04])
    np.testing.assert_allclose(lacking(finished(cheek(0), darker=faint))[INNER].mean(0), 0, atol=0.012)
    stone = np.ones((SIZE, SIZE))
    stone[85:] = 0
    beside = lacking(finished(cheek(0), darker=faint, stone=stone))
    np.testing.assert_allclose(beside[INNER].mean(0), faint, atol=0.012)


def test_noise_of_the_photograph_hides_no_step():
    """Single pixels of any hue are a camera's; what they have in common is the light's."""
    noise = np.random.default_rng(1).normal(0, 20, (SIDE, SIDE, 3))
    noisy = np.rint(np.clip(cheek(0) + noise, 0, 255)).astype(np.uint8)
    assert abs(lacking(finished(noisy, darker=0.08))[INNER].mean()) < 0.015


def test_a_seed_is_one_grain():
    image = cheek(0.08)
    np.testing.assert_array_equal(finished(image, seed=1)[HOLE > 0], finished(image, seed=1)[HOLE > 0])
    assert (finished(image, seed=1) != finished(image, seed=2))[INNER].mean() > 0.5


def test_a_hole_at_the_photographs_edge_is_finished_up_to_it():
    mask = np.zeros_like(HOLE)
    mask[250:, 100:220] = 255
    out = finished(cheek(0), mask=mask)
    np.testing.assert_allclose(out[mask > 0], cheek(0)[mask > 0] / 255, atol=0.012)
