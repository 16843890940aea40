"""How landmark predictors are judged: on completed faces, and on damaged ones."""

import math
from dataclasses import replace

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks, interocular_distance
from training.evaluation.metrics import landmark_errors
from training.evaluation.metrics.landmark_errors import (
    ELLIPSE,
    face_error,
    landmark_outcome,
    rectangle_cases,
    summarise_landmarks,
)
from training.evaluation.reporting.table import landmark_rows
from training.suites.cases import Case, Truth


def head() -> np.ndarray:
    """68 points on an upright oval, eye corners level."""
    turn = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    points = np.column_stack([64 + 30 * np.cos(turn), 70 + 36 * np.sin(turn)])
    points[36], points[45] = [44, 60], [84, 60]
    return points


class Template:
    """Sees the same face in every frame, its points shifted by a share of the frame's side."""

    name, lowest_score, sure_score = "template", 0.1, 0.9

    def __init__(self, shift: float = 0.0) -> None:
        frame = frame_of_landmarks(head(), level=0.0)
        self.points = frame.to_crop(head(), 1) + np.array([shift, 0])

    def refine(self, rgb, mask, frame):
        assert not mask.any()
        return Landmarks(frame.to_photograph(self.points, 1), np.ones(68))


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_a_completed_face_is_looked_at_where_the_true_one_is(turn):
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    truth = (head() - 64) @ rotation * 0.9 + [70, 60]
    picture = np.zeros((128, 128, 3), np.uint8)
    assert face_error(Template(), picture, truth) == pytest.approx(0, abs=1e-6)
    side = frame_of_landmarks(truth, level=0.0).side
    expected = 0.1 * side / interocular_distance(truth)
    assert face_error(Template(0.1), picture, truth) == pytest.approx(expected, rel=1e-6)


def case(kind: str = "nose", rows: slice = slice(60, 80)) -> Case:
    hole = np.zeros((128, 128), bool)
    hole[rows] = True
    return Case("x", kind, np.zeros((128, 128, 3), np.uint8), hole, head())


def found_at(monkeypatch, points: np.ndarray, sigma: float, covariance: np.ndarray | None = None) -> None:
    landmarks = Landmarks(points, np.full(68, sigma), np.zeros(68, bool), 1.0, "made up")
    monkeypatch.setattr(landmark_errors, "find_landmarks", lambda *_: replace(landmarks, covariance=covariance))


def test_errors_are_over_the_eye_distance_and_hidden_is_where_the_truth_lies(monkeypatch):
    found_at(monkeypatch, head() + np.array([4, 0]), sigma=4 / ELLIPSE * 1.01)
    outcome = landmark_outcome("p", Template(), case())
    assert np.allclose(outcome.errors, 4 / 40) and outcome.within.all() and outcome.squared == pytest.approx(8)
    assert (outcome.hidden == ((head()[:, 1] >= 60) & (head()[:, 1] < 80))).all()
    found_at(monkeypatch, head() + np.array([4, 0]), sigma=4 / ELLIPSE * 0.99)
    assert not landmark_outcome("p", Template(), case()).within.any()


def test_an_ellipse_counts_instead_of_the_circle(monkeypatch):
    along_x = np.tile(np.diag([9.0, 0.01]), (68, 1, 1))
    found_at(monkeypatch, head() + np.array([4, 0]), sigma=0.1, covariance=along_x)
    assert landmark_outcome("p", Template(), case()).within.all()
    found_at(monkeypatch, head() + np.array([0, 4]), sigma=10, covariance=along_x)
    assert not landmark_outcome("p", Template(), case()).within.any()


def test_the_circle_holds_68_percent_of_a_round_gaussian():
    apart = np.linalg.norm(np.random.default_rng(0).normal(0, 1, (100_000, 2)), axis=1)
    assert (apart < ELLIPSE).mean() == pytest.approx(0.68, abs=0.01)


def test_a_face_that_is_not_found_counts(monkeypatch):
    found_at(monkeypatch, head(), 1.0)
    good = [landmark_outcome("p", Template(), case()) for _ in range(2)]

    def nothing(*_):
        raise StatueError("no-face")

    monkeypatch.setattr(landmark_errors, "find_landmarks", nothing)
    bad = [landmark_outcome("p", Template(), case()) for _ in range(3)]
    row = summarise_landmarks("p", "all", [*good, *bad])
    assert row.found == row.usable == 0.4 and math.isinf(row.median) and row.mean == 0 and row.within == 1


def test_rectangles_are_the_detectors_and_stand_apart_by_share_of_the_picture(monkeypatch):
    truths = [Truth(str(k), np.zeros((128, 128, 3), np.uint8), head()) for k in range(8)]
    cases = list(rectangle_cases(truths))
    shares = [one.hole.mean() for one in cases]
    # Two to fourteen rectangles of 10 to 30 pixels cover 17 % of the picture on average, hardly ever more than 40 %.
    assert len(cases) == 32 and 0.1 < np.mean(shares) < 0.24 and max(shares) < 0.45
    assert all((a.hole == b.hole).all() for a, b in zip(cases, rectangle_cases(truths), strict=True))
    found_at(monkeypatch, head(), 1.0)
    outcomes = [landmark_outcome("p", Template(), one) for one in [case("nose"), case("eye"), *cases]]
    rows = {row.group: row.cases for row in landmark_rows(outcomes)}
    assert rows["nose"] == rows["eye"] == 1 and rows["all"] == 2 and rows["rectangles"] == 32
    assert sum(count for group, count in rows.items() if group.startswith("rectangles ")) == 32
