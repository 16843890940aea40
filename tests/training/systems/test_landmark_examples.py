"""What the landmark network is shown, with a made-up detector as its prior."""

import pytest
import torch

from statue_models.face.landmarks68 import unturned_eye_distance
from statue_models.networks.landmarknet import LandmarkNet
from training.damage.draws import Draws
from training.examples.batches import draw_chosen
from training.examples.pictures import Pictures, PictureSet
from training.systems.definitions import eye_distances
from training.systems.landmark_examples import ASIDE, PRIORS, PROFILES, TURNED, LandmarkExamples, draw_weights
from training.systems.landmarknet import LandmarkSystem

CPU = torch.device("cpu")
SIDE = 32
NOTHING = torch.zeros(0, SIDE, SIDE, 3, dtype=torch.uint8)


@pytest.fixture(scope="session")
def front(head_face) -> torch.Tensor:
    """(68, 2) landmarks of the mean head from the front, fractions of a picture."""
    return torch.from_numpy(head_face / 128).float()


@pytest.fixture(scope="session")
def aside(front) -> torch.Tensor:
    """(68, 2) the same, so narrow that no frame's turn makes them look wide."""
    return (front - 0.5) * torch.tensor([0.1, 1.0]) + 0.5


def renders(landmarks: torch.Tensor, count: int, **kind: bool) -> Pictures:
    images = torch.full((count, SIDE, SIDE, 4), 255, dtype=torch.uint8)
    return Pictures(images, landmarks.repeat(count, 1, 1), rendered=True, **kind)


class NearlyRight:
    """A detector that is off to the right by ``off`` of the picture, and sees every face."""

    def __init__(self, off: float) -> None:
        self.off = off

    def __call__(self, picture, mask, landmarks, draws):
        assert picture.shape[-1] == mask.shape[-1] and not (picture * mask).isnan().any()
        return landmarks + torch.tensor([self.off, 0.0]), torch.ones(len(landmarks))

    def labels(self, picture, landmarks):
        return landmarks, torch.ones(len(landmarks), dtype=torch.bool)


def small_network() -> LandmarkNet:
    torch.manual_seed(0)
    return LandmarkNet(channels=(16, 16, 32, 32), blocks=(1, 1, 1, 1), width=40, layers=2)


def test_turned_heads_come_up_more_often(front):
    turned = front.clone()
    turned[27:36, 0] += 0.65 * (front[16, 0] - front[0, 0])
    pictures = Pictures(torch.zeros(2, 4, 4, 4, dtype=torch.uint8), torch.stack([front, turned]), rendered=True)
    weights = draw_weights(pictures)
    assert weights[0] == 1 and weights[1] == TURNED[-1][1]
    drawn = draw_chosen([pictures], 600, Draws(0, CPU), share=0.0, weights=draw_weights)[0][1]
    assert 0.84 < float((drawn == 1).float().mean()) < 0.97


@pytest.mark.parametrize("profiles", [[], [3]])
def test_heads_in_profile_are_no_faces(front, profiles):
    """A share of the crops shows them."""
    train = [renders(front, 5), *(renders(front, count, profile=True) for count in profiles)]
    examples = LandmarkExamples(train, NOTHING, None, 0.3)
    draws = Draws(0, CPU)
    present = torch.cat([examples.draw(draws, 8)["present"] for _ in range(60)])
    share = float((present < 0).float().mean())
    assert abs(share - PROFILES) < 0.03 if profiles else share == 0
    assert float((present == 1).float().mean()) > 0.7


def test_heads_turned_far_to_the_side_are_faces_and_have_a_share_of_their_own(front, aside):
    examples = LandmarkExamples([renders(front, 50), renders(aside, 2, turned=True)], NOTHING, None, 0.3)
    draws, narrow, present = Draws(0, CPU), [], []
    for _ in range(60):
        batch = examples.draw(draws, 8)
        width, height = (batch["truth"].amax(1) - batch["truth"].amin(1)).unbind(1)
        narrow.append(width < 0.5 * height)
        present.append(batch["present"])
    turned = torch.cat(narrow)
    assert float(turned.float().mean()) == pytest.approx(ASIDE, abs=0.04)
    assert float((torch.cat(present)[turned] == 1).float().mean()) > 0.7


def test_what_is_measured_in_eye_distances_does_not_explode_where_a_head_is_turned(front):
    points = torch.stack([front, front * torch.tensor([0.1, 1.0])])
    distances = eye_distances(points)
    assert float(distances[0]) == pytest.approx(float((front[45] - front[36]).norm()))
    assert float(distances[1]) > 0.7 * float(distances[0])
    for one, distance in zip(points.double().numpy(), distances.tolist(), strict=True):
        assert unturned_eye_distance(one) == pytest.approx(distance, rel=1e-5)


def test_priors_come_with_most_crops_and_stay_beside_their_truth_when_crops_are_framed_anew(front):
    examples = LandmarkExamples([renders(front, 5)], NOTHING, NearlyRight(0.03), 0.3)
    batch = examples.draw(Draws(0, CPU), 64)
    given = batch["trust"] > 0
    assert float(given.float().mean()) == pytest.approx(PRIORS, abs=0.02)
    apart = (batch["prior"] - batch["truth"])[given].norm(dim=2)
    assert float(apart.min()) > 0.02 and float(apart.max()) < 0.06
    assert float(apart.std(dim=1).max()) < 1e-3  # all points of a face alike: nothing but the frame has changed
    assert (batch["prior"][~given] == 0.5).all()
    middle = (batch["prior"].amin(1) + batch["prior"].amax(1))[given] / 2
    assert float(((middle - middle.median(0).values).norm(dim=1) < 0.01).float().mean()) > 0.5


def test_heads_turned_far_to_the_side_have_no_priors_and_leave_the_others_theirs(front, aside):
    train = [renders(front, 50), renders(aside, 4, turned=True)]
    examples, draws = LandmarkExamples(train, NOTHING, NearlyRight(0.03), 0.3), Draws(0, CPU)
    batches = [examples.draw(draws, 20) for _ in range(10)]
    given = torch.cat([batch["trust"] for batch in batches]) > 0
    size = torch.cat([batch["truth"].amax(1) - batch["truth"].amin(1) for batch in batches])
    turned = size[:, 0] < 0.5 * size[:, 1]
    assert turned.any() and not given[turned].any()
    assert float(given[~turned].float().mean()) == pytest.approx(PRIORS, abs=0.05)


def test_nothing_is_learnt_of_points_where_there_is_no_face(front):
    system = LandmarkSystem(small_network(), PictureSet([renders(front, 4)], [renders(front, 2)]), NOTHING, None, 0.3)
    draws = Draws(0, CPU)
    batch = system.draw(draws, 6)
    learnt = system.losses("landmarks", batch, draws)
    assert all(learnt[name].abs().item() > 0 for name in ("distance", "spread", "hidden", "present"))
    batch["present"] = torch.full((6,), -1.0)
    nothing = system.losses("landmarks", batch, draws)
    assert [name for name, term in nothing.items() if term.abs().item() > 0] == ["present"]


def test_the_judge_holds_the_prior_to_the_same_definition(front):
    """A detector off by a known part of the eye distance, on renders whose points lie .1 lower than labels do."""
    held = PictureSet([renders(front, 4)], [renders(front, 3)])
    system = LandmarkSystem(small_network(), held, NOTHING, NearlyRight(0.0), 0.3)
    system.definition.offset.copy_(torch.tensor([0.0, 0.1]))
    metrics = system.judge().metrics
    assert metrics["nme/renders0/whole/facemesh"] == pytest.approx(0.1, abs=0.005)
    assert {"nme/renders0/half", "nme/renders0/half/alone", "calibration/missing"} <= metrics.keys()
