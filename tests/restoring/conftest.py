"""The bundled example at a size that is quick to restore, and one result that many tests look at."""

from dataclasses import replace

import pytest
from bundled_example import SCALE, example

from statue_models.errors import StatueError
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.request import RestorationRequest
from statue_models.restoring.restorer import Restorer


@pytest.fixture(scope="session")
def restorer():
    return Restorer()


@pytest.fixture(scope="session")
def intact():
    return example("intact.jpg", SCALE)


@pytest.fixture(scope="session")
def landmarks(restorer):
    """Of the reduced example."""
    try:
        return restorer.find_landmarks(example("damaged.jpg", SCALE), example("mask.png", SCALE))[0]
    except StatueError as error:
        pytest.fail(f"FaceMesh's files are needed for these tests. {error.sentence} {error.remedy}")


@pytest.fixture(scope="session")
def request_(landmarks):
    """The reduced example with its landmarks given."""
    given = Landmarks.given(landmarks.points)
    return RestorationRequest(example("damaged.jpg", SCALE), example("mask.png", SCALE), landmarks=given)


@pytest.fixture(scope="session")
def result(restorer, request_):
    """Two hypotheses."""
    return restorer.restore(replace(request_, variants=2))
