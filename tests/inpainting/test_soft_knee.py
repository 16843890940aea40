"""Lights that bend: as they were below the knee, rising all the way, and never at the limit."""

import numpy as np
import pytest

from statue_models.inpainting.soft_knee import soft_knee


@pytest.mark.parametrize("room", [0.01, 0.3, 2.0])
def test_an_excess_keeps_rising_and_never_reaches_the_limit(room):
    held = soft_knee(np.linspace(0, 5 * room, 50), room)
    assert held[0] == 0 and (np.diff(held) > 0).all() and held.max() < room


def test_lights_begin_to_bend_where_nobody_sees_it():
    excess = np.array([1e-4, 1e-3])
    np.testing.assert_allclose(soft_knee(excess, 0.5), excess, rtol=1e-4)


def test_float32_stays_float32():
    assert soft_knee(np.ones(3, np.float32), 0.5).dtype == np.float32
