"""The face-frame suite: what counts as a right frame, and that composed pictures are what they say they are."""

import math

import cv2
import numpy as np
import pytest

from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import interocular_distance
from training.evaluation.frames.calibration import calibration
from training.evaluation.frames.outcomes import Outcome, frame_error
from training.suites.composed.cases import composed_cases, composed_digest
from training.suites.composed.heads import Head, Heads, read_heads, write_heads
from training.suites.composed.scenes import Scenes


def face(roll=0.0):
    """68 points of a face some 100 pixels wide, in the right order where it matters: eyes level, jaw below."""
    rng = np.random.default_rng(0)
    points = rng.uniform((-30, -20), (30, 30), (68, 2))
    points[:17] = np.column_stack([np.linspace(-50, 50, 17), 60 * np.sin(np.linspace(0, np.pi, 17))])
    points[17:27] = np.column_stack([np.linspace(-35, 35, 10), np.full(10, -30.0)])
    points[36:42] = np.column_stack([np.linspace(-32, -14, 6), np.full(6, -12.0)])
    points[42:48] = np.column_stack([np.linspace(14, 32, 6), np.full(6, -12.0)])
    points[45] = (32, -12)
    turn = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    return points @ turn + (200, 150)


def test_the_frame_error_is_the_displacement_over_the_eye_distance():
    truth = face()
    right = frame_of_landmarks(truth)
    unit = interocular_distance(truth)
    assert frame_error(right, truth) == pytest.approx(0, abs=1e-12)
    shifted = FaceFrame((right.centre[0] + 0.1 * unit, right.centre[1]), right.side)
    assert frame_error(shifted, truth) == pytest.approx(0.1)
    # A frame that is too large is wrong by the mean distance of the points from its centre.
    wide = FaceFrame(right.centre, right.side * 1.1)
    away = np.linalg.norm(truth - right.centre, axis=1).mean() / unit
    assert frame_error(wide, truth) == pytest.approx(away * (1 - 1 / 1.1))
    assert frame_error(frame_of_landmarks(truth * 3 + 7), truth * 3 + 7) == pytest.approx(0, abs=1e-9)


def test_near_the_angle_from_which_frames_turn_both_ways_are_right():
    for degrees in (13, 17):
        truth = face(math.radians(degrees))
        for level in (0.0, math.pi):
            assert frame_error(frame_of_landmarks(truth, level=level), truth) == pytest.approx(0, abs=1e-9)
    truth = face(math.radians(25))
    assert frame_error(frame_of_landmarks(truth, level=math.pi), truth) > 0.2


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    """A folder of packed data, as small as it can be."""
    folder = tmp_path_factory.mktemp("assets")
    rng = np.random.default_rng(1)
    for name in ("environments", "stone_textures", "photos"):
        (folder / name).mkdir()
    np.savez(folder / "environments" / "hdri_256x128.npz", env=rng.uniform(0, 1, (2, 128, 256, 3)).astype(np.float16))
    stone = rng.integers(90, 160, (200, 240, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / "stone_textures" / "rock_albedo.jpg"), stone)
    cv2.imwrite(str(folder / "stone_textures" / "rock_normal.jpg"), stone)
    cv2.imwrite(str(folder / "photos" / "bust.png"), np.full((300, 200, 3), 77, np.uint8))
    (folder / "photos" / "SOURCES.tsv").write_text("file\tface_bbox_xywh\nbust.png\t60,80,80,110\n")
    return folder


@pytest.fixture(scope="module")
def heads():
    """Two red discs that stand for heads, and a green one in profile."""

    def head(colour, yaw):
        y, x = np.mgrid[:128, :128]
        alpha = np.where((x - 64) ** 2 + (y - 64) ** 2 < 55**2, 255, 0).astype(np.uint8)
        rgb = np.broadcast_to(np.array(colour, np.uint8), (128, 128, 3)).copy()
        return Head(rgb, alpha, (face() - (200, 165)) * 0.7 + 64, yaw)

    rng = np.random.default_rng(2)
    scene = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
    return Heads([head((250, 10, 10), 0.0), head((240, 20, 20), 40.0)], [head((10, 250, 10), 85.0)], [scene])


def test_composed_pictures_show_a_damaged_head_where_they_say(assets, heads):
    cases = list(composed_cases(heads, Scenes(assets, heads.scenes), 16, 3))
    assert [case.profile for case in cases] == [False] * 16 + [True] * 3
    assert {case.scene for case in cases} == {"panorama", "stone", "photograph", "rendered", "plain"}
    assert {case.damage for case in cases} == {"nose", "mouth", "eye", "chin", "half", "cracks", "boxes"}
    for case in cases:
        height, width = case.hole.shape
        assert case.rgb.shape == (height, width, 3)
        assert np.ptp(case.points, axis=0).max() == pytest.approx(case.size, rel=1e-6)
        assert 60 <= case.size <= 2000
        assert (case.rgb[case.hole] == 128).all()
        # The hole lies on the head, and the head's colour is where its points are.
        reach = np.abs(np.argwhere(case.hole)[:, ::-1] - case.points.mean(axis=0)).max(axis=1)
        assert np.median(reach) < case.size
        cells = np.floor(case.points).astype(int)
        seen = (cells >= 0).all(axis=1) & (cells < (width, height)).all(axis=1)
        x, y = cells[seen].T
        there = ~case.hole[y, x]
        channel = 1 if case.profile else 0
        assert (case.rgb[y[there], x[there], channel] > 200).mean() > 0.8
        assert abs(case.roll) < 31


def test_the_same_number_gives_the_same_case(assets, heads):
    scenes = Scenes(assets, heads.scenes)
    first, second = (composed_digest(composed_cases(heads, scenes, 4, 1)) for _ in range(2))
    assert first == second


def test_rendered_heads_come_back_from_their_file(tmp_path, heads):
    path = tmp_path / "heads.npz"
    write_heads(path, heads)
    stored = read_heads(path)
    assert stored is not None
    for before, after in zip(heads.faces + heads.profiles, stored.faces + stored.profiles, strict=True):
        np.testing.assert_array_equal(before.rgb, after.rgb)
        np.testing.assert_array_equal(before.alpha, after.alpha)
        np.testing.assert_array_equal(before.points, after.points)
        assert before.yaw == after.yaw
    np.testing.assert_array_equal(heads.scenes[0], stored.scenes[0])


def test_a_calibration_rises_and_says_how_often_frames_were_right():
    rng = np.random.default_rng(3)
    score = rng.uniform(0, 1, 4000)
    right = rng.uniform(0, 1, 4000) < score**2
    outcomes = [
        Outcome({}, 0.05 if hit else 0.5, 0.0, 0.0, 0.0, value, "", "", 0.0)
        for value, hit in zip(score, right, strict=True)
    ]
    scores, shares = calibration(outcomes)
    assert list(scores) == sorted(scores)
    assert list(shares) == sorted(shares)
    np.testing.assert_allclose(np.interp([0.3, 0.6, 0.9], scores, shares), [0.09, 0.36, 0.81], atol=0.08)
