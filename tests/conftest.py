"""What many rooms' tests look at: the bundled example, restored once, and statues of one known head.

Without PyTorch, which is an extra, the tests that need it are left out, and the end of the run says so.
"""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from bundled_example import SCALE, example
from hypothesis import settings
from synthetic_statue import Statue, make_statue

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.head.morphable_head import MorphableHead, load_head
from statue_models.request import RestorationRequest
from statue_models.restoring.restorer import Restorer

# The same examples every time: a check that passed passes again. What is drawn afresh is searched at night.
settings.register_profile("every day", derandomize=True)
settings.load_profile("every day")

WITHOUT_TORCH = find_spec("torch") is None
collect_ignore = ["networks", "training"] if WITHOUT_TORCH else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except ModuleNotFoundError as error:
        if WITHOUT_TORCH and error.name == "torch":
            pytest.skip("PyTorch is not installed")
        raise


def pytest_terminal_summary(terminalreporter):
    if WITHOUT_TORCH:
        reason = "PyTorch is not installed; 'python3 -m installer test --torch' fetches it"
        terminalreporter.write_line(f"NOT TESTED: networks and training: {reason}", red=True, bold=True)


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


@pytest.fixture(scope="session")
def head() -> MorphableHead:
    return load_head()


@pytest.fixture(scope="session")
def statue(head: MorphableHead) -> Statue:
    return make_statue(head)


@pytest.fixture(scope="session")
def grey_statue(head: MorphableHead) -> Statue:
    return make_statue(head, hue=np.ones(3))
