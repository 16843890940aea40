"""68 points for the tests of landmarks."""

import numpy as np
import pytest

from statue_models.face.landmarks68 import COUNT, Landmarks


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(10, 90, (COUNT, 2))


@pytest.fixture
def half_hidden(points):
    return Landmarks(points, np.linspace(0.5, 2, COUNT), np.arange(COUNT) % 2 == 0, 0.875, "facemesh")
