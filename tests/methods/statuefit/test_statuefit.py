"""``statuefit`` on statues made from a known head: what was cut off comes back, and only from what is visible."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypotheses import hypotheses

from statue_models.errors import StatueError
from statue_models.face.face_frame import frame_of_landmarks
from statue_models.methods.classical.classical import Telea
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.statuefit.statuefit import StatueFit
from statue_models.phases import Phase
from statue_models.request import no_progress


@pytest.fixture(scope="module")
def method():
    return StatueFit()


@pytest.fixture(scope="module")
def nose(statue):
    return statue.ellipse(30, 0.25, 0.42)


@pytest.fixture(scope="module")
def answer(method, statue, nose):
    """Three hypotheses for a lost nose."""
    return method.restore(statue.crop(nose), hypotheses(11, 12, 13), MethodOptions(), no_progress)


def error(picture, statue, hole):
    """Mean absolute error in the hole."""
    return np.abs(picture - statue.rgb)[hole].mean()


def test_the_nose_comes_back_where_interpolation_leaves_a_flat(statue, nose, answer):
    telea = Telea().restore(statue.crop(nose), hypotheses(0), MethodOptions(), no_progress).fills[0].rgb
    fill = answer.fills[0].rgb
    assert error(fill, statue, nose) < 0.5 * error(telea, statue, nose)
    likeness, flat = (np.corrcoef(rgb[nose].mean(1), statue.rgb[nose].mean(1))[0, 1] for rgb in (fill, telea))
    assert likeness > 0.85 and likeness > flat + 0.1


def test_the_fill_is_a_picture(statue, nose, answer):
    for fill in answer.fills:
        assert fill.rgb.shape == statue.rgb.shape and fill.rgb.dtype == np.float32
        assert np.isfinite(fill.rgb).all() and fill.rgb.min() >= 0 and fill.rgb.max() <= 1
    assert answer.notes["residual"] < 0.01
    assert answer.notes["yaw_degrees"] == pytest.approx(8, abs=5)


def test_the_spread_is_told_in_the_hole_alone(nose, answer):
    assert answer.uncertainty.shape == nose.shape
    assert answer.uncertainty[nose].mean() > 1 / 255 and not answer.uncertainty[~nose].any()


def test_there_is_no_step_at_the_border_of_the_hole(statue, nose, answer):
    """Across the border the picture changes no more than the whole statue does at the same place."""
    inner = nose & ~cv2.erode(nose.astype(np.uint8), np.ones((3, 3))).astype(bool)
    outer = cv2.dilate(nose.astype(np.uint8), np.ones((3, 3))).astype(bool) & ~nose
    near = cv2.blur(np.where(outer[..., None], statue.rgb, 0), (3, 3)) / cv2.blur(outer.astype(np.float32), (3, 3))[
        ..., None
    ].clip(1e-3)
    assert np.abs(answer.fills[0].rgb - near)[inner].mean() < np.abs(statue.rgb - near)[inner].mean() + 0.02


@pytest.mark.parametrize("content", [0.0, 1.0, np.nan])
def test_what_stands_in_the_hole_changes_nothing(method, statue, nose, answer, content):
    other = method.restore(statue.crop(nose, content), hypotheses(11), MethodOptions(), no_progress)
    assert other.fills[0].rgb[nose].tobytes() == answer.fills[0].rgb[nose].tobytes()
    np.testing.assert_array_equal(other.uncertainty, answer.uncertainty)


def test_the_same_seed_gives_the_same_bytes_whatever_else_is_asked(method, statue, nose, answer):
    again = method.restore(statue.crop(nose), hypotheses(11, 12), MethodOptions(), no_progress)
    for number in range(2):
        assert again.fills[number].rgb.tobytes() == answer.fills[number].rgb.tobytes()
    np.testing.assert_array_equal(again.fills[0].borrow, answer.fills[0].borrow)


def test_hypotheses_differ_in_the_hole_and_all_are_plausible(statue, nose, answer):
    grey = np.stack([fill.rgb.mean(2)[nose] for fill in answer.fills])
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(grey[first] - grey[second]).mean() > 2 / 255
    telea = Telea().restore(statue.crop(nose), hypotheses(0), MethodOptions(), no_progress).fills[0].rgb
    assert max(error(fill.rgb, statue, nose) for fill in answer.fills) < error(telea, statue, nose)


def test_grey_stone_stays_grey(method, grey_statue, nose):
    fill = method.restore(grey_statue.crop(nose), hypotheses(11), MethodOptions(), no_progress).fills[0].rgb[nose]
    assert np.ptp(fill, axis=1).max() < 1 / 255


def test_the_stone_keeps_its_hue(statue, nose, answer):
    def hue(rgb):
        return rgb[nose].mean(0) / rgb[nose].mean()

    np.testing.assert_allclose(hue(answer.fills[0].rgb), hue(statue.rgb), atol=0.01)


def test_a_hole_larger_than_the_face_says_that_it_only_interpolates(method, statue):
    hole = cv2.dilate((statue.image.coverage > 0).astype(np.uint8), np.ones((9, 9))).astype(bool)
    answer = method.restore(statue.crop(hole), hypotheses(1, 2), MethodOptions(), no_progress)
    assert "interpolation" in answer.notes["instead"]
    assert answer.uncertainty is None and len(answer.fills) == 2
    fill = answer.fills[0].rgb
    assert np.isfinite(fill).all()
    np.testing.assert_allclose(fill[hole].mean(0), statue.rgb[~hole].mean(0), atol=0.05)


def test_a_face_lost_but_for_the_chin_is_still_filled(method, statue):
    """Every inner landmark is hidden; what is left tells the light."""
    hole = statue.ellipse(28, 0.85, 0.95)
    crop = statue.crop(hole)
    assert crop.face.hidden[17:60].all()
    answer = method.restore(crop, hypotheses(1, 2), MethodOptions(), no_progress)
    assert "instead" not in answer.notes
    telea = Telea().restore(crop, hypotheses(0), MethodOptions(), no_progress).fills[0].rgb
    assert error(answer.fills[0].rgb, statue, hole) < error(telea, statue, hole)
    assert np.abs(answer.fills[0].rgb - answer.fills[1].rgb)[hole].mean() > 2 / 255


def test_beyond_the_photograph_nothing_is_known(method, statue, nose):
    """The crop reaches over the photograph's edge: what it holds there must not come back."""
    crop = statue.crop(nose)
    beyond = np.zeros(nose.shape, bool)
    beyond[:, :30] = True
    fills = []
    for colour in ([1, 0, 0], [0, 0, 1]):
        rgb = crop.rgb.copy()
        rgb[beyond] = colour
        seen = replace(crop, rgb=rgb, known=crop.known & ~beyond)
        fills.append(method.restore(seen, hypotheses(11), MethodOptions(), no_progress).fills[0].rgb)
    np.testing.assert_array_equal(fills[0][nose], fills[1][nose])


def test_it_can_be_stopped_between_hypotheses(method, statue, nose):
    heard = []

    def stop(phase, fraction):
        heard.append((phase, fraction))
        if fraction > 0:
            raise StatueError("interrupted")

    with pytest.raises(StatueError) as caught:
        method.restore(statue.crop(nose), hypotheses(1, 2, 3), MethodOptions(), stop)
    assert caught.value.code == "interrupted"
    assert heard[0] == (Phase.FITTING, 0.0) and len(heard) == 2


@pytest.fixture(scope="module")
def wide(statue):
    return statue.ellipse(30, 0.36, 0.42)


def placed(crop, points):
    """A crop whose landmarks a user put there."""
    return replace(crop, landmarks=replace(crop.face, points=points, placed=np.ones(68, bool)))


@pytest.fixture(scope="module")
def plain(method, statue, wide):
    """What comes back for the statue's own landmarks, given by a user."""
    crop = statue.crop(wide)
    return method.restore(placed(crop, crop.face.points), hypotheses(11), MethodOptions(), no_progress).fills[0].rgb


@pytest.mark.parametrize("direction", [(-1, 0), (1, 0), (0, 1)], ids=["left", "right", "down"])
def test_a_nose_that_a_user_drags_comes_back_there(method, statue, wide, plain, direction):
    """Ten pixels of a face frame of 256: its tip, found again in the picture itself."""
    pixel = frame_of_landmarks(statue.landmarks).side / 256
    points = statue.landmarks.copy()
    points[29:36] += 10 * pixel * np.array(direction)
    moved = method.restore(placed(statue.crop(wide), points), hypotheses(11), MethodOptions(), no_progress).fills[0].rgb
    before, after = (cv2.resize(rgb.mean(2), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for rgb in (plain, moved))
    x, y = (4 * statue.landmarks[30]).astype(int)
    place = after[y - 100 : y + 100, x - 100 : x + 100]
    row, column = np.unravel_index(
        cv2.matchTemplate(place, before[y - 40 : y + 40, x - 40 : x + 40], cv2.TM_CCOEFF_NORMED).argmax(), (121, 121)
    )
    along = np.array([column - 60, row - 60]) @ direction / 4 / pixel
    assert 8 <= along <= 12


def test_landmarks_that_the_head_meets_already_change_hardly_anything(method, statue, wide, plain):
    found = method.restore(statue.crop(wide), hypotheses(11), MethodOptions(), no_progress).fills[0].rgb
    assert np.abs(found - plain)[wide].mean() < 4 / 255
