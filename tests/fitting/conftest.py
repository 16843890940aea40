"""Statues of one known head, rendered once."""

import numpy as np
import pytest
from synthetic_statue import Statue, make_statue

from statue_models.fitting.head import MorphableHead, load_head


@pytest.fixture(scope="session")
def head() -> MorphableHead:
    return load_head()


@pytest.fixture(scope="session")
def statue(head: MorphableHead) -> Statue:
    return make_statue(head)


@pytest.fixture(scope="session")
def grey_statue(head: MorphableHead) -> Statue:
    return make_statue(head, hue=np.ones(3))
