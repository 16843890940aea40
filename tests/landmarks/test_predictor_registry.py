"""The door of the landmark predictors: who there is, and what their scores are worth."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.landmarks import descriptor, registry
from statue_models.models_file import Facts


def test_every_score_is_worth_a_share():
    for one in registry.descriptors():
        scores, shares = one.shares
        assert (np.diff(scores) > 0).all() and (np.diff(shares) >= 0).all()
        assert one.probability(scores[0]) == shares[0] and one.probability(1.0) == shares[-1]
        assert registry.probability(one.name, scores[1]) == shares[1]
    assert registry.probability("somebody", 0.3) == 0.3


def test_a_network_without_weights_is_not_the_default(monkeypatch):
    monkeypatch.setattr(descriptor, "facts_of", Facts)
    assert registry.descriptor("default").name == "facemesh"
    with pytest.raises(StatueError) as caught:
        registry.descriptor("landmarknet").open()
    assert caught.value.code == "untrained-model" and "facemesh" in caught.value.remedy


def test_a_network_that_works_alone_goes_by_its_own_name(tmp_path, monkeypatch):
    """Its scores are calibrated all the same; what it says of itself tells that FaceMesh was not there."""
    pytest.importorskip("torch")
    predictor = registry.descriptor("landmarknet").open(models=tmp_path)
    assert predictor.name == "landmarknet"
    grey = np.full((96, 96, 3), 90, np.uint8)
    assert {one.source for one in predictor.propose(grey, grey[..., 0] * 0)} == {"landmarknet without facemesh"}
