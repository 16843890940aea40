"""What a request promises: wrong ones are refused by their own code, right ones determine the result."""

import json
import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.landmarks68 import Landmarks
from statue_models.fields import MAX_MEGAPIXELS
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, Restoration, RestorationRequest, Variant, pixel_hash


def picture(height=40, width=50, channels=3, dtype=np.uint8):
    return np.zeros((height, width, channels), dtype)


def hole(height=40, width=50):
    mask = np.zeros((height, width), np.uint8)
    mask[10:20, 12:22] = 255
    return mask


def request(**changes):
    return replace(RestorationRequest(picture(), hole()), **changes)


def far_away():
    points = np.random.default_rng(0).uniform(0, 40, (68, 2))
    points[0] = [600, 0]
    return Landmarks.given(points)


NOT_A_NUMBER = picture(dtype=np.float32)
NOT_A_NUMBER[3, 4, 1] = np.nan

REFUSED = {
    "the picture is a row": ({"image": np.zeros(50, np.uint8)}, "bad-request"),
    "the picture is a path": ({"image": Path("a.png")}, "bad-request"),
    "the picture is a list": ({"image": [[1, 2], [3, 4]]}, "bad-request"),
    "the mask is a list": ({"mask": [[1, 2], [3, 4]]}, "bad-request"),
    "a mask of shades as floats": ({"mask": hole() / 255}, "bad-request"),
    "five channels": ({"image": picture(channels=5)}, "bad-request"),
    "whole numbers of 32 bits": ({"image": picture(dtype=np.int32)}, "bad-request"),
    "too small": ({"image": picture(height=31), "mask": hole(height=31)}, "image-too-small"),
    "a coloured mask": ({"mask": picture()}, "bad-request"),
    "a mask of another size": ({"mask": hole(height=41)}, "mask-size"),
    "nothing is missing": ({"mask": np.zeros((40, 50), np.uint8)}, "empty-mask"),
    "everything is missing": ({"mask": np.full((40, 50), 1, np.uint8)}, "full-mask"),
    "not a number": ({"image": NOT_A_NUMBER}, "bad-pixels"),
    "no variants": ({"variants": 0}, "usage"),
    "too many variants": ({"variants": 17}, "usage"),
    "a negative seed": ({"seed": -1}, "usage"),
    "a seed of 64 bits": ({"seed": 2**63}, "usage"),
    "no steps": ({"steps": 0}, "usage"),
    "half a variant": ({"variants": 1.5}, "usage"),
    "a seed in words": ({"seed": "7"}, "usage"),
    "another quality": ({"quality": "best"}, "usage"),
    "steps of a preview": ({"quality": "preview", "steps": 2}, "usage"),
    "several and one alone": ({"variants": 2, "variant": 2}, "usage"),
    "a model of no name": ({"model": ""}, "usage"),
    "another device": ({"device": "tpu"}, "usage"),
    "another precision": ({"precision": "fp16"}, "usage"),
    "a box beside the picture": ({"face": (60.0, 5.0, 20.0, 20.0)}, "bad-face-box"),
    "a box without size": ({"face": (5.0, 5.0, 0.0, 20.0)}, "bad-face-box"),
    "a box of no numbers": ({"face": (float("nan"), 5.0, 20.0, 20.0)}, "bad-face-box"),
    "a box of three numbers": ({"face": (5.0, 5.0, 20.0)}, "bad-face-box"),
    "a box of words": ({"face": ("a", "b", "c", "d")}, "bad-face-box"),
    "landmarks that are none": ({"landmarks": [[1.0, 2.0]] * 67}, "bad-landmarks"),
    "landmarks far away": ({"landmarks": far_away()}, "bad-landmarks"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_request_is_refused_by_its_own_code(case):
    changes, code = REFUSED[case]
    with pytest.raises(StatueError) as caught:
        request(**changes)
    assert caught.value.code == code
    assert "{" not in caught.value.sentence + caught.value.remedy


def test_too_many_megapixels_are_refused_before_anything_is_computed():
    side = int((MAX_MEGAPIXELS * 1e6) ** 0.5) + 1
    huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (side, side, 3))
    mask = np.broadcast_to(np.zeros((1, 1), np.uint8), (side, side))
    with pytest.raises(StatueError) as caught:
        RestorationRequest(huge, mask)
    assert caught.value.code == "image-too-large"
    assert str(MAX_MEGAPIXELS) in caught.value.sentence


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_layout_of_samples_is_taken(channels, dtype):
    assert request(image=picture(channels=channels, dtype=dtype)).image.dtype == dtype


def test_what_is_at_the_limit_is_taken():
    soft = hole()
    soft[soft > 0] = 1
    for changes in (
        {"image": picture(32, 32), "mask": hole(32, 32)},
        {"mask": soft},
        {"variants": 16, "seed": 2**63 - 1, "steps": 1000},
        {"face": (-10.0, -10.0, 18.5, 18.5)},
        {"image": picture(dtype=np.float32) - 5, "white": 1},
    ):
        request(**changes)


def test_any_four_numbers_become_a_box():
    for numbers in ([1, 2, 30, 30], (1.0, 2.0, 30.0, 30.0), np.array([1, 2, 30, 30], np.float32)):
        assert request(face=numbers).face == FaceBox(1.0, 2.0, 30.0, 30.0)
        assert isinstance(request(face=numbers).face, FaceBox)


def test_given_landmarks_are_hidden_under_the_mask():
    points = np.random.default_rng(0).uniform(0, 40, (68, 2))
    given = request(landmarks=Landmarks.given(points)).landmarks
    cells = points.astype(int)
    inside = (cells[:, 0] < 50) & (cells[:, 1] < 40)
    np.testing.assert_array_equal(given.hidden[inside], hole()[cells[inside, 1], cells[inside, 0]] > 0)
    assert given.hidden.any() and not given.hidden.all()
    np.testing.assert_array_equal(given.points, points)
    assert given.placed.all()
    assert request(landmarks=points.tolist()).landmarks.to_json() == given.to_json()


def test_a_request_cannot_be_changed_on_its_way():
    with pytest.raises(FrozenInstanceError):
        request().seed = 1


def test_seeds_of_variants_are_what_they_were_in_every_version():
    """A record of last year must still give the same pictures."""
    places = [(0, 0), (0, 1), (2**63 - 1, 15), (2**32, 0)]
    assert [Hypothesis.of(seed, index).seed for seed, index in places] == [
        15793235383387715774,
        8649202198168436674,
        9952639353597750969,
        5836529245451711556,
    ]


def test_every_seed_and_variant_is_its_own():
    seeds = [0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1]
    assert len({Hypothesis.of(seed, index).seed for seed in seeds for index in range(16)}) == len(seeds) * 16


def test_the_record_of_a_request_says_everything_but_the_pixels():
    points = np.random.default_rng(0).uniform(0, 40, (68, 2))
    full = request(seed=7, variants=3, steps=20, landmarks=Landmarks.given(points), face=(1.0, 2.0, 30.0, 30.0))
    told = json.loads(json.dumps(full.to_json()))
    assert set(told) == set(RestorationRequest.__dataclass_fields__) - {"notes"}
    assert told["image"] == {"shape": [40, 50, 3], "dtype": "uint8", "sha256": pixel_hash(picture())}
    assert (told["seed"], told["variants"], told["steps"], told["face"]) == (7, 3, 20, [1, 2, 30, 30])
    np.testing.assert_allclose(told["landmarks"]["points"], points, atol=5e-4)


def test_pictures_are_taken_as_people_hold_them():
    """Flat, of doubles, of either byte order, of Pillow's: the same request as from samples of the usual kind."""
    grey, deep = picture(channels=1), picture(dtype=np.uint16)
    doubles = picture(dtype=np.float64) / 255
    for given, wanted in (
        (grey[..., 0], grey),
        (doubles, doubles.astype(np.float32)),
        (deep.astype(">u2"), deep),
        (Image.fromarray(picture()), picture()),
        (Image.fromarray(grey[..., 0]), grey),
    ):
        taken = request(image=given).image
        assert taken.dtype == wanted.dtype and taken.dtype.isnative and (taken == wanted).all()
    masked = request(mask=Image.fromarray(hole()))
    assert (masked.mask == hole()).all() and (request(mask=hole()[..., None]).mask == hole()).all()
    own = picture()
    assert request(image=own).image is own
    for wrong in ({"image": Path("a.png")}, {"mask": hole() / 255}):
        with pytest.raises(StatueError, match="wanted is an array") as caught:
            request(**wrong)
        assert "uint8" in str(caught.value)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64])
def test_a_mask_of_yes_and_no_is_one_of_black_and_white(dtype):
    """Numbers none of which is above 1 are said to have been taken so; any others are taken exactly."""
    plain = request(mask=(hole() > 0).astype(dtype))
    assert plain.mask.dtype == np.uint8 and (plain.mask == np.where(hole() > 0, 255, 0)).all()
    assert [note.code for note in plain.notes] == ([] if dtype is bool else ["mask-two-values"])
    faint = np.where(hole() > 0, 2, 0).astype(np.uint8)
    assert request(mask=faint).mask is faint and not request(mask=faint).notes


def test_the_hash_is_of_the_samples_not_of_their_place_in_memory():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    same = np.asfortranarray(image)
    assert pixel_hash(same) == pixel_hash(image) == pixel_hash(np.repeat(image, 2, axis=1)[:, ::2])
    image[0, 0, 0] ^= 1
    assert pixel_hash(image) != pixel_hash(same)


def test_a_variant_is_laid_over_a_copy():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    before = image.copy()
    white = Variant(np.full((10, 20, 3), 255, np.uint8), Hypothesis(0, 1))
    black = Variant(np.zeros((10, 20, 3), np.uint8), Hypothesis(1, 2))
    both = Restoration((white, black), Rectangle(5, 7, 20, 10), (), None, {"b": 1, "a": [2]})
    for index, level in ((0, 255), (1, 0)):
        out = both.applied_to(image, index)
        assert (out[7:17, 5:25] == level).all()
        out[7:17, 5:25] = before[7:17, 5:25]
        np.testing.assert_array_equal(out, before)
    np.testing.assert_array_equal(image, before)
    assert both.record_text() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'


@pytest.mark.parametrize("code", ["image-too-small", "image-too-large", "mask-size", "empty-mask", "full-mask"])
def test_one_place_checks_a_request(code):
    """Whoever needs a check earlier, as a reader of files does, calls the one that is there."""
    sources = sorted((Path(__file__).parents[1] / "statue_models").rglob("*.py"))
    made = [path.name for path in sources if re.search(rf'StatueError\(\s*"{code}"', path.read_text(encoding="utf-8"))]
    assert made in (["request.py"], ["arrays.py"])
