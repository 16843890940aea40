"""Faces the wrong way up, cut out without a border, dark or gilt, and pictures and holes where nobody may be found."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.landmarks.predictor import GlancingPredictor
from statue_models.landmarks.registry import predictor
from statue_models.landmarks.search import find_face
from tests.landmarks.test_face_search import damaged, error, facemesh, intact, placed, truth, wall

__all__ = ["damaged", "facemesh", "intact", "truth"]


@pytest.fixture(scope="module")
def network():
    return predictor("landmarknet")


class Counted:
    """A predictor that counts how often it is asked."""

    def __init__(self, one):
        self._one, self.asked = one, {"propose": 0, "glance": 0, "refine": 0}
        self.name, self.lowest_score, self.sure_score = one.name, one.lowest_score, one.sure_score

    def propose(self, rgb, mask):
        self.asked["propose"] += 1
        return self._one.propose(rgb, mask)

    def glance(self, rgb, mask, aside):
        self.asked["glance"] += 1
        return self._one.glance(rgb, mask, aside)

    def refine(self, rgb, mask, frame):
        self.asked["refine"] += 1
        return self._one.refine(rgb, mask, frame)


def refusal(rgb, mask, predictors):
    """The code of the error that a search ends with."""
    with pytest.raises(StatueError) as caught:
        find_face(rgb, mask, predictors)
    return caught.value.code


@pytest.mark.parametrize(("turns", "broken"), [(1, True), (2, False), (2, True), (3, False)])
def test_a_photograph_on_its_side_or_head_gives_the_same_face(network, intact, damaged, truth, turns, broken):
    rgb, mask = damaged if broken else (intact, np.zeros(intact.shape[:2], np.uint8))
    points, height = truth, rgb.shape[0]
    for _ in range(turns):
        points = np.column_stack([height - points[:, 1], points[:, 0]])
        height = rgb.shape[1] if height == rgb.shape[0] else rgb.shape[0]
    turned = [np.ascontiguousarray(np.rot90(each, -turns)) for each in (rgb, mask)]
    found, _ = find_face(*turned, network)
    assert error(found.points, points) < 0.08


@pytest.mark.parametrize("roll", [135])
def test_a_head_that_hangs_is_found_in_an_upright_picture(network, damaged, truth, roll):
    canvas = wall(900, 1100)
    mask, moved = placed(canvas, damaged[0], damaged[1], 0.5, roll, (500, 450))
    assert error(find_face(canvas, mask, network)[0].points, moved(truth)) < 0.08


@pytest.mark.parametrize("broken", [False, True])
def test_a_crop_from_the_brows_to_the_chin_needs_no_border(network, intact, damaged, truth, broken):
    rgb, mask = damaged if broken else (intact, np.zeros(intact.shape[:2], np.uint8))
    (x0, y0), (x1, y1) = truth.min(axis=0).astype(int), truth.max(axis=0).astype(int)
    cut = [each[y0:y1, x0:x1].copy() for each in (rgb, mask)]
    for box in (None, (0, 0, x1 - x0, y1 - y0)):
        assert error(find_face(*cut, network, face=box)[0].points, truth - (x0, y0)) < 0.08


@pytest.mark.parametrize("tone", ["dark bronze", "gilt"])
def test_metal_hides_nobody(network, damaged, truth, tone):
    rgb, mask = damaged
    grey = rgb.astype(np.float64).mean(axis=2, keepdims=True) / 255
    if tone == "gilt":
        metal = np.clip(1.7 * grey**1.5, 0, 1) * (255, 200, 90)
    else:
        metal = 0.25 * grey**1.5 * (180, 130, 90) + 4 + np.where(grey > 0.8, 60, 0)
    found, _ = find_face(metal.round().clip(0, 255).astype(np.uint8), mask, network)
    assert error(found.points, truth) < 0.1


def test_a_plain_wall_and_an_inverted_mask_end_early(network, damaged):
    counted = Counted(network)
    assert isinstance(counted, GlancingPredictor)
    assert refusal(wall(600, 800), np.zeros((600, 800), np.uint8), counted) == "no-face"
    assert counted.asked["propose"] <= 4 and counted.asked["refine"] <= 6
    mask = np.zeros((600, 800), np.uint8)
    mask[250:330, 380:450] = 255
    assert refusal(wall(600, 800), mask, counted) == "no-face"
    counted.asked = dict.fromkeys(counted.asked, 0)
    assert refusal(damaged[0], 255 - damaged[1], counted) == "no-face"
    assert counted.asked["propose"] <= 5 and counted.asked["glance"] <= 24 and counted.asked["refine"] <= 7


def test_nobody_is_seen_in_curls_where_the_whole_face_is_missing(network, intact, truth):
    rgb, mask = intact.copy(), np.zeros(intact.shape[:2], np.uint8)
    low, high = truth.min(axis=0).astype(int) - 15, truth.max(axis=0).astype(int) + 15
    mask[low[1] : high[1], low[0] : high[0]] = 255
    rgb[mask > 0] = 128
    assert refusal(rgb, mask, network) in ("no-face", "profile-face")
