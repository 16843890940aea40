"""Published landmark regressors as predictors: what several looks tell, with networks whose answers are known."""

import numpy as np
import pytest
from bundled_example import SCALE, example

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import INNER, MIRROR
from statue_models.landmarks import descriptor as door
from statue_models.landmarks import registry
from statue_models.landmarks.registry import descriptor, predictor
from statue_models.landmarks.search import find_face
from statue_models.models_file import Facts

torch = pytest.importorskip("torch")
NAMES = ("thesis-landmarks", "lafin-landmarks")
SIDE = 64


@pytest.fixture(scope="module")
def intact():
    return example("intact.jpg", SCALE / 2)


@pytest.fixture(scope="module")
def truth(intact):
    return (
        predictor("landmarknet")
        .refine(
            intact, np.zeros(intact.shape[:2], np.uint8), FaceFrame((intact.shape[1] / 2, intact.shape[0] / 2), 140.0)
        )
        .points
    )


def regressor(answer, name="thesis-landmarks"):
    """A predictor whose network gives ``answer(pictures, masks)``: arrays (N, 3, S, S), (N, 1, S, S) -> (N, 68, 2)."""
    from statue_models.landmarks.regression import RegressedLandmarks
    from statue_models.networks.landmark_regression import LandmarkRegressor
    from statue_models.networks.published.thesis_landmarks import ThesisLandmarksShape

    class Known(LandmarkRegressor):
        def forward(self, picture, mask):
            return torch.from_numpy(np.asarray(answer(picture.numpy(), mask.numpy()), np.float32))

    return RegressedLandmarks(name, Known(ThesisLandmarksShape(SIDE)))


class Positions:
    """A photograph whose colours say where they are: answers can be found that follow it, whatever the crop."""

    def __init__(self, points, side=256):
        y, x = np.mgrid[:side, :side]
        self.rgb = np.stack([x, y, np.full_like(x, 128)], axis=2).astype(np.uint8)
        self.mask = np.zeros((side, side), np.uint8)
        self.points = points
        self.error = 0.0
        self.seen = []

    def __call__(self, pictures, masks):
        """Where ``points`` lie in each crop, by the plane that fits its colours; mirrored crops, mirrored points."""
        self.seen.append((pictures, masks))
        grid = (np.arange(SIDE) + 0.5) / SIDE
        out = []
        for picture, mask in zip(pictures, masks, strict=True):
            known = mask[0] == 0
            u, v = np.meshgrid(grid, grid)
            design = np.stack([u[known], v[known], np.ones(known.sum())], 1)
            colours = (picture[:2][:, known].T + 1) * 127.5 + 0.5
            plane = np.linalg.lstsq(design, colours, rcond=None)[0]
            place = (self.points - plane[2]) @ np.linalg.inv(plane[:2])
            out.append(place[MIRROR] if np.linalg.det(plane[:2]) < 0 else place)
        return np.stack(out) + self.error


def a_face(centre=(128.0, 128.0), height=90.0):
    from statue_models.head.morphable_head import load_head

    head = load_head()
    points = head.vertices[head.landmarks][:, :2] * (1, -1)
    return (points - points.mean(0)) / np.ptp(points[:, 1]) * height + centre


def test_looks_that_agree_on_a_face_are_believed_and_come_back_in_pixels():
    photograph = Positions(a_face())
    one = regressor(photograph)
    best = max(one.propose(photograph.rgb, photograph.mask), key=lambda found: found.score)
    assert np.abs(best.points - photograph.points).max() < 1
    assert best.score > 0.7 and abs(best.yaw) < 0.15 and best.source == "thesis-landmarks"
    assert best.sigma.shape == (68,) and (best.sigma > 0).all()
    off = frame_of_landmarks(photograph.points + np.array([15, -10]), level=0.0)
    again = one.refine(photograph.rgb, photograph.mask, off)
    assert np.abs(again.points - photograph.points).max() < 1
    # The last looks are framed on what was found, and two of them are mirrored.
    pictures, _ = photograph.seen[-1]
    rises = np.diff(pictures[:, 0].mean(1), axis=1).mean(1) > 0
    assert len(pictures) == 4 and sorted(rises) == [False, False, True, True]


def test_points_that_follow_the_frame_instead_of_the_picture_are_no_face():
    face = frame_of_landmarks(a_face(), level=0.0).to_crop(a_face(), 1)
    one = regressor(lambda pictures, masks: np.broadcast_to(face, (len(pictures), 68, 2)))
    grey = np.full((256, 256, 3), 120, np.uint8)
    found = one.propose(grey, grey[..., 0] * 0)
    photograph = Positions(a_face())
    sure = regressor(photograph).propose(photograph.rgb, photograph.mask)
    assert max(f.score for f in found) < 0.3 * max(f.score for f in sure)
    # What they do not agree on they are less sure of.
    assert (
        max(f.sigma[INNER].mean() / f.interocular for f in found)
        > 1.15 * sure[0].sigma[INNER].mean() / sure[0].interocular
    )


def test_points_that_no_head_can_have_count_less():
    scrambled = Positions(a_face()[np.random.default_rng(0).permutation(68)])
    straight = Positions(a_face())
    scores = [
        regressor(one).refine(one.rgb, one.mask, FaceFrame((128, 128), 160)).score for one in (scrambled, straight)
    ]
    assert scores[0] < 0.1 < 0.7 < scores[1]


def test_what_is_no_face_at_all_has_no_score():
    one = regressor(lambda pictures, masks: np.full((len(pictures), 68, 2), 0.5))
    grey = np.full((100, 140, 3), 120, np.uint8)
    assert one.propose(grey, grey[..., 0] * 0) == []
    assert one.refine(grey, grey[..., 0] * 0, FaceFrame((70, 50), 80)).score == 0
    with pytest.raises(StatueError) as caught:
        find_face(grey, grey[..., 0] * 0, one)
    assert caught.value.code == "no-face"


def test_points_under_the_hole_are_hidden_and_its_samples_are_kept_from_the_network():
    photograph = Positions(a_face())
    photograph.mask[:, :120] = 255
    photograph.rgb[:, :115] = 77
    one = regressor(photograph)
    found = one.refine(photograph.rgb, photograph.mask, frame_of_landmarks(photograph.points, level=0.0))
    assert np.abs(found.points - photograph.points).max() < 1
    assert (found.hidden == (found.points[:, 0] < 120)).all() and found.hidden.any()
    for pictures, masks in photograph.seen:
        assert (pictures[np.broadcast_to(masks > 0, pictures.shape)] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_its_weights_file_makes_a_predictor_that_the_search_can_use(name, tmp_path):
    """What it finds is worth nothing: its weights are the first ones. That it runs is what is looked at."""
    from statue_models.landmarks.regression import RegressedLandmarks
    from training.engine.checkpoints import write_network
    from training.evaluation.contenders.predictors import named_predictor

    torch.manual_seed(0)
    network = a_network(name)
    write_network(tmp_path / f"{name.replace('-', '_')}.safetensors", network.state_dict(), network.shape)
    one = named_predictor(f"{name}@{tmp_path}", None)
    assert isinstance(one, RegressedLandmarks) and one.name == name
    rgb = np.random.default_rng(0).integers(0, 256, (80, 90, 3), np.uint8)
    mask = np.zeros((80, 90), np.uint8)
    found = one.propose(rgb, mask)
    assert all(each.points.shape == (68, 2) and np.isfinite(each.points).all() for each in found)
    assert [each.score for each in found] == [each.score for each in one.propose(rgb, mask)]


def a_network(name):
    from statue_models.networks.published.lafin_landmarks import LafinLandmarks, LafinLandmarksShape
    from statue_models.networks.published.thesis_landmarks import ThesisLandmarks, ThesisLandmarksShape

    if name == "thesis-landmarks":
        return ThesisLandmarks(ThesisLandmarksShape(32, "resnet18", 1, 8))
    return LafinLandmarks(LafinLandmarksShape(32, 0.125))


@pytest.mark.parametrize("name", NAMES)
def test_without_weights_it_says_how_to_train_it(name, monkeypatch):
    known = door.facts_of
    monkeypatch.setattr(door, "facts_of", lambda asked: Facts(name) if asked == name else known(asked))
    registry._load_predictor.cache_clear()
    one = descriptor(name)
    assert not one.runs_here and descriptor("default").name != name
    with pytest.raises(StatueError) as caught:
        predictor(name)
    assert caught.value.code == "untrained-model"
    assert f"python -m training train {name} --reduced" in caught.value.remedy
