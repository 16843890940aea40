"""Detail of the face's other half: pits and edges that a crop does not hold, mirrored to where they belong."""

import numpy as np
import pytest

from statue_models.face.face_frame import FaceFrame
from statue_models.inpainting.texture import log_luma
from statue_models.methods.method import OtherHalf
from statue_models.pixels.rectangle import Rectangle
from statue_models.restoring.other_half import SHARPEST, transfer_other_half

WIDTH, HEIGHT, SIZE = 240, 160, 60
REACH = 3.0
FRAME = FaceFrame((120.0, 80.0), 240.0, 0.0)
HOLE = np.s_[50:110, 140:200]


def mirroring(share=1.0):
    """Every pixel's mirror image about the picture's middle."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    return OtherHalf(np.stack([SIZE - x, y], 2).astype(np.float32), np.full((SIZE, SIZE), share, np.float32))


@pytest.fixture(scope="module")
def photograph():
    """(H, W, 3) uint8 stone of one level, with pits of its own on the left."""
    grey = np.full((HEIGHT, WIDTH), 150, np.uint8)
    grain = np.random.default_rng(0)
    rows, columns = grain.integers(50, 110, 60), grain.integers(40, 100, 60)
    grey[rows, columns] = 90
    return np.repeat(grey[..., None], 3, 2)


def taken(photograph, half, level=150, hole=None):
    """(H, W) log luma that a smooth fill of the hole gets."""
    missing = np.zeros((HEIGHT, WIDTH), np.uint8)
    missing[HOLE if hole is None else hole] = 255
    fill = np.full((HEIGHT, WIDTH, 3), level / 255, np.float32)
    window = Rectangle(0, 0, WIDTH, HEIGHT)
    return transfer_other_half(fill, missing > 0, window, half, photograph, missing, FRAME, REACH)


def test_pits_come_to_their_mirror_images(photograph):
    added = taken(photograph, mirroring())
    inner = np.s_[60:100, 150:190]
    pits = photograph[:, ::-1, 0][inner] < 100
    assert pits.sum() > 10
    depth = float(log_luma(np.float32([90 / 255]))[0] - log_luma(np.float32([150 / 255]))[0])
    assert added[inner][pits].mean() == pytest.approx(depth, rel=0.25)
    assert np.abs(added[inner][~pits]).mean() < 0.05 * abs(depth)


def test_nothing_is_added_outside_the_hole_and_little_at_its_border(photograph):
    added = taken(photograph, mirroring())
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[HOLE] = False
    assert not added[outside].any()
    assert np.abs(added[50, 140:200]).max() < 0.1


def test_as_much_is_taken_as_the_other_half_answers_for(photograph):
    whole, third = taken(photograph, mirroring()), taken(photograph, mirroring(1 / 3))
    inner = np.s_[60:100, 150:190]
    np.testing.assert_allclose(third[inner], whole[inner] / 3, atol=2e-3)
    assert not taken(photograph, mirroring(0.0)).any()


def test_what_is_missing_on_the_other_half_gives_nothing(photograph):
    both = taken(photograph, mirroring(), hole=np.s_[50:110, 40:200])
    assert not both.any()


def test_what_stands_under_the_mask_has_no_say(photograph):
    other = photograph.copy()
    other[HOLE] = 7
    np.testing.assert_array_equal(taken(photograph, mirroring()), taken(other, mirroring()))


def test_the_dark_side_gives_the_lit_side_no_shadows(photograph):
    """Noise in shadow is strong, as a share of its light, and its edge belongs to the shadow."""
    lit = np.abs(taken(photograph, mirroring()))[60:100, 150:190].mean()
    assert np.abs(taken(photograph // 5, mirroring(), level=230))[60:100, 150:190].mean() < 0.2 * lit


def test_no_detail_is_stronger_than_a_chisel_leaves_it():
    hard = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    hard[:, ::2] = 255
    assert np.abs(taken(hard, mirroring(), level=128)).max() <= SHARPEST
