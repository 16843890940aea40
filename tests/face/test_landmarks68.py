"""The 68 points: their mirror image, their way through frames and JSON, and refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import (
    BROWS,
    COUNT,
    EYES,
    JAW,
    MIRROR,
    MOUTH,
    NOSE,
    Landmarks,
    interocular_distance,
)
from statue_models.face.strokes import STROKES


def test_mirroring_twice_changes_nothing_and_keeps_every_part_of_the_face():
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(COUNT))
    for part in (JAW, BROWS, NOSE, EYES, MOUTH):
        group = np.arange(COUNT)[part]
        assert set(MIRROR[group]) == set(group)
    assert MIRROR[8] == 8 and MIRROR[30] == 30 and MIRROR[36] == 45 and MIRROR[48] == 54


def test_strokes_draw_every_point_once_and_mirror_onto_strokes():
    assert len(STROKES) == 9
    assert sorted(index for _, indices, _ in STROKES for index in indices) == list(range(COUNT))
    groups = {frozenset(indices) for _, indices, _ in STROKES}
    assert {frozenset(MIRROR[list(group)].tolist()) for group in groups} == groups


def test_interocular_distance_is_between_the_outer_corners(points):
    points[36], points[45] = [10, 20], [40, 60]
    assert interocular_distance(points) == 50


def test_points_of_a_user_are_taken_as_certain(points):
    given = Landmarks.given(points.tolist())
    np.testing.assert_array_equal(given.points, points)
    assert given.points.dtype == np.float64
    assert (given.score, given.source) == (1.0, "given")
    assert not given.sigma.any() and not given.hidden.any()
    assert given.placed is not None and given.placed.all()
    assert Landmarks.given(points, [True] * 3 + [False] * 65).placed.sum() == 3


@pytest.mark.parametrize("placed", [[True] * 67, [1] * 68, ["yes"] * 68])
def test_which_were_placed_is_said_of_all_or_none(points, placed):
    with pytest.raises(StatueError) as caught:
        Landmarks.given(points, placed)
    assert caught.value.code == "bad-landmarks"


@pytest.mark.parametrize(
    "wrong",
    [
        [[0.0, 0.0]] * 67,
        [[0.0, 0.0, 0.0]] * 68,
        [[5.0, 5.0]] * 68,
        [[float("nan"), 1.0]] * 68,
        [["left", "right"]] * 68,
        [[1.0, 2.0]] * 67 + [[1.0]],
        [[10**400, 1]] * 68,
        None,
        [],
    ],
    ids=["67", "3-d", "one point", "nan", "words", "ragged", "huge", "nothing", "empty"],
)
def test_points_that_are_no_face_are_refused(wrong):
    with pytest.raises(StatueError) as caught:
        Landmarks.given(wrong)
    assert caught.value.code == "bad-landmarks"


def test_hidden_is_what_lies_under_the_mask(points):
    mask = np.zeros((60, 80), np.uint8)
    mask[20:30, 40:50] = 1  # the softest edge hides as well
    points[0], points[1], points[2], points[3] = [40.0, 20.0], [39.99, 20.0], [49.99, 29.99], [50.0, 29.0]
    points[4], points[5] = [-3, 25], [45, 600]  # beside the picture: not hidden, merely not seen
    points[6:] = 5.0, 5.0
    hidden = Landmarks(points, np.ones(COUNT), np.zeros(COUNT, bool), 0.5, "x").hidden_under(mask)
    assert hidden.hidden[:6].tolist() == [True, False, True, False, False, False]
    assert (hidden.score, hidden.source) == (0.5, "x")
    behind = Landmarks(points, np.ones(COUNT), np.ones(COUNT, bool), 0.5, "x").hidden_under(mask)
    assert behind.hidden.all(), "what is behind the head stays hidden"


@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_through_a_frame_and_back_everything_is_as_it_was(points, angle):
    """Points, spreads and ellipses alike; a mirror image of an ellipse would come back turned."""
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(COUNT, 2, 2))
    found = Landmarks(
        points, rng.uniform(0.5, 2, COUNT), score=0.5, source="x", covariance=roots @ roots.transpose(0, 2, 1), yaw=0.3
    )
    frame = FaceFrame((70.0, 80.0), 160.0, angle)
    seen = found.to_crop(frame, 64)
    np.testing.assert_allclose(seen.points, frame.to_crop(points, 64))
    np.testing.assert_allclose(seen.sigma, found.sigma * 64 / 160)
    np.testing.assert_allclose(np.linalg.det(seen.covariance), np.linalg.det(found.covariance) * (64 / 160) ** 4)
    back = seen.to_photograph(frame, 64)
    np.testing.assert_allclose(back.points, found.points)
    np.testing.assert_allclose(back.sigma, found.sigma)
    np.testing.assert_allclose(back.covariance, found.covariance)
    assert (back.score, back.source, back.yaw) == (0.5, "x", 0.3)


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_written_is_read_again(half_hidden, whole):
    rich = replace(
        half_hidden,
        covariance=np.tile(np.diag([1.0, 2.0]), (COUNT, 1, 1)),
        placed=np.arange(COUNT) < 3,
        yaw=-0.25,
    )
    landmarks = rich if whole else half_hidden
    read = Landmarks.from_json(json.loads(json.dumps(landmarks.to_json())))
    np.testing.assert_allclose(read.points, landmarks.points, atol=5e-4)
    np.testing.assert_array_equal(read.hidden, landmarks.hidden)
    assert (read.score, read.source, read.yaw) == (landmarks.score, landmarks.source, landmarks.yaw)
    for name in ("covariance", "placed"):
        one, other = getattr(read, name), getattr(landmarks, name)
        assert (one is None) == (other is None) == (not whole)
        if whole:
            np.testing.assert_allclose(one, other)


@pytest.mark.parametrize("spoil", ["points", "sigma", "hidden", "score", "source"])
def test_an_incomplete_description_is_refused(half_hidden, spoil):
    data = half_hidden.to_json()
    del data[spoil]
    with pytest.raises(StatueError) as caught:
        Landmarks.from_json(data)
    assert caught.value.code == "bad-landmarks"
    with pytest.raises(StatueError):
        Landmarks.from_json({**half_hidden.to_json(), "sigma": [1.0] * 67})
