"""``landmarknet`` as a predictor, with the weights that come with the program, on the bundled example."""

import numpy as np
import pytest
from bundled_example import SCALE, example

from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import INNER, MIRROR, interocular_distance
from statue_models.landmarks.registry import descriptor, predictor
from statue_models.landmarks.search import find_face


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("torch")
    return predictor("landmarknet")


@pytest.fixture(scope="module")
def intact():
    return example("intact.jpg", SCALE / 2)


@pytest.fixture(scope="module")
def truth(intact):
    return find_face(intact, np.zeros(intact.shape[:2], np.uint8), predictor("facemesh"))[0].points


def error(points, expected):
    return np.linalg.norm(points - expected, axis=1)[INNER].mean() / interocular_distance(expected)


def half_mask(truth, shape):
    """Everything on one side of the middle of the face."""
    mask = np.zeros(shape[:2], np.uint8)
    mask[:, : int(truth[27:31, 0].mean())] = 255
    return mask


def test_it_is_the_default_where_it_can_run(network):
    assert descriptor("default").name == "landmarknet" and predictor() is network


def test_the_example_is_found_as_facemesh_finds_it(network, intact, truth):
    landmarks, frame = find_face(intact, np.zeros(intact.shape[:2], np.uint8), network)
    assert landmarks.source == "landmarknet" and error(landmarks.points, truth) < 0.06
    assert frame.side > 0 and landmarks.covariance.shape == (68, 2, 2)
    assert (np.linalg.eigvalsh(landmarks.covariance) > 0).all()


def test_half_a_face_is_completed_and_what_is_missing_is_less_sure(network, intact, truth):
    mask = half_mask(truth, intact.shape)
    landmarks, _ = find_face(np.where(mask[..., None] > 0, 128, intact).astype(np.uint8), mask, network)
    assert error(landmarks.points, truth) < 0.12
    columns = truth[:, 0] < truth[27:31, 0].mean() - 3
    assert landmarks.hidden[columns].mean() > 0.9
    assert landmarks.sigma[columns].mean() > 1.3 * landmarks.sigma[~columns].mean()


def test_what_stands_in_the_hole_is_never_looked_at(network, intact, truth):
    mask = half_mask(truth, intact.shape)
    frame = frame_of_landmarks(truth, level=0.0)
    noise = np.random.default_rng(0).integers(0, 256, intact.shape, np.uint8)
    one, other = (
        network.estimate(np.where(mask[..., None] > 0, inside, intact).astype(np.uint8), mask, frame)
        for inside in (noise, np.uint8(0))
    )
    # Only crop pixels that the hole touches are kept from the network; the warp mixes two pixels beyond them.
    assert np.abs(one.points - other.points).max() < 0.02 * interocular_distance(truth)


def test_a_mirrored_picture_gives_mirrored_landmarks(network, intact, truth):
    width = intact.shape[1]
    nothing = np.zeros(intact.shape[:2], np.uint8)
    frame = frame_of_landmarks(truth, level=0.0)
    mirrored = type(frame)((width - frame.centre[0], frame.centre[1]), frame.side, -frame.angle)
    one = network.estimate(intact, nothing, frame)
    other = network.estimate(np.ascontiguousarray(intact[:, ::-1]), nothing, mirrored)
    back = (other.points * (-1, 1) + (width, 0))[MIRROR]
    np.testing.assert_allclose(one.points, back, atol=0.05 * interocular_distance(truth))


def test_a_face_alone_says_nearly_what_it_says_with_its_mirror_image(network, intact, truth):
    nothing, frame = np.zeros(intact.shape[:2], np.uint8), frame_of_landmarks(truth, level=0.0)
    both = network.estimate(intact, nothing, frame)
    alone = network.estimate(intact, nothing, frame, mirrored=False)
    assert 0 < error(alone.points, both.points) < 0.03 and alone.score == pytest.approx(both.score, abs=0.1)
    assert (np.linalg.eigvalsh(alone.covariance) > 0).all() and alone.hidden.shape == (68,)


def test_it_works_without_facemesh_and_finds_no_face_in_stone(network, intact, truth):
    from statue_models.landmarks.landmarknet.predictor import NetworkLandmarks

    alone = NetworkLandmarks(network._network, None)
    nothing = np.zeros(intact.shape[:2], np.uint8)
    found = alone.refine(intact, nothing, frame_of_landmarks(truth, level=0.0))
    assert error(found.points, truth) < 0.15 and found.score > alone.lowest_score
    stone = np.random.default_rng(1).normal(128, 12, (200, 200, 3)).clip(0, 255).astype(np.uint8)
    scores = [proposal.score for proposal in alone.propose(stone, np.zeros((200, 200), np.uint8))]
    assert max(scores) < found.score / 3
