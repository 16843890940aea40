"""Heads turned far to the side: found as long as their points mean something, refused in full profile."""

import math

import cv2
import numpy as np
import pytest
from synthetic_statue import make_statue

from statue_models.errors import StatueError
from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import unturned_eye_distance
from statue_models.landmarks.landmarknet.predictor import NetworkLandmarks
from statue_models.landmarks.predictor import ASIDE_YAW
from statue_models.landmarks.registry import predictor
from statue_models.landmarks.search import find_face

#: cm from the camera: the head stands free in its picture.
AWAY = 130.0


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("torch")
    return predictor("landmarknet")


def picture_of(head, yaw):
    """A statue (S, S, 3) uint8 before a plain ground, and where its landmarks are."""
    statue = make_statue(head, yaw=yaw, seed=5, size=480, distance=AWAY)
    return np.round(statue.rgb * 255).astype(np.uint8), statue.landmarks


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("yaw", [-75.0, -62.0, 62.0, 75.0])
def test_a_head_turned_to_the_side_is_found_with_and_without_its_nose(network, head, yaw, broken):
    rgb, truth = picture_of(head, yaw)
    mask = np.zeros(rgb.shape[:2], np.uint8)
    if broken:
        x, y = truth[30].astype(int)
        cv2.circle(mask, (int(x), int(y)), round(0.25 * unturned_eye_distance(truth)), 255, -1)
    found, frame = find_face(rgb, mask, network)
    error = np.linalg.norm(found.points - truth, axis=1).mean() / unturned_eye_distance(truth)
    assert error < 0.1 and frame.holds(truth.mean(axis=0)[None]).all()
    assert math.degrees(found.yaw) == pytest.approx(yaw, abs=20)


@pytest.mark.parametrize("yaw", [-100.0, 100.0])
def test_a_head_seen_from_the_side_is_nobody(network, head, yaw):
    rgb, _ = picture_of(head, yaw)
    with pytest.raises(StatueError) as caught:
        find_face(rgb, np.zeros(rgb.shape[:2], np.uint8), network)
    assert caught.value.code in ("profile-face", "no-face")


def test_the_network_seconds_itself_where_facemesh_knows_no_heads(network, head):
    """FaceMesh's word counts for what it can see; beyond that the network must say the same in frames that stray."""

    class Blind:
        @staticmethod
        def refine(rgb, mask, frame):
            return network._facemesh.refine(rgb * 0, mask, frame)

    rgb, truth = picture_of(head, 75.0)
    doubtful = NetworkLandmarks(network._network, Blind())
    asked = rgb, np.zeros(rgb.shape[:2], np.uint8), frame_of_landmarks(truth, level=0.0)
    assert doubtful.second_opinion(*asked, 0.9 * ASIDE_YAW) < 0.05
    assert doubtful.second_opinion(*asked, -1.1 * ASIDE_YAW) > 0.2
