"""Files of landmarks: what is written is read again, other programs' forms are understood, the rest is refused."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.landmark_file import format_pts, format_svg, read_landmarks
from statue_models.face.strokes import STROKES


def test_json_comes_back_as_it_was_written(half_hidden, tmp_path):
    text = json.dumps(half_hidden.to_json())
    (tmp_path / "plain.json").write_text(text)
    (tmp_path / "wrapped.JSON").write_text(json.dumps({"schema": 1, "landmarks": json.loads(text)}))
    for name in ("plain.json", "wrapped.JSON"):
        np.testing.assert_allclose(read_landmarks(tmp_path / name)[0].points, half_hidden.points, atol=5e-4)
    told = json.loads(text)
    assert told["hidden"] == half_hidden.hidden.tolist()
    assert (told["score"], told["source"]) == (0.875, "facemesh")


def test_pts_counts_pixels_from_one_and_comes_back(half_hidden, tmp_path):
    path = tmp_path / "face.pts"
    path.write_text(format_pts(half_hidden))
    np.testing.assert_allclose(read_landmarks(path)[0].points, half_hidden.points, atol=5e-4)
    lines = path.read_text().splitlines()
    assert lines[:3] == ["version: 1", "n_points: 68", "{"]
    assert [float(value) for value in lines[3].split()] == pytest.approx(half_hidden.points[0] + 0.5, abs=5e-4)


def test_pts_of_other_programs_are_read(points, tmp_path):
    """Windows line ends, tabs, blank lines."""
    rows = "\r\n\r\n".join(f"  {x:.6f}\t{y:.6f} " for x, y in points)
    path = tmp_path / "FACE.PTS"
    path.write_bytes(f"version: 1\r\nn_points:  68\r\n{{\r\n{rows}\r\n}}\r\n".encode())
    np.testing.assert_allclose(read_landmarks(path)[0].points, points - 0.5, atol=1e-5)


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
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for path, code in (
        ("none.json", "missing-file"),
        ("binary.json", "bad-landmarks"),
        ("deep.json", "bad-landmarks"),
        ("x" * 264, "unreadable-file"),
        ("", "unreadable-file"),
    ):
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


def forms(points):
    """File name -> the same points as people write them down."""
    pairs = points.tolist()
    return {
        "list.json": json.dumps(pairs),
        "flat.json": json.dumps(points.ravel().tolist()),
        "objects.json": json.dumps([{"x": x, "y": y} for x, y in pairs]),
        "points.json": json.dumps({"points": pairs}),
        "marked.json": "\ufeff" + json.dumps({"landmarks": pairs}),
        "table.csv": "index,x,y\n" + "".join(f"{i},{x!r},{y!r}\n" for i, (x, y) in enumerate(pairs)),
        "tabs.tsv": "".join(f"{x!r}\t{y!r}\r\n" for x, y in pairs),
        "words.txt": "".join(f"point {i}: {x!r} {y!r}\n" for i, (x, y) in enumerate(pairs)),
    }


def test_the_forms_that_other_programs_write_are_read(points, tmp_path):
    for name, text in forms(points).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        read, notes = read_landmarks(tmp_path / name, (100, 100))
        np.testing.assert_allclose(read.points, points, err_msg=name)
        assert not notes and read.placed.all()


def test_points_of_the_picture_at_another_size_are_scaled(points, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"image": {"width": 101, "height": 50}, "landmarks": {"points": points.tolist()}}))
    read, notes = read_landmarks(path, (202, 100))
    np.testing.assert_allclose(read.points, 2 * points)
    assert [(note.code, note.facts) for note in notes] == [("landmarks-scaled", {"width": 101, "height": 50})]
    assert read_landmarks(path, (101, 50))[1] == () == read_landmarks(path)[1]
    with pytest.raises(StatueError, match="101 x 50"):
        read_landmarks(path, (100, 100))


def test_shares_of_the_picture_become_pixels(points, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps((points / 100).tolist()))
    read, notes = read_landmarks(path, (300, 200))
    np.testing.assert_allclose(read.points, points / 100 * (300, 200))
    assert [note.code for note in notes] == ["landmarks-shares"]
