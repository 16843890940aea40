"""The fitted head passes through the landmarks that a user gave, however odd the face."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_statue import posed

from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import EYES, MOUTH, NOSE
from statue_models.head.deformation import deform_to_landmarks
from statue_models.head.pose import fit_head, sample_fit
from statue_models.head.raster import draw_head

HIDDEN_NOSE = np.isin(np.arange(68), np.arange(68)[NOSE])


def landmarks_of(head, fit):
    return fit.project(fit.camera_space(fit.vertices(head)[head.landmarks].astype(np.float64)))


def pixel(points):
    """One pixel of a face frame of 256, in pixels of the crop."""
    return frame_of_landmarks(points).side / 256


def dragged(points, part, step):
    moved = points.copy()
    moved[part] += step
    return moved


def followed(head, points):
    return deform_to_landmarks(head, fit_head(head, points, HIDDEN_NOSE, 160), points)


@pytest.fixture(scope="module", params=[0.0, 25.0], ids=["frontal", "turned"])
def points(request, head):
    return landmarks_of(head, posed(head, request.param, seed=3))


@pytest.mark.parametrize("direction", [(-1, 0), (1, 0), (0, -1), (0, 1)], ids=["left", "right", "up", "down"])
@pytest.mark.parametrize(("part", "seen"), [(slice(29, 36), 30), (MOUTH, 57)], ids=["nose", "mouth"])
def test_what_a_user_drags_by_ten_pixels_goes_ten_pixels_and_the_eyes_stay(head, points, direction, part, seen):
    step = 10 * pixel(points) * np.array(direction)
    moved = landmarks_of(head, followed(head, dragged(points, part, step))) - landmarks_of(head, followed(head, points))
    along = moved[seen] @ direction / pixel(points)
    assert along == pytest.approx(10, abs=1)
    assert np.linalg.norm(moved[EYES], axis=1).max() < 1.5 * pixel(points)


def test_every_landmark_that_a_user_gave_is_met(head, points):
    """Also where no head of the model has it: each point off by what a hand and an odd face come to.

    Inner lips lie on each other and cannot go different ways.
    """
    odd = points + np.random.default_rng(0).normal(0, 1.5 * pixel(points), points.shape)
    off = np.linalg.norm(landmarks_of(head, followed(head, odd)) - odd, axis=1) / pixel(points)
    plain = np.linalg.norm(landmarks_of(head, fit_head(head, odd, HIDDEN_NOSE, 160)) - odd, axis=1) / pixel(points)
    assert off[:60].mean() < 0.5 < 1 < plain[:60].mean()


@pytest.mark.parametrize("part", [slice(30, 31), slice(29, 36)], ids=["tip", "nose"])
def test_a_placed_landmark_is_met_while_those_that_were_found_stay_fitted(head, points, part):
    found = points + np.random.default_rng(1).normal(0, 1.5 * pixel(points), points.shape)
    plain = fit_head(head, found, HIDDEN_NOSE, 160)
    before = landmarks_of(head, plain)
    placed = np.zeros(68, bool)
    placed[part] = True
    target = np.where(placed[:, None], before + np.array([10 * pixel(points), 0]), found)
    after = landmarks_of(head, deform_to_landmarks(head, plain, target, placed))
    assert np.linalg.norm(after - target, axis=1)[placed].max() < 0.5 * pixel(points)
    still = np.linalg.norm(after - before, axis=1) / pixel(points)
    assert still[EYES].max() < 1 and still[:17].max() < 1
    untouched = deform_to_landmarks(head, plain, target, np.zeros(68, bool))
    assert landmarks_of(head, untouched) == pytest.approx(before, abs=1e-3)


def test_landmarks_that_fit_already_change_hardly_anything(head, points):
    plain = fit_head(head, points, HIDDEN_NOSE, 160)
    fit = deform_to_landmarks(head, plain, landmarks_of(head, plain))
    assert np.abs(fit.offset).max() < 1e-3
    one, other = draw_head(head, plain), draw_head(head, fit)
    assert np.abs(one.normal - other.normal).mean() < 1e-3


def test_other_hypotheses_follow_too(head, points):
    step = np.array([10 * pixel(points), 0])
    before, after = followed(head, points), followed(head, dragged(points, slice(29, 36), step))
    for seed in range(3):
        same = replace(before, coefficients=after.coefficients, rotation=after.rotation, translation=after.translation)
        drawn, unmoved = (sample_fit(head, fit, np.random.default_rng(seed)) for fit in (after, same))
        own = landmarks_of(head, after) - landmarks_of(head, same)
        np.testing.assert_allclose(
            (landmarks_of(head, drawn) - landmarks_of(head, unmoved))[30], own[30], atol=0.2 * pixel(points)
        )


def test_the_offset_does_not_depend_on_the_size_of_the_crop(head, points):
    small = followed(head, points + 1.0)
    large = deform_to_landmarks(head, fit_head(head, (points + 1.0) * 3, HIDDEN_NOSE, 480), (points + 1.0) * 3)
    np.testing.assert_allclose(small.offset, large.offset, atol=5e-3)


def test_nonsense_does_not_tear_the_head_over_the_whole_picture(head):
    """68 points anywhere: what is drawn stays finite and takes no more than a few times a head's work and memory."""
    points = np.random.default_rng(1).uniform(0, 160, (68, 2))
    plain = fit_head(head, points, HIDDEN_NOSE, 160)
    fit = deform_to_landmarks(head, plain, points)

    def boxes(fit):
        corners = fit.project(fit.camera_space(fit.vertices(head)))[head.triangles]
        return np.ptp(np.clip(corners, 0, 160), axis=1).prod(1).sum()

    assert boxes(fit) < 4 * boxes(plain)
    assert np.isfinite(draw_head(head, fit).normal).all()
