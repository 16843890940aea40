"""Rectangles: every operation is the one of the pixels that they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statue_models.pixels.rectangle import Rectangle

SHAPE = (20, 30)
rectangles = st.builds(
    lambda x, y, width, height: Rectangle(x, y, min(width, 30 - x), min(height, 20 - y)),
    st.integers(0, 29),
    st.integers(0, 19),
    st.integers(0, 30),
    st.integers(0, 20),
)


def pixels(rectangle):
    """(20, 30) bool, which pixels of a picture it stands for."""
    out = np.zeros(SHAPE, bool)
    out[rectangle.slices] = True
    return out


@given(rectangles)
def test_the_box_of_its_pixels_is_itself(rectangle):
    found = Rectangle.of_mask(pixels(rectangle))
    assert found == rectangle if pixels(rectangle).any() else 0 in found.shape


@given(rectangles, rectangles)
def test_what_two_share_is_what_their_pixels_share(one, other):
    shared = one.intersect(other)
    np.testing.assert_array_equal(pixels(shared), pixels(one) & pixels(other))
    if pixels(other).any():
        assert one.holds(other) == bool((pixels(one) | ~pixels(other)).all())


@given(rectangles, st.integers(0, 8))
def test_a_margin_stays_inside_the_picture(rectangle, margin):
    wide = rectangle.expand(margin, SHAPE)
    assert wide.holds(rectangle) and Rectangle(0, 0, 30, 20).holds(wide)
    assert wide.x == max(0, rectangle.x - margin) and wide.bottom == min(20, rectangle.bottom + margin)


@given(rectangles, st.integers(0, 20), st.integers(0, 20))
def test_a_part_of_it_is_that_part_of_the_picture(rectangle, start, rows):
    picture = np.arange(600).reshape(SHAPE)
    part = rectangle.part(slice(start, start + rows))
    np.testing.assert_array_equal(picture[part.slices], picture[rectangle.slices][start : start + rows])
    columns = rectangle.part(slice(None), slice(1, 4))
    np.testing.assert_array_equal(picture[columns.slices], picture[rectangle.slices][:, 1:4])


def test_moving_there_and_back():
    rectangle = Rectangle(7, 5, 3, 2)
    assert rectangle.relative_to((4, 5)) == Rectangle(3, 0, 3, 2)
    assert rectangle.relative_to((4, 5)).move(4, 5) == rectangle
    assert (rectangle.right, rectangle.bottom, rectangle.corner, rectangle.shape) == (10, 7, (7, 5), (2, 3))


@pytest.mark.parametrize("dtype", [bool, np.uint8])
def test_masks_of_either_type(dtype):
    mask = np.zeros(SHAPE, dtype)
    mask[3:5, 6:9] = 1
    assert Rectangle.of_mask(mask) == Rectangle(6, 3, 3, 2)
