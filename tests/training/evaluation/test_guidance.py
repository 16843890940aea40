"""How it is measured that restored faces follow their landmarks."""

import cv2
import numpy as np
import pytest

from statue_models.face.landmarks68 import Landmarks
from statue_models.head.morphable_head import load_head
from statue_models.methods import registry
from training.evaluation import guidance
from training.evaluation.guidance import (
    SIDE,
    drag_nose,
    frame_of,
    mean_face,
    measure_movements,
    patch_shift,
    step_of,
    warp_nose,
)
from training.suites.cases import Case


@pytest.fixture
def noise():
    """A picture in which every patch is like no other."""
    grain = np.random.default_rng(0).normal(128, 90, (160, 160, 3))
    return np.clip(cv2.GaussianBlur(grain, (0, 0), 2) * 3 - 256, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def points():
    """The mean head's, turned a little, in a picture of 160 pixels."""
    head = load_head()
    flat = head.vertices[head.landmarks][:, :2].astype(np.float64) * (1, -1)
    turn = np.array([[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]])
    return flat * (80 / np.ptp(flat, axis=0).max()) @ turn + 80


def test_a_drag_is_ten_pixels_of_the_frame_along_its_axes(points):
    step = step_of(points, "left")
    frame = frame_of(points)
    assert np.linalg.norm(step) == pytest.approx(10 * frame.side / SIDE)
    np.testing.assert_allclose(
        frame.to_crop(points + step, SIDE) - frame.to_crop(points, SIDE), [[-10, 0]] * 68, atol=1e-6
    )
    moved = drag_nose(points, step) - points
    np.testing.assert_allclose(moved[30:36], [step] * 6, atol=1e-9)
    assert not moved[:28].any() and not moved[36:].any()


@pytest.mark.parametrize("direction", guidance.DIRECTIONS)
def test_a_warped_nose_is_found_again_ten_pixels_on(noise, points, direction):
    after = warp_nose(noise, points, step_of(points, direction))
    assert patch_shift(noise, after, points) == pytest.approx(10 * np.array(guidance.DIRECTIONS[direction]), abs=1)
    assert (after[:8] == noise[:8]).all() and patch_shift(noise, noise, points) == pytest.approx([0, 0])


def test_movements_compare_each_method_with_itself(noise, points):
    """A method that ignores its landmarks moves nothing; one that draws the face at its landmarks moves all of it."""
    hole = np.zeros((160, 160), bool)
    case = Case("x", "nose", noise, hole, points)

    class Ruler:
        """Sees points where the method below has put a white dot, or the true ones."""

        name, lowest_score, sure_score = "ruler", 0.1, 0.9

        def refine(self, rgb, mask, frame):
            rows, columns = np.nonzero((rgb > 250).all(2))
            at = np.array([columns.mean(), rows.mean()]) + 0.5 if len(rows) else np.zeros(2)
            return Landmarks(np.tile(at, (68, 1)))

    def deaf(case, landmarks, seeds):
        return [case.truth // 2]

    def faithful(case, landmarks, seeds):
        picture = np.zeros_like(case.truth)
        x, y = landmarks.points[30].astype(int)
        picture[y - 3 : y + 4, x - 3 : x + 4] = 255
        return [picture]

    found = list(measure_movements([case], {"deaf": deaf, "faithful": faithful}, Ruler(), ["right", "down"]))
    by = {(one.method, one.direction): one for one in found}
    assert len(found) == 8
    for direction in ("right", "down"):
        assert by["deaf", direction].tip == by["deaf", direction].patch == 0
        assert by["faithful", direction].tip == pytest.approx(10, abs=2.5)
        assert by[guidance.INSTRUMENT[0], direction].patch == pytest.approx(10, abs=1)
    assert "faithful" in guidance.movement_table(found, ["deaf", "faithful"], ["right", "down"])


def test_the_mean_face_forgets_where_faces_lie_and_how_large_they_are(points):
    np.testing.assert_allclose(mean_face([points, points * 2 + 30]), mean_face([points]), atol=1e-9)


def test_unguided_networks_get_no_heatmaps(monkeypatch):
    class Network:
        def forward(self, z, t, known, mask, guide, heatmaps):
            return heatmaps

    class Method:
        network = Network()

    monkeypatch.setattr(registry.descriptor("statueflow").__class__, "open", lambda *_, **more: Method())
    guidance.open_unguided("statueflow")
    assert not Method.network.forward(0, 0, 0, 0, 0, np.ones(3)).any()
