"""The native suite's cases: which photographs, where their holes are, and that both stay what they were."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from training.suites.cases import case_digest
from training.suites.native import faces
from training.suites.native.cases import cases_of, digest, photographs
from training.suites.native.damage import KINDS, SHARES, damage, in_one_piece
from training.suites.native.faces import Face, face_finder, known_faces

SHAPE = (420, 360)
#: Area, then the box (x, y, width, height) of the holes that ``hole_of`` draws.
FROZEN = {
    "nose": (871, 174, 183, 28, 42),
    "mouth": (1306, 168, 249, 81, 35),
    "eye": (870, 127, 156, 47, 27),
    "chin": (7527, 95, 283, 175, 81),
    "half": (21685, 59, 52, 119, 312),
    "cracks": (1922, 152, 46, 92, 306),
}
FACE = Face(
    np.array([90, 80, 180, 240], np.float32),
    np.array([[140, 170], [220, 172], [182, 220], [146, 262], [214, 264]], np.float64),
)


def photograph(seed=0, shape=SHAPE):
    noise = np.random.default_rng(seed).uniform(0, 255, (*shape, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 3) * 3 - 255, 0, 255).astype(np.uint8)


def hole_of(kind, seed=3):
    return damage(kind, SHAPE, FACE, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_covers_the_share_of_the_face_that_its_kind_has(kind):
    low, high = SHARES[kind]
    for seed in range(4):
        hole = hole_of(kind, seed)
        assert hole.shape == SHAPE and hole.dtype == bool
        # Islands that are filled and specks that are left change the area by a little.
        assert 0.9 * low < hole.sum() / (180 * 240) < 1.1 * high


@pytest.mark.parametrize(
    ("kind", "places"), [("nose", [2]), ("mouth", [3, 4]), ("eye", [0, 1]), ("chin", []), ("half", [])]
)
def test_a_hole_lies_where_its_kind_says(kind, places):
    for seed in range(4):
        rows, columns = np.nonzero(hole_of(kind, seed))
        middle = np.array([columns.mean(), rows.mean()])
        if kind == "chin":
            assert middle[1] > FACE.points[3:, 1].mean()
        elif kind == "half":
            assert abs(middle[0] - FACE.points[2, 0]) > 20
        else:
            targets = [FACE.points[places].mean(0)] if kind == "mouth" else FACE.points[places]
            assert min(np.linalg.norm(middle - target) for target in targets) < 25


@pytest.mark.parametrize("kind", KINDS)
def test_what_broke_away_is_one_piece_and_cracks_are_many(kind):
    count, _, statistics, _ = cv2.connectedComponentsWithStats(hole_of(kind).astype(np.uint8), connectivity=4)
    areas = statistics[1:, cv2.CC_STAT_AREA]
    if kind == "cracks":
        assert areas.max() < 0.15 * 180 * 240
    else:
        assert areas.min() >= 0.009 * areas.sum() and count <= 4


def test_islands_and_specks_go():
    hole = np.zeros((40, 40), bool)
    hole[5:35, 5:35] = True
    hole[10, 10] = False
    hole[0, 39] = True
    cleaned = in_one_piece(hole, 900)
    assert cleaned[10, 10] and not cleaned[0, 39] and cleaned.sum() == 900


def test_the_drawing_of_holes_is_the_one_that_was_frozen():
    """Area and box of every kind; a pixel of the rim may differ between processors, a draw that is moved shows."""
    found = {}
    for kind in KINDS:
        hole = hole_of(kind)
        found[kind] = (int(hole.sum()), *cv2.boundingRect(hole.astype(np.uint8)))
    for kind in KINDS:
        assert found[kind] == pytest.approx(FROZEN[kind], abs=3), (kind, found[kind])


@pytest.fixture
def folder(tmp_path):
    """Photographs in every format, and what is none."""
    for number, ending in enumerate(("webp", "jpg", "png", "tiff")):
        cv2.imwrite(str(tmp_path / f"{'dbca'[number]}.{ending}"), photograph(number))
    (tmp_path / "SOURCES.tsv").write_text("file\n")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "below").mkdir()
    return tmp_path


def test_photographs_of_every_format_are_taken_in_the_order_of_their_names(folder):
    paths = photographs(folder)
    assert [path.name for path in paths] == ["a.tiff", "b.jpg", "c.png", "d.webp"]
    cases = list(cases_of(paths, lambda path, picture: FACE, ["nose"]))
    assert [case.title for case in cases] == ["a-nose", "b-nose", "c-nose", "d-nose"]
    np.testing.assert_array_equal(cases[0].truth, photograph(3)[..., ::-1])
    assert [path.name for path in photographs(folder, limit=2)] == ["a.tiff", "b.jpg"]


def test_two_photographs_of_one_name_and_no_photographs_are_refused(folder, tmp_path):
    with pytest.raises(StatueError, match="photograph") as error:
        photographs(folder / "below")
    assert error.value.code == "missing-file"
    cv2.imwrite(str(folder / "a.png"), photograph())
    with pytest.raises(StatueError) as error:
        photographs(folder)
    assert error.value.code == "usage" and "called a" in error.value.sentence


def test_a_case_is_decided_by_its_photograph_and_kind_alone(folder):
    def find(path, picture):
        return FACE

    first, *_ = cases_of(photographs(folder), find, ["mouth"])
    *_, again = cases_of([folder / "a.tiff"], find, ["nose", "mouth"])
    assert case_digest(first) == case_digest(again)
    other = next(iter(cases_of([folder / "b.jpg"], find, ["mouth"])))
    assert (first.hole != other.hole).any()
    assert first.eye_distance == 120.0 and first.box == (90, 80, 180, 240)
    assert (first.damaged[first.hole] == 128).all() and (first.damaged == first.truth)[~first.hole].all()
    # A single sample that differs makes it another suite.
    changed = first.truth.copy()
    changed[0, 0, 0] ^= 1
    others = (replace(first, truth=changed), other)
    assert digest(map(case_digest, others)) != digest(map(case_digest, (first, other)))


def test_a_photograph_without_a_face_is_said_and_left_out(folder):
    said = []
    cases = list(cases_of(photographs(folder, 2), lambda path, picture: None, ["nose"], said.append))
    assert cases == [] and said == ["a.tiff", "b.jpg"]


def test_frozen_faces_need_no_detector_and_others_do(folder, tmp_path, monkeypatch):
    known = tmp_path / "faces.json"
    row = {"sha256": faces.sha256_of(folder / "c.png"), "box": FACE.box.tolist(), "points": FACE.points.tolist()}
    known.write_text(json.dumps({"c": row}))
    monkeypatch.setattr(faces, "KNOWN", known)
    find = face_finder(tmp_path)
    found = find(folder / "c.png", photograph())
    assert found is not None and found.eye_distance == 120.0
    with pytest.raises(StatueError) as error:
        find(folder / "a.tiff", photograph())
    assert error.value.code == "missing-file" and "yunet" in str(error.value.sentence)


def test_the_suites_own_faces_are_faces():
    known = known_faces()
    assert len(known) == 6
    for face in known.values():
        x, y, width, height = face.box
        assert (face.points > (x, y)).all() and (face.points < (x + width, y + height)).all()
        eye, other_eye, nose, corner, other_corner = face.points
        assert eye[0] < other_eye[0] and corner[0] < other_corner[0] and eye[1] < nose[1] < corner[1]
