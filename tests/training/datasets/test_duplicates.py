"""Which crops are one photograph."""

import cv2
import numpy as np
import pytest

from training.datasets.duplicates import SAME, Groups, correlation, fingerprint, similar_pairs


@pytest.fixture(scope="module")
def photograph(picture):
    """A made-up picture of several scales of detail, 192 x 192."""

    def make(seed):
        coarse = cv2.resize(picture(seed), (192, 192), interpolation=cv2.INTER_CUBIC)
        fine = cv2.resize(picture(seed + 1000), (192, 192), interpolation=cv2.INTER_LINEAR)
        return cv2.addWeighted(coarse, 0.7, fine, 0.3, 0)

    return make


def variants(picture):
    """Ways in which one photograph comes back."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return {
        "encoded": cv2.imdecode(encoded, cv2.IMREAD_COLOR),
        "small": cv2.resize(picture, (90, 90), interpolation=cv2.INTER_AREA),
        "dark": (picture * 0.5).astype(np.uint8),
        "grey": cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
        "mirrored": np.ascontiguousarray(picture[:, ::-1]),
        "cut": picture[4:-3, 5:-2],
    }


@pytest.mark.parametrize("how", ["encoded", "small", "dark", "grey", "mirrored", "cut"])
def test_a_photograph_is_known_again(photograph, how):
    picture = photograph(1)
    prints = [fingerprint(photograph(2)), fingerprint(picture), fingerprint(variants(picture)[how])]
    pairs = similar_pairs(prints)
    assert [pair[:2] for pair in pairs] == [(1, 2)]
    assert pairs[0][2] >= SAME


def test_different_pictures_are_told_apart(photograph):
    assert similar_pairs([fingerprint(photograph(seed)) for seed in range(60)]) == []


def test_even_surfaces_are_compared_without_trouble():
    grey, black = (fingerprint(np.full((50, 50, 3), level, np.uint8)) for level in (128, 0))
    assert correlation(grey.detail, black.detail) == 1
    assert similar_pairs([]) == []


def test_groups_are_called_by_their_first_member():
    groups = Groups(5)
    groups.join(4, 2)
    groups.join(2, 1)
    assert [groups.of(i) for i in range(5)] == [0, 1, 1, 3, 1]
