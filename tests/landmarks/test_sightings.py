"""What is believed to be a face, and what a head that is not believed is called."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.sightings import AGREED, LARGEST_YAW, NAMED, Sighting


@dataclass
class Seer:
    name: str = "somebody"
    lowest_score: float = 0.03
    sure_score: float = 0.9


def sighting(score, yaw=0.0, apart=0.0, seconded=0.0):
    face = Landmarks(points=np.zeros((68, 2)), score=score, yaw=math.radians(yaw))
    return Sighting(face, Seer(), apart=apart, seconded=seconded)


@pytest.mark.parametrize(
    ("score", "yaw", "seconded", "settled"),
    [
        (0.89, 0, 0.0, True),  # trusted
        (0.72, 10, 0.0, True),  # sure enough by itself
        (0.68, 23, 0.0, False),
        (0.42, 16, 0.21, True),  # a half face, seconded
        (0.42, 16, 0.19, False),
        (0.5, 71, 0.46, True),  # turned, and both are sure
        (0.69, 71, 0.23, True),
        (0.52, -83, 0.24, False),  # a head seen a little from behind
        (0.38, -66, 0.22, False),  # a curl that looks like a turned head
        (0.02, 0, 0.9, False),
    ],
)
def test_a_doubtful_face_needs_a_second_one_who_sees_it(score, yaw, seconded, settled):
    assert sighting(score, yaw, seconded=seconded).settled == settled
    if settled and score < 0.88:
        assert not sighting(score, yaw, apart=AGREED, seconded=seconded).settled


def test_a_head_is_called_a_profile_only_if_something_like_one_is_seen():
    assert sighting(NAMED, 70).in_profile and sighting(NAMED, -70).in_profile
    assert not sighting(0.9 * NAMED, 70).in_profile and not sighting(NAMED, 20).in_profile
    assert not sighting(0.9, 70).in_profile, "it can be restored"
    assert sighting(0.9, math.degrees(LARGEST_YAW) + 1).in_profile
