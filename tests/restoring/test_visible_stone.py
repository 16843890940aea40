"""Which pixels speak for the stone: the face's, near the hole, not its features, hair or neck."""

import numpy as np
import pytest
from bundled_example import SCALE, example

from statue_models.face.landmarks68 import face_outline, interocular_distance
from statue_models.restoring.visible_stone import NOSE_BASE, find_visible_stone


@pytest.fixture(scope="module")
def face(landmarks):
    """Visible pixels and (68, 2) landmarks of the reduced example."""
    return example("mask.png", SCALE) == 0, landmarks.points


def shown(face, near=None):
    known, points = face
    unit = interocular_distance(points)
    return find_visible_stone(np.ones(known.shape, bool), known, points, near or 5 * unit, unit)


def test_it_lies_on_the_visible_face(face):
    known, points = face
    stone = shown(face)
    assert stone.carved.sum() > 1000
    assert not (stone.carved & ~(known & face_outline(points, known.shape))).any()
    assert not (stone.plain & ~stone.carved).any() and not (stone.calm & ~stone.plain).any()


def test_features_are_carved_and_not_plain(face):
    stone = shown(face)
    for corner in (36, 45, 48, 54):
        x, y = face[1][corner].astype(int)
        assert stone.carved[y, x] and not stone.plain[y, x]


def test_calm_stone_lies_above_the_nose_base(face):
    stone, base = shown(face), face[1][NOSE_BASE, 1]
    rows = np.nonzero(stone.calm)[0]
    unit = interocular_distance(face[1])
    assert rows.max() < base + 0.2 * unit, "the head is hardly tilted"
    assert np.nonzero(stone.plain)[0].max() > base + 0.2 * unit


def test_stone_far_from_the_hole_has_no_say(face):
    assert 0 < shown(face, near=8).plain.sum() < 0.5 * shown(face).plain.sum()
