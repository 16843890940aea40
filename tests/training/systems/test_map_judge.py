"""How decoded maps are judged."""

import pytest
import torch

from training.damage.draws import Draws
from training.damage.faces import built_in_faces
from training.systems.map_judge import judge_maps
from training.systems.published.pfcgan_networks import draw_maps

CPU = torch.device("cpu")


def case(side: int = 64) -> tuple[dict, tuple[torch.Tensor, torch.Tensor]]:
    landmarks = built_in_faces(2, Draws(0, CPU))
    hole = torch.zeros(2, 1, side, side)
    hole[..., side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    maps = draw_maps(torch.rand(2, 3, side, side), landmarks, "points")
    return {"landmarks": landmarks, "mask": hole, "counted": hole}, (maps.landmarks, maps.hull)


def judged(batch: dict, landmarks: torch.Tensor, right: tuple[torch.Tensor, torch.Tensor]) -> dict[str, float]:
    return judge_maps({"landmarks": (landmarks, right[0]), "hull": (right[1], right[1])}, batch, "own")


def test_right_maps_overlap_wholly_and_are_off_by_less_than_a_pixel():
    batch, right = case()
    metrics = judged(batch, right[0], right)
    assert metrics["iou_landmarks/own"] == metrics["iou_hull/own"] == 1
    eyes = (batch["landmarks"][:, 36] - batch["landmarks"][:, 45]).norm(dim=1).min()
    assert 0 < metrics["nme/own"] < 1 / 64 / float(eyes)


def test_a_map_that_is_shifted_is_off_by_the_shift_and_an_empty_or_full_one_by_much():
    batch, right = case()
    exact, shifted = (judged(batch, one, right) for one in (right[0], right[0].roll(4, 3)))
    assert shifted["iou_landmarks/own"] < 0.5 and shifted["nme/own"] > 2 * exact["nme/own"]
    empty, full = (judged(batch, torch.full_like(right[0], value), right) for value in (0.0, 1.0))
    assert empty["iou_landmarks/own"] == 0 and empty["nme/own"] > 1
    assert full["nme/own"] > 2 * exact["nme/own"]


def test_without_a_hidden_landmark_there_is_no_error():
    batch, right = case()
    metrics = judged({**batch, "mask": torch.zeros(2, 1, 64, 64)}, right[0], right)
    assert "nme/own" not in metrics and metrics["iou_hull/own"] == pytest.approx(1)
