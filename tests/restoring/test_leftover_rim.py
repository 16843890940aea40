"""A mask that is smaller all round than the damage: the fill is the stone's, or the user is told of the rim."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from bundled_example import example

from statue_models.face.landmarks68 import Landmarks
from statue_models.request import RestorationRequest

#: Grey levels that a fill may be off by where nothing is said.
NEAR = 10


@pytest.fixture(scope="module", params=[3, 2], ids=["third", "half"])
def fractured(request, restorer):
    """The example at a third and at half of its size, its damage a dark fracture; the request and the fill's grey."""
    image, mask = example("damaged.jpg", request.param), example("mask.png", request.param)
    found = restorer.find_landmarks(image, mask)[0]
    rough = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, mask.shape), (0, 0), 2)
    image[mask > 0] = np.clip(40 + 60 * rough, 0, 255)[mask > 0][:, None]
    whole = RestorationRequest(image, mask, landmarks=Landmarks.given(found.points))
    core = cv2.erode(mask, np.ones((25, 25), np.uint8)) > 0
    assert core.sum() > 100
    return whole, core, restorer.restore(whole).applied_to(image)[core].mean()


@pytest.mark.parametrize(
    ("width", "depth", "soft"), [(1, 8, 0), (1, 16, 1.5), (2, 16, 0), (2, 8, 1.5), (4, 8, 0), (4, 16, 1.5), (8, 8, 0)]
)
def test_the_fill_is_the_stones_or_the_rim_is_told_of(restorer, fractured, width, depth, soft):
    whole, core, wanted = fractured
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1,) * 2)
    mask = cv2.erode(whole.mask, disc)
    if soft:
        mask = cv2.GaussianBlur(mask, (0, 0), soft)
    image = whole.image if depth == 8 else whole.image.astype(np.uint16) * 257
    result = restorer.restore(replace(whole, image=image, mask=mask))
    grey = result.applied_to(image)[core].mean() / (1 if depth == 8 else 257)
    told = [note for note in result.notes if note.code == "rim-differs"]
    assert told or abs(grey - wanted) < NEAR, (grey, wanted)
    assert not told or told[0].facts["grow"] > told[0].facts["width"]


def test_nothing_is_said_of_a_mask_that_holds_all_damage(restorer, fractured):
    whole, _, _ = fractured
    assert not [note for note in restorer.restore(whole).notes if note.code == "rim-differs"]


def test_a_rim_that_is_surely_one_leaves_no_trace_in_the_middle(restorer, fractured):
    whole, core, wanted = fractured
    mask = cv2.erode(whole.mask, np.ones((5, 5), np.uint8))
    result = restorer.restore(replace(whole, mask=mask))
    assert abs(result.applied_to(whole.image)[core].mean() - wanted) < NEAR
