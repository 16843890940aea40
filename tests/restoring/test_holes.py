"""Which missing pixels are one hole."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statue_models.pixels.rectangle import Rectangle
from statue_models.restoring.holes import BLOCKS, GAP, TILE, Hole, find_holes, join_by_tile, unite


def mask_of(shape, *boxes):
    mask = np.zeros(shape, np.uint8)
    for x, y, width, height in boxes:
        mask[y : y + height, x : x + width] = 255
    return mask


def laid(holes, shape):
    out = np.zeros(shape, int)
    for hole in holes:
        out[hole.rectangle.slices] += hole.where
    return out


boxes = st.lists(
    st.tuples(st.integers(0, 380), st.integers(0, 280), st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=12
)


@settings(max_examples=200, deadline=None)
@given(boxes)
def test_every_missing_pixel_lies_in_one_hole_and_no_other(places):
    mask = mask_of((300, 400), *places)
    holes = find_holes(mask)
    np.testing.assert_array_equal(laid(holes, mask.shape), mask > 0)
    for hole in holes:
        assert hole.where.shape == hole.rectangle.shape
        assert Rectangle.of_mask(hole.where) == Rectangle(0, 0, hole.rectangle.width, hole.rectangle.height)
    sizes = [hole.pixels for hole in holes]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) == np.count_nonzero(mask)


@settings(max_examples=200, deadline=None)
@given(boxes, st.tuples(st.integers(0, 390), st.integers(0, 290)))
def test_a_hole_is_the_same_whatever_else_is_missing(places, corner):
    """But for what lies so near that it belongs to it."""
    one = mask_of((300, 400), (*corner, 10, 10))
    (alone,) = find_holes(one)
    others = mask_of((300, 400), *places)
    others[Rectangle(*corner, 10, 10).expand(2 * GAP, others.shape).slices] = 0
    among = find_holes(one | others)
    assert any(
        hole.rectangle == alone.rectangle and (hole.where == alone.where).all() for hole in among if hole.pixels == 100
    )


@pytest.mark.parametrize("side", [400, BLOCKS, 3 * BLOCKS])
def test_parts_near_each_other_are_one_hole_in_pictures_of_any_size(side):
    block = -(-side // BLOCKS)
    for gap, count in ((GAP - 2, 1), (GAP + 2, 2)):
        start = 100 * block
        mask = mask_of((side, side), (start, start, block, block), (start + (gap + 1) * block, start, block, block))
        assert len(find_holes(mask)) == count, gap


def test_soft_edges_belong_to_the_hole():
    mask = mask_of((200, 200), (90, 90, 20, 20))
    soft = cv2.GaussianBlur(mask, (0, 0), 4)
    (hole,) = find_holes(soft)
    assert hole.pixels == np.count_nonzero(soft)
    np.testing.assert_array_equal(hole.mask_over(Rectangle(0, 0, 200, 200)) > 0, soft > 0)


def test_a_hole_is_drawn_into_any_window():
    hole = Hole(Rectangle(10, 20, 4, 2), np.array([[1, 0, 1, 1], [0, 1, 1, 1]], bool))
    whole = hole.mask_over(Rectangle(0, 0, 30, 30))
    assert whole.sum() == 255 * 6 and whole[20, 10] == 255 and whole[20, 11] == 0
    np.testing.assert_array_equal(hole.mask_over(Rectangle(12, 21, 9, 9)), whole[21:30, 12:21])
    assert not hole.mask_over(Rectangle(0, 0, 10, 10)).any()


def test_holes_are_united_and_joined_by_tile():
    mask = mask_of((TILE + 400, TILE + 400), (50, 50, 3, 3), (300, 300, 3, 3), (TILE + 200, 60, 3, 3))
    holes = find_holes(mask)
    assert len(holes) == 3
    np.testing.assert_array_equal(unite(holes).mask_over(Rectangle(0, 0, TILE + 400, TILE + 400)), mask)
    assert [hole.pixels for hole in join_by_tile(holes)] == [18, 9]
    assert unite(holes[:1]) is holes[0]
