"""The 68 points: their mirror image, files that come back as they were written, and refusals."""

import json
from dataclasses import replace
from xml.etree import ElementTree

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
    STROKES,
    Landmarks,
    format_pts,
    format_svg,
    interocular_distance,
    read_landmarks,
)


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(10, 90, (COUNT, 2))


@pytest.fixture
def half_hidden(points):
    return Landmarks(points, np.linspace(0.5, 2, COUNT), np.arange(COUNT) % 2 == 0, 0.875, "facemesh")


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


def test_json_comes_back_as_it_was_written(half_hidden, tmp_path):
    text = json.dumps(half_hidden.to_json())
    (tmp_path / "plain.json").write_text(text)
    (tmp_path / "wrapped.JSON").write_text(json.dumps({"schema": 1, "landmarks": json.loads(text)}))
    for name in ("plain.json", "wrapped.JSON"):
        np.testing.assert_allclose(read_landmarks(tmp_path / name).points, half_hidden.points, atol=5e-4)
    told = json.loads(text)
    assert told["hidden"] == half_hidden.hidden.tolist()
    assert (told["score"], told["source"]) == (0.875, "facemesh")


def test_pts_counts_pixels_from_one_and_comes_back(half_hidden, tmp_path):
    path = tmp_path / "face.pts"
    path.write_text(format_pts(half_hidden))
    np.testing.assert_allclose(read_landmarks(path).points, half_hidden.points, atol=5e-4)
    lines = path.read_text().splitlines()
    assert lines[:3] == ["version: 1", "n_points: 68", "{"]
    assert [float(value) for value in lines[3].split()] == pytest.approx(half_hidden.points[0] + 0.5, abs=5e-4)


def test_pts_of_other_programs_are_read(points, tmp_path):
    """Windows line ends, tabs, blank lines."""
    rows = "\r\n\r\n".join(f"  {x:.6f}\t{y:.6f} " for x, y in points)
    path = tmp_path / "FACE.PTS"
    path.write_bytes(f"version: 1\r\nn_points:  68\r\n{{\r\n{rows}\r\n}}\r\n".encode())
    np.testing.assert_allclose(read_landmarks(path).points, points - 0.5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", ""),
        ("a.json", "{"),
        ("a.json", "[1, 2]"),
        ("a.json", '{"points": null}'),
        ("a.json", '{"landmarks": null}'),
        ("a.json", '{"landmarks": {"points": [[1, 2]]}}'),
        ("a.pts", "version: 1"),
        ("a.pts", "{\n1 2\n3\n}"),
        ("a.pts", "{\none two\n}"),
        ("a.pts", "}{"),
        ("a.png", "not JSON either"),
    ],
)
def test_files_that_are_no_landmarks_are_refused(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(StatueError) as caught:
        read_landmarks(tmp_path / name)
    assert caught.value.code == "bad-landmarks"


def test_files_that_cannot_be_read_say_so(tmp_path):
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    for path, code in (("none.json", "missing-file"), ("binary.json", "unreadable-file"), ("", "unreadable-file")):
        with pytest.raises(StatueError) as caught:
            read_landmarks(tmp_path / path)
        assert caught.value.code == code


def test_the_drawing_shows_nine_strokes_and_hidden_points_as_open_circles(half_hidden):
    root = ElementTree.fromstring(format_svg(half_hidden, 120, 100))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("viewBox") == "0 0 120 100"
    paths, circles = root.findall(f"{space}path"), root.findall(f"{space}circle")
    assert [path.get("id") for path in paths] == [name.replace(" ", "-") for name, _, _ in STROKES]
    assert [path.attrib["d"].endswith("Z") for path in paths] == [closed for _, _, closed in STROKES]
    assert [circle.get("fill") == "none" for circle in circles] == half_hidden.hidden.tolist()
    assert float(circles[5].attrib["cx"]) == pytest.approx(half_hidden.points[5, 0], abs=0.01)


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
