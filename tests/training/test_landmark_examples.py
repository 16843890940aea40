"""What the landmark network is shown."""

import numpy as np
import pytest
import torch

from statue_models.fitting.head import load_head
from training.damage.draws import Draws
from training.examples.batches import draw_chosen
from training.examples.pictures import Pictures
from training.systems.landmark_examples import PROFILES, TURNED, LandmarkExamples, often

CPU = torch.device("cpu")
SIDE = 32
NOTHING = torch.zeros(0, SIDE, SIDE, 3, dtype=torch.uint8)


@pytest.fixture(scope="module")
def front() -> torch.Tensor:
    """(68, 2) landmarks of the mean head from the front, fractions of a picture."""
    head = load_head()
    points = head.vertices[head.landmarks][:, :2].astype(float)
    middle, size = (points.max(0) + points.min(0)) / 2, np.ptp(points, axis=0).max()
    return torch.from_numpy((points - middle) * (1, -1) / size * 0.55 + (0.5, 0.58)).float()


def renders(landmarks: torch.Tensor, count: int, profile: bool = False) -> Pictures:
    images = torch.full((count, SIDE, SIDE, 4), 255, dtype=torch.uint8)
    return Pictures(images, landmarks.repeat(count, 1, 1), rendered=True, profile=profile)


def test_turned_heads_come_up_more_often(front):
    turned = front.clone()
    turned[27:36, 0] += 0.65 * (front[16, 0] - front[0, 0])
    pictures = Pictures(torch.zeros(2, 4, 4, 4, dtype=torch.uint8), torch.stack([front, turned]), rendered=True)
    weights = often(pictures)
    assert weights[0] == 1 and weights[1] == TURNED[-1][1]
    drawn = draw_chosen([pictures], 600, Draws(0, CPU), weights=often)[0][1]
    assert 0.84 < float((drawn == 1).float().mean()) < 0.97


@pytest.mark.parametrize("profiles", [[], [3]])
def test_heads_in_profile_are_no_faces(front, profiles):
    """A share of the crops shows them, and nothing is learnt of their points."""
    train = [renders(front, 5), *(renders(front, count, profile=True) for count in profiles)]
    examples = LandmarkExamples(train, NOTHING, None, 0.3)
    draws = Draws(0, CPU)
    present = torch.cat([examples.draw(draws, 8)["present"] for _ in range(60)])
    share = float((present < 0).float().mean())
    assert abs(share - PROFILES) < 0.03 if profiles else share == 0
    assert float((present == 1).float().mean()) > 0.7
