"""Finding the face: on the bundled example, whole and damaged, wherever and however large it stands in a picture.

FaceMesh's two files are needed (``python3 -m installer``, or the extra ``landmarks``); without them the tests fail.
"""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

import statue_models
from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import INNER, Landmarks, interocular_distance
from statue_models.landmarks import sightings
from statue_models.landmarks.facemesh import files as facemesh_files
from statue_models.landmarks.registry import predictor
from statue_models.landmarks.search import covers_hole, find_face, find_faces
from statue_models.pixels.rectangle import Rectangle
from statue_models.restoring.cropping import pixels_in_frame, widen_to_hold

EXAMPLE = Path(statue_models.__file__).parent / "example"


def example(name):
    """A picture of the example at half its size: RGB, or the mask."""
    mode = cv2.IMREAD_GRAYSCALE if name.startswith("mask") else cv2.IMREAD_COLOR
    picture = cv2.imread(str(EXAMPLE / name), mode)
    assert picture is not None, f"the example {name} is not where it belongs, in {EXAMPLE}"
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return half if picture.ndim == 2 else np.ascontiguousarray(half[..., ::-1])


@pytest.fixture(scope="module")
def facemesh():
    try:
        return predictor("facemesh")
    except StatueError as error:
        pytest.fail(f"FaceMesh's files are needed for these tests. {error.sentence} {error.remedy}")


@pytest.fixture(scope="module")
def intact():
    return example("intact.jpg")


@pytest.fixture(scope="module")
def damaged():
    return example("damaged.jpg"), example("mask.png")


@pytest.fixture(scope="module")
def truth(facemesh, intact):
    """The landmarks of the whole head, which damaged ones are held against."""
    return find_face(intact, np.zeros(intact.shape[:2], np.uint8), facemesh)[0].points


def error(points, expected):
    """NME of the inner points."""
    return np.linalg.norm(points - expected, axis=1)[INNER].mean() / interocular_distance(expected)


def placed(canvas, picture, mask, scale, roll, centre):
    """Draw the picture, scaled and rolled in degrees, onto the canvas; its mask on a new one; and how points move."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -roll, scale)
    matrix[:, 2] += np.array(centre) - (width / 2, height / 2)
    size = canvas.shape[1::-1]
    small = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale) if scale < 1 else picture
    drawn = cv2.warpAffine(small, matrix, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, size) > 127
    canvas[there] = drawn[there]
    moved_mask = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST)
    return moved_mask, lambda points: points @ matrix[:, :2].T + matrix[:, 2]


def wall(height, width):
    """A stone wall without faces: uneven blocks with joints."""
    rng = np.random.default_rng(9)
    coarse = cv2.resize(
        rng.normal(120, 25, (height // 40, width // 40)), (width, height), interpolation=cv2.INTER_CUBIC
    )
    stone = coarse + rng.normal(0, 6, (height, width))
    stone[::97] -= 40
    stone[:, ::131] -= 40
    return np.repeat(np.clip(stone, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_the_whole_head_is_found_where_it_is(facemesh, intact, truth):
    found, frame = find_face(intact, np.zeros(intact.shape[:2], np.uint8), facemesh)
    assert found.source == "facemesh"
    assert found.score > 0.5
    assert not found.hidden.any()
    assert frame == frame_of_landmarks(found.points)
    # Eyes, nose and mouth as they stand in the picture, read off by eye.
    np.testing.assert_allclose(truth[36:42].mean(axis=0), (167, 257), atol=8)
    np.testing.assert_allclose(truth[42:48].mean(axis=0), (309, 258), atol=8)
    np.testing.assert_allclose(truth[48:60].mean(axis=0), (230, 403), atol=10)


def test_the_damaged_head_is_found_with_what_is_hidden_and_how_sure_it_is(facemesh, damaged, truth):
    found, _ = find_face(damaged[0], damaged[1], facemesh)
    assert error(found.points, truth) < 0.05
    assert found.hidden[30]
    assert not found.hidden[[8, 36, 45, 48, 54]].any()
    assert (found.sigma > 0).all()
    unit = interocular_distance(truth)
    assert found.sigma[found.hidden].mean() > found.sigma[27:][~found.hidden[27:]].mean()
    assert found.sigma.max() < 0.2 * unit
    assert (np.linalg.norm(found.points - truth, axis=1) < 3 * found.sigma)[INNER].mean() > 0.8


def test_the_same_picture_gives_the_same_points(facemesh, damaged):
    first, second = find_face(damaged[0], damaged[1], facemesh)[0], find_face(damaged[0], damaged[1], facemesh)[0]
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.sigma, second.sigma)


@pytest.mark.parametrize(
    ("scale", "roll", "centre"),
    [
        (0.25, 0, (1150, 250)),
        (0.6, 25, (500, 400)),
        (0.4, -30, (1000, 600)),
        (0.35, 8, (330, 640)),
        (1.2, 0, (800, 480)),
    ],
)
def test_it_is_found_small_off_centre_and_rolled(facemesh, damaged, truth, scale, roll, centre):
    canvas = wall(900, 1500)
    mask, moved = placed(canvas, damaged[0], damaged[1], scale, roll, centre)
    found, frame = find_face(canvas, mask, facemesh)
    assert error(found.points, moved(truth)) < 0.08
    assert abs(math.degrees(frame.angle) - (roll if abs(roll) > 15 else 0)) < 6


def test_of_two_faces_the_damaged_one_is_meant(facemesh, damaged, intact, truth):
    canvas = wall(900, 1500)
    placed(canvas, intact, damaged[1], 1.0, 0, (420, 430))
    mask, moved = placed(canvas, damaged[0], damaged[1], 0.4, 0, (1150, 500))
    assert error(find_face(canvas, mask, facemesh)[0].points, moved(truth)) < 0.08


def test_a_mask_beside_every_face_is_nobody_s_and_one_that_reaches_onto_a_head_is_that_head_s(
    facemesh, damaged, intact, truth
):
    canvas = wall(900, 1500)
    _, far = placed(canvas, intact, damaged[1], 0.6, 0, (280, 400))
    _, near = placed(canvas, intact, damaged[1], 0.6, 0, (900, 400))
    mask = np.zeros((900, 1500), np.uint8)
    mask[430:510, 960:1040] = 255
    found, frame = find_face(canvas, mask, facemesh)
    assert error(found.points, near(truth)) < 0.08 < error(found.points, far(truth))
    box = Rectangle.of_mask(mask)
    assert pixels_in_frame(widen_to_hold(frame, box), box).all()
    assert covers_hole(found, mask) and covers_hole(found, np.zeros_like(mask))
    for right, down in ((160, 100), (400, 0), (-330, 0)):
        away = np.roll(mask, (down, right), axis=(0, 1))
        assert not covers_hole(found, away)
        with pytest.raises(StatueError) as caught:
            find_face(canvas, away, facemesh)
        assert caught.value.code in ("hole-off-face", "no-face")
    # Who says which face is meant gets it all the same.
    low, extent = near(truth).min(axis=0), np.ptp(near(truth), axis=0)
    found, _ = find_face(canvas, np.roll(mask, 160, axis=1), facemesh, face=(*low, *extent))
    assert error(found.points, near(truth)) < 0.08


def test_stray_pixels_of_the_selection_change_nothing(facemesh, damaged, truth):
    canvas = wall(900, 1500)
    mask, moved = placed(canvas, damaged[0], damaged[1], 0.4, 0, (1150, 500))
    mask[3, 5] = mask[890, 20] = 1
    assert error(find_face(canvas, mask, facemesh)[0].points, moved(truth)) < 0.08


def test_a_large_photograph_gives_the_face_at_its_own_scale(facemesh, damaged, truth):
    canvas = wall(2600, 3600)
    mask, moved = placed(canvas, damaged[0], damaged[1], 3.0, 0, (1900, 1300))
    found, frame = find_face(canvas, mask, facemesh)
    assert error(found.points, moved(truth)) < 0.05
    assert frame.side == pytest.approx(3 * frame_of_landmarks(truth).side, rel=0.1)


def test_no_face_is_said_where_there_is_none(facemesh):
    picture = wall(600, 800)
    mask = np.zeros((600, 800), np.uint8)
    for hole in (0, 255):
        mask[250:330, 380:450] = hole
        with pytest.raises(StatueError) as caught:
            find_face(picture, mask, facemesh)
        assert caught.value.code == "no-face"


def test_all_faces_of_a_picture_are_found_each_once_whole_or_with_a_hole(facemesh, damaged, intact, truth):
    canvas = wall(900, 1500)
    nothing = np.zeros(intact.shape[:2], np.uint8)
    _, large = placed(canvas, intact, nothing, 0.8, 0, (330, 430))
    first, one = placed(canvas, damaged[0], damaged[1], 0.5, 0, (900, 300))
    second, other = placed(canvas, damaged[0], damaged[1], 0.4, 10, (1250, 620))
    found = find_faces(canvas, first | second, facemesh)
    assert len(found) == 3
    for moved in (large, one, other):
        assert min(error(face.points, moved(truth)) for face, _ in found) < 0.08
    for face, frame in found:
        assert frame == frame_of_landmarks(face.points)
    assert sorted(bool(face.hidden[30]) for face, _ in found) == [False, True, True]
    assert find_faces(wall(600, 800), np.zeros((600, 800), np.uint8), facemesh) == []


def test_a_given_box_decides_between_faces(facemesh, intact, truth):
    canvas = wall(900, 1500)
    nothing = np.zeros(intact.shape[:2], np.uint8)
    placed(canvas, intact, nothing, 0.9, 0, (380, 430))
    mask, moved = placed(canvas, intact, nothing, 0.5, 0, (1150, 500))
    low, high = moved(truth).min(axis=0), moved(truth).max(axis=0)
    found, _ = find_face(canvas, mask, facemesh, face=(*low, *(high - low)))
    assert error(found.points, moved(truth)) < 0.08
    with pytest.raises(StatueError) as caught:
        find_face(canvas, mask, facemesh, face=(800, 0, 60, 60))
    assert caught.value.code == "no-face"


def test_given_landmarks_are_taken_as_they_are(truth, damaged):
    rgb, mask = damaged

    class Unused:
        """A predictor that nobody may ask."""

        name, lowest_score, sure_score = "unused", 0.5, 0.9

        def propose(self, rgb, mask):
            raise AssertionError

        def refine(self, rgb, mask, frame):
            raise AssertionError

    found, frame = find_face(rgb, mask, Unused(), landmarks=Landmarks.given(truth), face=(0, 0, 10, 10))
    np.testing.assert_array_equal(found.points, truth)
    assert found.source == "given"
    assert found.hidden[30]
    assert frame == frame_of_landmarks(truth)
    with pytest.raises(StatueError) as caught:
        find_face(rgb, mask, Unused(), landmarks=Landmarks.given(truth + 5000))
    assert caught.value.code == "bad-landmarks"


class Turned:
    """A predictor that sees one head in the middle of every picture, turned by ``degrees``."""

    name, lowest_score, sure_score = "turned", 0.5, 0.9

    def __init__(self, degrees, shape):
        self.yaw, self.shape = math.radians(degrees), shape

    def propose(self, rgb, mask):
        points = (self.shape - self.shape.mean(axis=0)) / np.ptp(self.shape, axis=0).max() * 100
        return [Landmarks(points + rgb.shape[0] / 2, source=self.name, yaw=self.yaw)]

    def refine(self, rgb, mask, frame: FaceFrame):
        first = self.propose(rgb, mask)[0]
        return Landmarks(first.points, np.ones(68), source=self.name, yaw=self.yaw)


def test_full_profile_is_refused_by_its_own_code(truth, damaged):
    assert find_face(damaged[0], damaged[1], Turned(-45, truth))[0].source == "turned"
    for degrees in (80, -80):
        assert find_face(damaged[0], damaged[1], Turned(degrees, truth))[0].yaw == math.radians(degrees)
    for degrees in (89, -89):
        with pytest.raises(StatueError) as caught:
            find_face(damaged[0], damaged[1], Turned(degrees, truth))
        assert caught.value.code == "profile-face"


class Sketched:
    """A predictor that proposes one head in the middle of each picture, or nothing, and refines it to ``better``."""

    lowest_score, sure_score = 0.01, 0.9

    def __init__(self, name, shape, score, proposes=True, better=0.0):
        self.name, self.shape, self.score, self.proposes, self.better = name, shape, score, proposes, better
        self.frames = []

    def propose(self, rgb, mask):
        points = (self.shape - self.shape.mean(axis=0)) / np.ptp(self.shape, axis=0).max() * 100
        return [Landmarks(points + rgb.shape[0] / 2, score=0.5)] if self.proposes else []

    def refine(self, rgb, mask, frame: FaceFrame):
        self.frames.append(frame)
        within = frame_of_landmarks(self.shape, level=0.0).to_crop(self.shape, 1)
        points = frame.to_photograph(within, 1) + self.better
        spread = np.tile(np.diag([4.0, 9.0]), (68, 1, 1))
        return Landmarks(points, np.full(68, 2.5), np.arange(68) == 3, self.score, self.name, spread, yaw=0.0)


@pytest.fixture
def trustful(monkeypatch):
    """No second look unsettles what is sketched: it follows its frame wherever that lies."""
    monkeypatch.setattr(sightings, "AGREED", math.inf)


def test_what_moves_with_its_frame_is_no_face_unless_its_predictor_is_hardly_ever_wrong(truth, damaged):
    rgb, mask = damaged
    with pytest.raises(StatueError) as caught:
        find_face(rgb, mask, Sketched("one", truth, 0.8))
    assert caught.value.code == "no-face"
    assert find_face(rgb, mask, Sketched("one", truth, 0.9))[0].source == "one"


@pytest.mark.usefixtures("trustful")
def test_of_two_predictors_the_one_that_is_likelier_right_decides(truth, damaged, monkeypatch):
    table = {"boastful": ((0.0, 1.0), (0.0, 0.4)), "modest": ((0.0, 0.5), (0.1, 0.9))}
    monkeypatch.setattr(sightings, "probability", lambda name, score: float(np.interp(score, *table[name])))
    rgb, mask = damaged
    boastful, modest = Sketched("boastful", truth, 0.95), Sketched("modest", truth, 0.45)
    assert find_face(rgb, mask, [boastful, modest])[0].source == "modest"
    assert find_face(rgb, mask, [modest, boastful])[0].source == "modest"
    modest.score = 0.1
    assert find_face(rgb, mask, [boastful, modest])[0].source == "boastful"


@pytest.mark.usefixtures("trustful")
def test_what_one_predictor_proposes_the_other_looks_at_closely(truth, damaged):
    rgb, mask = damaged
    blind, other = Sketched("blind", truth, 0.95, proposes=False), Sketched("other", truth, 0.3)
    found, _ = find_face(rgb, mask, [blind, other])
    assert found.source == "blind"
    assert blind.frames and blind.frames == other.frames
    with pytest.raises(StatueError) as caught:
        find_face(rgb, mask, [blind])
    assert caught.value.code == "no-face"


@pytest.mark.usefixtures("trustful")
def test_ellipses_and_hidden_points_come_back_at_the_photograph_s_scale(truth, damaged):
    found, _ = find_face(*damaged, [Sketched("one", truth, 0.8)])
    scale = math.sqrt(found.covariance[0, 0, 0] / 4)
    assert scale == pytest.approx(found.sigma[0] / 2.5)
    assert found.covariance[7, 1, 1] == pytest.approx(9 * scale**2)
    # The face was looked at in a view of 288 pixels, 1.4 of its frame.
    assert scale == pytest.approx(frame_of_landmarks(found.points, level=0.0).side * 1.4 / 288, rel=0.01)
    assert found.hidden[3]


def test_the_search_can_be_stopped(facemesh, damaged):
    phases = []

    def stop(phase, fraction):
        phases.append((phase, fraction))
        raise StatueError("interrupted")

    with pytest.raises(StatueError) as caught:
        find_face(damaged[0], damaged[1], facemesh, progress=stop)
    assert caught.value.code == "interrupted"
    assert phases == [("face", 0.0)]


def test_missing_files_say_how_to_get_them(tmp_path):
    with pytest.raises(StatueError) as caught:
        predictor("facemesh", tmp_path)
    assert caught.value.code == "weights-missing"
    assert "restore-statue-face[landmarks]" in caught.value.remedy


def test_a_changed_file_is_refused(tmp_path):
    for name in (facemesh_files.DETECTION, facemesh_files.LANDMARKS):
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(StatueError) as caught:
        predictor("facemesh", tmp_path)
    assert caught.value.code == "weights-hash"


def test_files_of_an_installed_mediapipe_are_found_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "site" / "mediapipe"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("RESTORE_STATUE_FACE_HOME", str(tmp_path / "home"))
    paths = facemesh_files.candidates(facemesh_files.LANDMARKS)
    assert paths == [
        tmp_path / "home" / "data" / "landmarks" / "face_landmark.tflite",
        package / "modules" / "face_landmark" / "face_landmark.tflite",
    ]


def test_an_unknown_predictor_is_named():
    with pytest.raises(StatueError) as caught:
        predictor("nobody")
    assert caught.value.code == "unknown-predictor"
    assert all(name in caught.value.remedy for name in ("default", "facemesh", "landmarknet"))
