"""The square around the face: where it lies, and that crops of photograph and mask are exact to the pixel."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_statue import SIZE, landmarks_of, posed

from statue_models.face.face_frame import FaceFrame, eye_roll, frame_of_landmarks, working_size

FRAMES = [FaceFrame((50.0, 40.0), 64.0), FaceFrame((31.7, 44.2), 91.3, 0.4), FaceFrame((70.0, 20.0), 12.5, -1.2)]


def face_points(centre=(200.0, 300.0), height=100.0, roll=0.0):
    """(68, 2) points with the eye line, brows and chin of an upright face whose box is ``height`` square, rolled."""
    rng = np.random.default_rng(5)
    points = rng.uniform(-0.3, 0.3, (68, 2))
    points[8], points[19], points[24] = (0, 0.5), (-0.3, -0.5), (0.3, -0.5)
    points[0], points[16] = (-0.5, -0.2), (0.5, -0.2)
    points[36:42], points[42:48] = (-0.2, -0.3), (0.2, -0.3)
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    return points @ turn.T * height + centre


@given(
    st.tuples(st.floats(-50, 500), st.floats(-50, 500)),
    st.floats(1, 4000),
    st.floats(-3.2, 3.2),
    st.integers(16, 600),
)
def test_points_return_from_the_crop_to_where_they_were(centre, side, angle, size):
    frame = FaceFrame(centre, side, angle)
    points = np.array([[0.5, 0.5], [123.4, 56.7], [-20.0, 900.0]])
    there_and_back = frame.to_photograph(frame.to_crop(points, size), size)
    np.testing.assert_allclose(there_and_back, points, atol=1e-6)


def test_the_corner_of_the_square_is_the_corner_of_the_crop_at_every_size():
    frame = FaceFrame((100.0, 60.0), 40.0)
    for size in (16, 33, 512):
        np.testing.assert_allclose(frame.to_photograph(np.array([[0.0, 0.0]]), size), [[80.0, 40.0]])
        np.testing.assert_allclose(frame.to_crop(np.array([[120.0, 80.0]]), size), [[size, size]])


def test_a_quarter_turn_puts_the_crops_x_axis_along_the_photographs_y_axis():
    frame = FaceFrame((10.0, 10.0), 8.0, math.pi / 2)
    np.testing.assert_allclose(frame.to_photograph(np.array([[8.0, 4.0]]), 8), [[10.0, 14.0]], atol=1e-12)


def test_a_frame_on_whole_pixels_copies_them():
    picture = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    crop, inside = FaceFrame((40.0, 30.0), 32.0).crop(picture, 32)
    np.testing.assert_array_equal(crop, picture[14:46, 24:56])
    assert inside.all()


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("size", [16, 64, 200])
def test_a_ramp_keeps_its_values_at_the_pixel_centres(frame, size):
    """Half a pixel of shift between the two grids would show here as half a step of the ramp."""
    y, x = np.mgrid[:120, :160] + 0.5
    ramp = (2 * x + 3 * y).astype(np.float32)
    crop, inside = frame.crop(ramp, size)
    centres = np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5), axis=-1).reshape(-1, 2)
    there = frame.to_photograph(centres, size)
    expected = (2 * there[:, 0] + 3 * there[:, 1]).reshape(size, size)
    margin = 4 * max(1.0, frame.side / size)
    far = ((there > margin) & (there < np.array([160, 120]) - margin)).all(axis=1).reshape(size, size)
    assert far.sum() > 20
    wrong = (crop - expected)[far & inside]
    assert abs(wrong.mean()) < 0.05 * max(1.0, frame.side / size)
    # OpenCV places cubic samples to a sixteenth of a pixel; half a pixel would be 2.5.
    assert np.abs(wrong).max() < 0.35 * max(1.0, frame.side / size)


def test_shrinking_averages_instead_of_picking_pixels():
    checks = np.indices((512, 512)).sum(axis=0) % 2 * np.uint8(255)
    crop, _ = FaceFrame((256.0, 256.0), 512.0).crop(checks.astype(np.uint8), 100)
    assert np.abs(crop[5:-5, 5:-5].astype(int) - 127).max() < 12


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,)])
def test_every_kind_of_picture_keeps_its_kind(dtype, channels):
    crop, _ = FaceFrame((20.0, 20.0), 30.0, 0.3).crop(np.ones((40, 50, *channels), dtype), 24)
    assert crop.shape == (24, 24, *channels)
    assert crop.dtype == dtype
    np.testing.assert_allclose(crop, 1, atol=1e-6)


def test_beyond_the_photograph_its_edge_goes_on_and_is_marked():
    picture = np.zeros((20, 20), np.uint8)
    picture[:, 0] = 90
    crop, inside = FaceFrame((0.0, 10.0), 20.0).crop(picture, 20)
    assert (crop[:, :10] == 90).all()
    assert not inside[:, :10].any()
    assert inside[:, 10:].all()
    crop, inside = FaceFrame((-500.0, 10.0), 20.0).crop(picture, 20)
    assert (crop == 90).all()
    assert not inside.any()


@pytest.mark.parametrize("angle", [0.0, 0.5])
@pytest.mark.parametrize("size", [32, 128, 512])
def test_no_hole_is_too_small_to_stay_a_hole(angle, size):
    rng = np.random.default_rng(2)
    frame = FaceFrame((400.3, 300.6), 431.7, angle)
    for _ in range(12):
        position = rng.uniform(0.1, 0.9, (1, 2)) * size
        x, y = np.floor(frame.to_photograph(position, size)[0]).astype(int)
        mask = np.zeros((600, 800), np.uint8)
        mask[y, x] = 200
        seen = frame.crop_mask(mask, size)
        inner = [(0.5, 0.5)] if angle else [(0.5, 0.5), (0.02, 0.02), (0.98, 0.98)]
        columns, rows = np.floor(frame.to_crop(np.array([x, y]) + np.array(inner), size)).astype(int).T
        assert (seen[rows, columns] == 200).all()


def test_only_crop_pixels_that_touch_the_hole_are_hole():
    mask = np.zeros((64, 64), np.uint8)
    mask[16:24, 32:40] = 255
    seen = FaceFrame((32.0, 32.0), 64.0).crop_mask(mask, 16)
    expected = np.zeros((16, 16), np.uint8)
    expected[4:6, 8:10] = 255
    np.testing.assert_array_equal(seen, expected)
    mask[24, 40] = 7
    expected[6, 10] = 7
    np.testing.assert_array_equal(FaceFrame((32.0, 32.0), 64.0).crop_mask(mask, 16), expected)


def test_a_known_crop_pixel_shows_only_known_stone():
    """Every crop pixel left 0 has a footprint free of mask, also where the crop enlarges."""
    mask = (np.random.default_rng(3).random((90, 90)) < 0.02).astype(np.uint8) * 255
    frame = FaceFrame((45.2, 44.1), 60.5)
    for size in (24, 150):
        seen = frame.crop_mask(mask, size)
        matrix = frame.matrix(size)
        for row, column in np.argwhere(seen == 0)[::7]:
            low = matrix @ (column + 0.01, row + 0.01, 1)
            high = matrix @ (column + 0.99, row + 0.99, 1)
            x0, y0, x1, y1 = *np.floor(low).astype(int), *np.floor(high).astype(int)
            assert not mask[y0 : y1 + 1, x0 : x1 + 1].any()


def test_the_frame_holds_the_head_above_the_brows_and_below_the_chin():
    frame = frame_of_landmarks(face_points(centre=(200.0, 300.0), height=100.0))
    assert frame.angle == 0.0
    assert 150 <= frame.side <= 175
    top, bottom = frame.centre[1] - frame.side / 2, frame.centre[1] + frame.side / 2
    assert 40 <= 250 - top <= 60
    assert 10 <= bottom - 350 <= 30


@pytest.mark.parametrize(("roll", "angle"), [(10, 0), (-14, 0), (25, 25), (-90, -90), (170, 170)])
def test_the_frame_follows_the_roll_only_where_it_is_large(roll, angle):
    points = face_points(roll=math.radians(roll))
    assert math.degrees(eye_roll(points)) == pytest.approx(roll)
    frame = frame_of_landmarks(points)
    assert math.degrees(frame.angle) == pytest.approx(angle)
    assert ((frame.to_crop(points, 1) > 0) & (frame.to_crop(points, 1) < 1)).all()


@pytest.mark.parametrize("roll", [-60.0, 0.0, 20.0, 150.0])
@pytest.mark.parametrize("yaw", [0.0, 40.0, -60.0, 75.0, -88.0])
def test_the_roll_of_a_head_in_profile_is_that_of_the_head(head, yaw, roll):
    points = landmarks_of(head, posed(head, yaw, seed=1)) - SIZE / 2
    a = math.radians(roll)
    turned = points @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
    off = math.degrees(eye_roll(turned)) - roll
    assert abs(math.remainder(off, 360)) < (4 if abs(yaw) < 50 else 12)  # a mouth lies behind the eyes


def test_the_working_size_is_the_faces_own_size_within_limits():
    sizes = [working_size(FaceFrame((0.0, 0.0), side)) for side in (40, 128, 129, 300, 512, 513, 4000)]
    assert sizes == [128, 128, 144, 304, 512, 512, 512]


def test_a_frame_survives_its_json_form():
    for frame in FRAMES:
        assert FaceFrame.from_json(frame.to_json()) == frame
    for wrong in ({"centre": [1, 2], "side": 0, "angle": 0}, {"centre": [1, math.nan], "side": 1, "angle": 0}):
        with pytest.raises(ValueError):
            FaceFrame.from_json(wrong)
