"""A fill in its photograph: without a step, grained as the stone is, and made of nothing that the mask covers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from bundled_example import SCALE, example

from statue_models.restoring.compositing import luma
from statue_models.restoring.cropping import bounding_box, crop_of, plugged
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.finish import Finish
from statue_models.restoring.landmarks68 import JAW, Landmarks
from statue_models.restoring.method import Fill
from statue_models.restoring.overlay import part_of
from statue_models.restoring.request import RestorationRequest

# A fill, by hand: a cheek of even light on a crop of half the photograph's size

SIDE, SIZE = 320, 160
FRAME = FaceFrame((SIDE / 2, SIDE / 2), float(SIDE))
HOLE = np.zeros((SIDE, SIDE), np.uint8)
HOLE[190:260, 110:210] = 255
INNER = cv2.erode(HOLE, np.ones((13, 13))) > 0
INTEROCULAR = 150.0


def cheek(roughness, seed=0):
    """(H, W, 3) uint8, darker to one side."""
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)), (0, 0), 0.8)
    light = 0.5 * np.linspace(0.9, 1.1, SIDE) * np.exp(grain / grain.std() * roughness)
    return np.rint(np.clip(light[..., None] * (255, 240, 220), 0, 255)).astype(np.uint8)


def head():
    """Landmarks of a face whose features are above the hole."""
    points = np.random.default_rng(0).uniform(-20, 20, (68, 2)) + np.array([SIDE / 2, 60])
    around = np.linspace(np.pi, 0, 17)
    points[JAW] = np.stack([SIDE / 2 + 150 * np.cos(around), 60 + 250 * np.sin(around)], 1)
    points[36], points[45] = (SIDE / 2 - INTEROCULAR / 2, 60), (SIDE / 2 + INTEROCULAR / 2, 60)
    return Landmarks.given(points)


def finished(image, darker=0.0, stone=1.0, seed=0, mask=HOLE, missing=None, closed=None, bump=0.0):
    """(H, W, 3) what becomes of a fill that is a smooth cheek, where the method saw all of it a little too dark.

    With a bump in its middle that is so much brighter.
    """
    missing = mask if missing is None else missing
    clean = part_of(plugged(image, mask), (0, 0, SIDE, SIDE))
    crop = crop_of(clean, mask, FRAME, SIZE, head())
    crop = replace(crop, rgb=(crop.rgb - np.float32(darker)).astype(np.float32))
    smooth, _ = FRAME.crop(cheek(0), SIZE)
    share = None if stone is None else np.broadcast_to(np.float32(stone), (SIZE, SIZE))
    y, x = (np.mgrid[:SIZE, :SIZE] * 2 - np.reshape((225, 160), (2, 1, 1))) / 12
    lit = smooth / np.float32(255) - np.float32(darker) + bump * np.exp(-(x**2) - y**2)[..., None]
    fill = Fill(lit.astype(np.float32), None, share)
    x, y, width, height = box = bounding_box(mask)
    photograph = clean if closed is None else np.where(closed[..., None] > 0, np.uint8(255), clean)
    picture = Finish(photograph, missing, mask, box, FRAME, crop).picture(fill, seed)
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
    assert luma(finished(image, bump=0.3)[INNER]).max() < brightest
    assert luma(finished(image, bump=0.3, stone=0.0)[INNER]).max() > brightest + 0.1


def test_a_seed_is_one_grain():
    image = cheek(0.08)
    np.testing.assert_array_equal(finished(image, seed=1)[HOLE > 0], finished(image, seed=1)[HOLE > 0])
    assert (finished(image, seed=1) != finished(image, seed=2))[INNER].mean() > 0.5


def test_a_hole_at_the_photographs_edge_is_finished_up_to_it():
    mask = np.zeros_like(HOLE)
    mask[250:, 100:220] = 255
    out = finished(cheek(0), mask=mask)
    np.testing.assert_allclose(out[mask > 0], cheek(0)[mask > 0] / 255, atol=0.012)


# Whole restorations of the bundled example


CONTENTS = ["grey", "black", "white", "noise", "itself"]


def with_content(image, where, content):
    """The picture with something else where ``where`` is true."""
    out = image.copy()
    noise = np.random.default_rng(3).integers(0, 256, image.shape, dtype=np.uint8)
    if content != "itself":
        out[where] = {"grey": 128, "black": 0, "white": 255}.get(content, noise[where])
    return out


@pytest.fixture(scope="module")
def asked(request_):
    """By the fitted head alone, and with a crack beside the lost nose."""
    top = int(request_.landmarks.points[:, 1].min())
    mask = request_.mask.copy()
    mask[top - 12 : top - 10, 60:110] = 255
    return replace(request_, mask=mask, model="statuefit")


@pytest.fixture(scope="module")
def restored(restorer, asked):
    return restorer.restore(asked).applied_to(asked.image)


@pytest.mark.parametrize("content", CONTENTS)
def test_nothing_under_the_mask_has_a_say(restorer, asked, restored, content):
    """Not even as a starting value: the fill's bytes are the same whatever stands in the hole."""
    hole = asked.mask > 0
    image = with_content(asked.image, hole, content)
    again = restorer.restore(replace(asked, image=image)).applied_to(image)
    assert again[hole].tobytes() == restored[hole].tobytes()
    assert again[~hole].tobytes() == asked.image[~hole].tobytes()


@pytest.mark.parametrize("content", CONTENTS)
def test_nothing_under_a_soft_edge_has_a_say(restorer, asked, content):
    """A feathered selection: paint that shines through it is mixed in by the mask, but never looked at."""
    soft = cv2.GaussianBlur(cv2.dilate(asked.mask, np.ones((5, 5))), (0, 0), 1.5)
    assert ((soft > 0) & (soft < 255)).sum() > 500 and (soft == 255).sum() > 500
    image = with_content(asked.image, soft > 0, content)
    fills = [restorer.restore(replace(asked, mask=soft, image=one)).applied_to(one) for one in (asked.image, image)]
    assert fills[0][soft == 255].tobytes() == fills[1][soft == 255].tobytes()
    assert fills[1][soft == 0].tobytes() == asked.image[soft == 0].tobytes()


def test_nothing_under_the_mask_has_a_say_in_a_networks_fill(restorer, request_, result):
    hole = request_.mask > 0
    image = with_content(request_.image, hole, "noise")
    again = restorer.restore(replace(request_, image=image, model="statueflow")).applied_to(image)
    assert again[hole].tobytes() == result.applied_to(request_.image)[hole].tobytes()


def test_restoring_a_restored_photograph_again_changes_nothing(restorer, asked, restored):
    again = restorer.restore(replace(asked, image=restored)).applied_to(restored)
    assert again.tobytes() == restored.tobytes()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_deeper_picture_gets_the_same_fill_in_finer_steps(restorer, asked, restored, dtype):
    top = 1.0 if dtype == np.float32 else 65535.0
    image = (asked.image / np.float32(255)).astype(dtype) if dtype == np.float32 else asked.image.astype(dtype) * 257
    deep = restorer.restore(replace(asked, image=image)).applied_to(image)
    off = np.abs(deep / top * 255 - restored)[asked.mask > 0]
    assert off.mean() < 1 and np.quantile(off, 0.99) < 6


def steps(picture, mask):
    """Mean absolute luma step across the hole's border, and between neighbours near it outside and inside."""
    grey = luma(picture.astype(np.float32))
    hole = mask > 0
    near = cv2.dilate(mask, np.ones((9, 9))) > 0
    deep = cv2.erode(mask, np.ones((9, 9))) > 0
    across, outside, inside = [], [], []
    for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        step = np.abs(grey[a] - grey[b])
        across.append(step[hole[a] != hole[b]])
        outside.append(step[~hole[a] & ~hole[b] & near[a] & near[b]])
        inside.append(step[hole[a] & hole[b] & ~deep[a] & ~deep[b]])
    return tuple(float(np.concatenate(found).mean()) for found in (across, outside, inside))


@pytest.mark.parametrize("scale", [SCALE, 2])
def test_there_is_no_step_at_the_border(restorer, landmarks, scale):
    """Across the hole's border the restored example changes no more than the stone beside it does."""
    image, mask = example("damaged.jpg", scale), example("mask.png", scale)
    given = Landmarks.given(landmarks.points * SCALE / scale)
    out = restorer.restore(RestorationRequest(image, mask, landmarks=given, model="statuefit")).applied_to(image)
    across, outside, inside = steps(out, mask)
    assert across < 1.25 * max(outside, inside)
    darker = np.where(mask[..., None] > 0, np.maximum(out, 12) - 12, out).astype(np.uint8)
    across, outside, inside = steps(darker, mask)
    assert across > 1.25 * max(outside, inside), "a step of twelve levels would be seen"


def test_there_is_no_step_at_the_border_of_a_networks_fill(request_, result):
    across, outside, inside = steps(result.applied_to(request_.image), request_.mask)
    assert across < 1.3 * max(outside, inside)
