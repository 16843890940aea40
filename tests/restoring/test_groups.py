"""Several holes in one photograph: each group has its face and its frame, and comes out as it would alone."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from bundled_example import example

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.request import RestorationRequest

SCALE = 3
#: Of the photograph with two statues.
WIDTH, HEIGHT = 1100, 700


@pytest.fixture(scope="module")
def hall():
    """(H, W, 3) a hall with two statues, the second smaller; and the masks of their holes."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    grain = np.random.default_rng(0).normal(0, 6, image.shape)
    image = np.clip(image + cv2.GaussianBlur(grain, (0, 0), 1.5), 0, 255).astype(np.uint8)
    masks = []
    for scale, x, y in ((SCALE, 60, 120), (SCALE + 1, 700, 160)):
        bust, hole = example("damaged.jpg", scale), example("mask.png", scale)
        height, width = hole.shape
        image[y : y + height, x : x + width] = bust
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[y : y + height, x : x + width] = hole
        masks.append(mask)
    return image, masks


def ask(image, mask, **more):
    return RestorationRequest(image, mask, model="statuefit", **more)


@pytest.fixture(scope="module")
def alone(restorer, hall):
    """Each statue restored alone."""
    image, masks = hall
    return [restorer.restore(ask(image, mask)) for mask in masks]


def test_two_statues_are_each_restored_as_if_alone(restorer, hall, alone):
    image, (first, second) = hall
    both = restorer.restore(ask(image, first | second))
    assert [group.landmarks is not None for group in both.groups] == [True, True] and not both.notes
    assert [group["rectangle"] for group in both.record["groups"]] == [list(group.rectangle) for group in both.groups]
    for mask, group, one in zip((first, second), both.groups, alone, strict=True):
        np.testing.assert_array_equal(group.landmarks.points, one.landmarks.points)
        hole, own = mask > 0, one.rectangle.relative_to(both.rectangle.corner)
        np.testing.assert_array_equal(both.applied_to(image)[hole], one.applied_to(image)[hole])
        np.testing.assert_array_equal(both.uncertainty[own.slices], one.uncertainty)


def test_a_nose_is_the_same_with_nine_other_holes_elsewhere(restorer, hall, alone):
    """On the wall, in a corner, specks in a heap: none of them in sight of the face."""
    image, (nose, _) = hall
    others = np.zeros_like(nose)
    for x, y, radius in ((620, 60, 20), (680, 640, 14), (1050, 50, 30), (1040, 640, 25), (560, 600, 2)):
        cv2.circle(others, (x, y), radius, 255, -1)
    for x, y in ((1000, 60), (900, 660), (910, 664), (640, 300)):
        cv2.circle(others, (x, y), 3, 255, -1)
    among = restorer.restore(ask(image, nose | others))
    np.testing.assert_array_equal(among.applied_to(image)[nose > 0], alone[0].applied_to(image)[nose > 0])
    np.testing.assert_array_equal(among.landmarks.points, alone[0].landmarks.points)
    assert among.record["frame"] == alone[0].record["frame"]
    assert {note.code for note in among.notes} == {"hole-off-face"}
    assert sum(group.pixels for group in among.groups) == np.count_nonzero(nose | others)
    wall = others > 0
    assert np.abs(among.applied_to(image)[wall].astype(int) - 90).mean() < 12

    unsure = np.zeros(nose.shape, np.uint8)
    unsure[among.rectangle.slices] = among.uncertainty
    wide = cv2.erode(others, np.ones((15, 15))) > 0
    assert (unsure[wide] == 255).all(), "what was there nobody knows"
    assert (unsure[(nose | others) == 0] == 0).all()


def test_holes_of_one_face_are_filled_by_one(restorer, request_):
    """A cheek beside the nose: one group, in the frame of the one face; a speck of dust on it, too."""
    points = request_.landmarks.points
    cheek = np.zeros_like(request_.mask)
    x, y = (points[31] + points[3]) / 2
    cv2.circle(cheek, (int(x), int(y)), 6, 255, -1)
    cv2.circle(cheek, tuple(points[8].astype(int) - (0, 8)), 1, 255, -1)
    found = restorer.restore(replace(request_, mask=request_.mask | cheek, landmarks=None, variants=1))
    (group,) = found.groups
    assert group.pixels == np.count_nonzero(request_.mask | cheek) and not found.notes
    assert np.linalg.norm(group.landmarks.points - points, axis=1).max() < 0.1 * group.landmarks.interocular


def test_landmarks_that_are_given_are_those_of_the_holes_in_their_reach(restorer, hall, alone):
    """The other statue's are looked for."""
    image, (first, second) = hall
    moved = Landmarks.given(alone[0].landmarks.points + np.array([2.0, 0.0]))
    both = restorer.restore(ask(image, first | second, landmarks=moved, quality="preview"))
    np.testing.assert_array_equal(both.groups[0].landmarks.points, moved.points)
    np.testing.assert_array_equal(both.groups[1].landmarks.points, alone[1].landmarks.points)
    assert not both.notes


def test_a_hole_beside_every_face_can_be_refused(restorer, hall):
    image, (first, _) = hall
    beside = np.zeros_like(first)
    beside[40:90, 560:640] = 255
    with pytest.raises(StatueError) as caught:
        restorer.restore(ask(image, beside, require_face=True))
    assert caught.value.exit_status == 4 and "--require-face" in caught.value.remedy
    cracks = np.zeros_like(first)
    cracks[60:63, 560:640] = 255
    assert not restorer.restore(ask(image, cracks, require_face=True)).notes, "a crack needs no face"


def test_what_is_missing_in_another_group_is_no_stone(restorer, hall, alone):
    """Red paint that marks two holes a frame apart tints neither."""
    image, (first, _) = hall
    x, y = alone[0].landmarks.points[8].astype(int)
    neck = np.zeros_like(first)
    cv2.ellipse(neck, (int(x), int(y) + 60), (50, 34), 0, 0, 360, 255, -1)
    painted = image.copy()
    painted[(first | neck) > 0] = (255, 0, 0)
    plain, marked = (restorer.restore(ask(each, first | neck)).applied_to(each) for each in (image, painted))
    hole = first > 0
    red = marked[hole].astype(int) - plain[hole]
    assert np.abs(red).mean() < 6, "the face is found again, a little elsewhere"
