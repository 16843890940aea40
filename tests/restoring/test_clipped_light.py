"""What a photograph has cut off stays cut off in the hole, in highlights and in shadows."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.pixels.white import decode_srgb, encode_srgb
from statue_models.restoring.clipped_light import cut_off

SIZE = 120
HOLE = np.zeros((SIZE, SIZE), bool)
HOLE[30:90, 30:90] = True
RING = (cv2.dilate(HOLE.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~HOLE
DEPTH = cv2.distanceTransform(HOLE.astype(np.uint8), cv2.DIST_L2, 5)


def fill(low, high):
    """A rough fill between two levels."""
    return np.random.default_rng(3).uniform(low, high, (SIZE, SIZE, 3)).astype(np.float32)


def cut(picture, photograph, stone=None):
    beside = photograph[RING].astype(np.float32)
    out = picture.copy()
    cut_off(out, beside, np.ones(len(beside), bool) if stone is None else stone[RING], RING, HOLE, DEPTH)
    assert (out[~HOLE] == picture[~HOLE]).all()
    return out


@pytest.mark.parametrize("end", [1.0, 252 / 255])
def test_beside_white_stone_the_lights_of_a_fill_are_white(end):
    out = cut(fill(0.85, 0.98), np.full((SIZE, SIZE, 3), end))
    inside = out[HOLE]
    assert (inside >= end - 1e-3).mean() > 0.88 and inside.max() <= 1
    assert inside.min() > 0.85


def test_nostrils_stay_in_the_whitest_face():
    picture = fill(0.9, 0.95)
    picture[55:60, 55:65] = 0.3
    out = cut(picture, np.ones((SIZE, SIZE, 3)))
    assert out[57, 60].max() < 0.5


def test_in_black_shadow_nothing_is_lit():
    out = cut(fill(0.1, 0.5), np.zeros((SIZE, SIZE, 3)))
    assert (out[HOLE] < 0.02).mean() > 0.97


def test_half_of_a_hole_follows_its_own_half():
    photograph = np.full((SIZE, SIZE, 3), 0.5)
    photograph[:, : SIZE // 2] = 0
    picture = fill(0.4, 0.6)
    out = cut(picture, photograph)
    assert out[30:90, 30:45].mean() < 0.01
    assert (out[30:90, 72:90] == picture[30:90, 72:90]).all()


def test_a_channel_that_is_not_cut_off_stays_as_it_is():
    photograph = np.ones((SIZE, SIZE, 3))
    photograph[..., 2] = np.random.default_rng(0).uniform(0.6, 0.9, (SIZE, SIZE))
    picture = fill(0.7, 0.9)
    out = cut(picture, photograph)
    assert (out[..., 2] == picture[..., 2]).all() and out[HOLE][:, 0].mean() > 0.98


def test_a_white_wall_or_a_black_cloth_behind_the_head_cuts_nothing_off():
    stone = np.zeros((SIZE, SIZE), bool)
    stone[:, 60:] = True
    for wall in (0, 1):
        photograph = np.full((SIZE, SIZE, 3), float(wall))
        photograph[stone] = np.random.default_rng(0).uniform(0.3, 0.7, (stone.sum(), 3))
        picture = fill(0.2, 0.9)
        assert (cut(picture, photograph, stone) == picture).all()


def test_a_few_lights_at_their_end_cut_nothing_off():
    photograph = np.random.default_rng(0).uniform(0.5, 0.9, (SIZE, SIZE, 3))
    photograph[28:30, 30:45] = 1
    picture = fill(0.5, 0.9)
    out = cut(picture, photograph)
    assert np.abs(out - picture)[50:].max() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_nose_in_an_overexposed_photograph_is_as_white_as_what_is_around_it(restorer, request_, intact, dtype):
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    bright = np.clip(encode_srgb(decode_srgb(intact / 255) * 2**2.5), 0, 1)
    image = np.round(bright * top).astype(dtype) if top > 1 else bright.astype(dtype)
    hole = request_.mask > 0
    damaged = image.copy()
    damaged[hole] = 0
    out = restorer.restore(replace(request_, image=damaged)).applied_to(damaged)
    ring = (cv2.dilate(request_.mask, np.ones((15, 15), np.uint8)) > 0) & ~hole
    white = 252 / 255 * top
    wanted, seen = ((image[where].min(1) >= white).mean() for where in (hole, ring))
    assert wanted > 0.3 and seen > 0.3, "the photograph is not overexposed"
    assert (out[hole].min(1) >= white).mean() > 0.75 * min(wanted, seen)


def test_there_is_no_light_in_the_black_half_of_a_photograph(restorer, request_, landmarks):
    middle = int(landmarks.points[27:31, 0].mean())
    image = request_.image.copy()
    image[:, :middle] = 0
    out = restorer.restore(replace(request_, image=image)).applied_to(image)
    black = request_.mask > 0
    black[:, middle - 6 :] = False
    assert black.sum() > 150, "the hole does not reach into the black"
    assert np.quantile(out[black], 0.95) < 16 and out[black].mean() < 4
