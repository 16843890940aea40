"""The bundled example, wholly restored: without a step, and of nothing that the mask covers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from bundled_example import SCALE, example

from statue_models.face.landmarks68 import Landmarks
from statue_models.pixels.samples import luma
from statue_models.request import RestorationRequest

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
    off = np.abs(restorer.restore(replace(asked, image=image)).applied_to(image) / top * 255 - restored)
    assert off[asked.mask > 0].max() < 0.51, "they differ by the rounding of the result alone"


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
