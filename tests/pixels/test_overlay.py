"""A picture with a rectangle of it changed reads like a changed copy, and leaves the picture below as it is."""

import numpy as np
import pytest

from statue_models.face.face_frame import FaceFrame
from statue_models.pixels.overlay import Overlay, part_of
from statue_models.pixels.rectangle import Rectangle

RECTANGLE = Rectangle(5, 10, 20, 8)


@pytest.fixture
def below():
    return np.random.default_rng(0).integers(0, 255, (40, 60, 4), dtype=np.uint8)


@pytest.fixture
def samples():
    return np.random.default_rng(1).integers(0, 255, (8, 20, 4), dtype=np.uint8)


@pytest.fixture
def changed(below, samples):
    """The copy that an overlay spares."""
    out = below.copy()
    out[10:18, 5:25] = samples
    return out


@pytest.mark.parametrize(
    "window",
    [
        (0, 0, 60, 40),
        (0, 0, 5, 40),
        (25, 0, 9, 40),
        (7, 11, 3, 4),
        RECTANGLE,
        (0, 12, 60, 1),
        (24, 17, 1, 1),
        (0, 0, 6, 11),
    ],
)
def test_every_part_is_as_if_the_whole_had_been_changed(below, samples, changed, window):
    before = below.copy()
    overlay, window = Overlay(below, RECTANGLE, samples), Rectangle(*window)
    np.testing.assert_array_equal(part_of(overlay, window), part_of(changed, window))
    np.testing.assert_array_equal(part_of(overlay.channels(3), window), part_of(changed, window)[..., :3])
    np.testing.assert_array_equal(below, before)


def test_open_ends_reach_to_the_pictures_edge(below, samples, changed):
    overlay = Overlay(below, RECTANGLE, samples)
    np.testing.assert_array_equal(overlay[:, :], changed)
    np.testing.assert_array_equal(overlay[16:, :99], changed[16:])


def test_what_lies_wholly_in_the_rectangle_can_be_changed_through_it(below, samples):
    overlay = Overlay(below, RECTANGLE, samples)
    part_of(overlay, Rectangle(6, 11, 2, 2))[...] = 7
    assert (overlay[11:13, 6:8] == 7).all()
    assert (part_of(overlay, Rectangle(0, 0, 60, 40)) == 7).all(2).sum() == 4


def test_a_frame_sees_the_same_through_it(below, samples, changed):
    overlay = Overlay(below, RECTANGLE, samples)
    for side in (20.0, 70.0):
        seen, known = (FaceFrame((25, 20), side, 0.3).crop(image, 16) for image in (overlay, changed))
        np.testing.assert_array_equal(seen[0], known[0])
        np.testing.assert_array_equal(seen[1], known[1])


def test_samples_must_cover_the_rectangle(below, samples):
    with pytest.raises(ValueError, match="laid over"):
        Overlay(below, Rectangle(5, 10, 19, 8), samples)
    with pytest.raises(ValueError, match="laid over"):
        Overlay(below, RECTANGLE, samples.astype(np.uint16))


def test_one_may_lie_over_another():
    below = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    first = Overlay(below, Rectangle(1, 1, 3, 3), np.full((3, 3, 3), 200, np.uint8))
    second = Overlay(first, Rectangle(2, 0, 2, 2), np.full((2, 2, 3), 250, np.uint8))
    wanted = below.copy()
    wanted[1:4, 1:4] = 200
    wanted[0:2, 2:4] = 250
    np.testing.assert_array_equal(second[0:5, 0:6], wanted)
    np.testing.assert_array_equal(second.channels(1)[0:5, 0:6], wanted[..., :1])
    np.testing.assert_array_equal(first[0:5, 0:6][1:4, 1:4], 200)
