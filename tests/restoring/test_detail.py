"""Structure finer than the crop: borrowed from where the fill says, and from nowhere else."""

import cv2
import numpy as np
import pytest

from statue_models.face.face_frame import FaceFrame
from statue_models.methods.method import Crop, Fill
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import LUMA
from statue_models.restoring.detail import FineDetail

SIDE, SIZE = 256, 64  # of the photograph and of the crop: four photograph pixels per crop pixel
FRAME = FaceFrame((SIDE / 2, SIDE / 2), SIDE)
HOLE = Rectangle(112, 112, 32, 32)
EVERY = Rectangle(0, 0, SIDE, SIDE)


def photograph(fine):
    """A slope with a fine checked pattern where ``fine`` (H, W) is true; (H, W) luma."""
    y, x = np.mgrid[:SIDE, :SIDE]
    checks = 0.1 * np.where((x // 2 + y // 2) % 2 == 0, 1, -1)
    return (0.3 + 0.4 * x / SIDE + checks * fine).astype(np.float32)


def seen_through(frame, luma, size=SIZE, scale=None):
    rgb = np.repeat(luma[..., None], 3, axis=2)
    crop, inside = frame.crop(rgb, size)
    mask = np.zeros(luma.shape, np.uint8)
    x, y, width, height = HOLE
    mask[y : y + height, x : x + width] = 255
    hole = frame.crop_mask(mask, size) > 0
    return Crop(crop, hole, inside & ~hole, None, frame.side / size if scale is None else scale)


def borrowing(crop, shift):
    cells = np.full((SIZE, SIZE, 2), np.nan, np.float32)
    cells[cv2.dilate(crop.hole.astype(np.uint8), np.ones((5, 5))) > 0] = shift
    return Fill(crop.rgb, cells)


def added_by(fill, luma, crop, frame=FRAME, part=EVERY):
    """Luma that the fill gets over the hole's box, all of which is missing."""
    return FineDetail(luma, part, crop, frame, HOLE, np.ones((32, 32), bool)).of(fill)


EVERYWHERE = np.ones((SIDE, SIDE))


def test_the_borrowed_structure_is_the_one_at_the_other_end_of_the_shift():
    """The pattern repeats every four pixels: shifted by whole crop pixels it falls on itself."""
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma)
    added = added_by(borrowing(crop, (12.0, 0.0)), luma, crop)
    x, y, width, height = HOLE
    lost = luma - FRAME.uncrop(crop.rgb @ np.array(LUMA, np.float32), EVERY)
    np.testing.assert_allclose(added, lost[y : y + height, x + 48 : x + 48 + width], atol=1e-4)
    assert added.std() > 0.08


def test_smooth_stone_gives_nothing_fine():
    luma = photograph(EVERYWHERE * 0)
    crop = seen_through(FRAME, luma)
    added = added_by(borrowing(crop, (12.0, 4.0)), luma, crop)
    np.testing.assert_allclose(added, 0, atol=0.003)


def test_the_grain_of_one_side_can_be_chosen_over_the_other():
    right = EVERYWHERE * (np.arange(SIDE) > SIDE // 2)
    luma = photograph(right)
    crop = seen_through(FRAME, luma)
    rough, smooth = (added_by(borrowing(crop, (x, 0.0)), luma, crop) for x in (20.0, -20.0))
    assert rough.std() > 0.08 > 0.01 > smooth.std()


def test_a_window_of_the_photograph_gives_the_same_as_the_whole():
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma)
    fill = borrowing(crop, (10.0, -8.0))
    whole = added_by(fill, luma, crop)
    part = added_by(fill, luma[20:240, 40:250], crop, part=Rectangle(40, 20, 210, 220))
    np.testing.assert_allclose(part, whole, atol=1e-5)


def test_in_a_turned_frame_shifts_turn_along():
    """Six crop pixels "to the right" of a frame turned by 90 degrees are 24 photograph pixels down."""
    below = EVERYWHERE * (np.arange(SIDE) > SIDE // 2 + 16)[:, None]
    turned = FaceFrame(FRAME.centre, FRAME.side, np.pi / 2)
    luma = photograph(below)
    crop = seen_through(turned, luma)
    down, up = (added_by(borrowing(crop, (x, 0.0)), luma, crop, turned) for x in (14.0, -14.0))
    assert down.std() > 0.08 > 0.01 > up.std()


@pytest.mark.parametrize("why", ["the method draws its own", "the crop holds everything"])
def test_nothing_is_added_when(why):
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma, scale=1.0 if why == "the crop holds everything" else None)
    fill = Fill(crop.rgb) if why == "the method draws its own" else borrowing(crop, (12.0, 0.0))
    added = added_by(fill, luma, crop)
    assert added.shape == (32, 32) and not added.any()


def test_cells_without_a_shift_add_nothing():
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma)
    nowhere = Fill(crop.rgb, np.full((SIZE, SIZE, 2), np.nan, np.float32))
    assert not added_by(nowhere, luma, crop).any()


def test_only_missing_pixels_get_detail_and_every_one_its_own():
    """A hole of odd shape, in a box of which it fills a part."""
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma)
    fill = borrowing(crop, (12.0, 0.0))
    hole = np.random.default_rng(0).random((32, 32)) < 0.3
    part = FineDetail(luma, EVERY, crop, FRAME, HOLE, hole).of(fill)
    np.testing.assert_array_equal(part, np.where(hole, added_by(fill, luma, crop), 0))


@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_enlarging_puts_every_crop_pixel_where_it_was(angle):
    """A slope through the frame and back is the same slope: no half pixel is lost on the way."""
    frame = FaceFrame((120.3, 131.7), 150.0, angle)
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    slope = ((2 * x + y) / (3 * SIDE)).astype(np.float32)
    crop, _ = frame.crop(slope, 80)
    back = frame.uncrop(crop, Rectangle(100, 105, 40, 50))
    assert back.shape == (50, 40)
    np.testing.assert_allclose(back, slope[105:155, 100:140], atol=6e-4)  # OpenCV rounds positions to 1/32


def test_where_nothing_is_missing_nothing_is_borrowed():
    luma = photograph(EVERYWHERE)
    crop = seen_through(FRAME, luma)
    nowhere = FineDetail(luma, EVERY, crop, FRAME, HOLE, np.zeros((32, 32), bool))
    assert not nowhere.of(borrowing(crop, (8, 0))).any()
