"""Points that are no face's are refused with what is most likely wrong."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import MIRROR, Landmarks
from statue_models.head.morphable_head import load_head
from statue_models.landmarks.plausible import check_given


def face(yaw=0.0, roll=0.0):
    """(68, 2) the mean head's landmarks, turned to its side and in the picture, degrees."""
    head = load_head()
    points = head.vertices[head.landmarks].astype(float) - head.vertices.mean(0)
    a, b = np.radians([yaw, roll])
    x, y = points[:, 0] * np.cos(a) + points[:, 2] * np.sin(a), -points[:, 1]
    return np.stack([x * np.cos(b) - y * np.sin(b), x * np.sin(b) + y * np.cos(b)], 1) * 20 + 400


@pytest.mark.parametrize("yaw", [-70, -30, 0, 45, 80])
@pytest.mark.parametrize("roll", [0, 90, 180, 270])
def test_faces_are_taken_however_they_are_turned(yaw, roll):
    check_given(Landmarks.given(face(yaw, roll)))
    rng = np.random.default_rng(yaw + 100)
    eyes = np.linalg.norm(face()[36] - face()[45])
    check_given(Landmarks.given(face(yaw, roll) + rng.normal(0, 0.03 * eyes, (68, 2))))


@pytest.mark.parametrize("yaw", [-40, 0, 40])
def test_what_is_wrong_is_said(yaw):
    points = face(yaw)
    moved = points.copy()
    moved[30] += (300, 10)
    for wrong, words in ((points[MIRROR], "left and right"), (points[:, ::-1], "x and y"), (moved, "point 31 at")):
        with pytest.raises(StatueError, match=words) as caught:
            check_given(Landmarks.given(wrong))
        assert caught.value.code == "bad-landmarks"
