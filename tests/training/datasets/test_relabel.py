"""Labels from six views: mapped back to the crop, and distrusted where the views disagree."""

import json

import numpy as np
import pytest
from face_pictures import SHAPE, RedSquares, red_square

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import MIRROR
from training.datasets import relabel


def symmetric(monkeypatch):
    """Make the painted face its own mirror image, as heads nearly are."""
    both = (SHAPE + ((1, 0) + SHAPE * (-1, 1))[MIRROR]) / 2
    monkeypatch.setattr("face_pictures.SHAPE", both)
    return both


def test_points_of_every_view_come_back_to_the_crop(monkeypatch):
    shape = symmetric(monkeypatch)
    crop = red_square(side=64, size=(128, 128), corner=(40, 24))
    found = relabel.label(crop, RedSquares())
    assert found is not None
    assert found.views == len(relabel.VIEWS)
    # Views that are turned see the square turned, and the painted predictor does not follow that.
    np.testing.assert_allclose(found.points, shape * 64 + (40, 24), atol=2)
    assert found.good


def test_views_that_disagree_make_no_good_label(monkeypatch):
    symmetric(monkeypatch)
    found = relabel.label(red_square(side=64, size=(128, 128), corner=(32, 32)), RedSquares(jitter=0.08))
    assert found is not None
    assert found.spread > relabel.GOOD
    assert not found.good


def test_no_face_and_a_face_at_the_edge_get_no_label():
    assert relabel.label(np.full((64, 64, 3), 128, np.uint8), RedSquares()) is None
    assert relabel.label(red_square(side=16, size=(128, 128), corner=(0, 112)), RedSquares()) is None


def test_labels_are_written_in_the_form_that_training_reads(tmp_path):
    points = np.linspace(0, 100, 136).reshape(68, 2)
    label = relabel.Label(points, 0.01234, 6, 0.9)
    relabel.write_labels(tmp_path / "l.json", {"test/b.png": label, "test/a.png": label})
    rows = json.loads((tmp_path / "l.json").read_text())
    assert list(rows) == ["test/a.png", "test/b.png"]
    assert rows["test/a.png"]["good"] is True
    assert rows["test/a.png"]["spread"] == 0.012
    np.testing.assert_allclose(rows["test/a.png"]["points"], points, atol=0.051)
    assert relabel.read_labels(tmp_path / "l.json") == rows
    (tmp_path / "l.json").write_text('{"a": {"points": [[1, 2]]}}')
    with pytest.raises(StatueError):
        relabel.read_labels(tmp_path / "l.json")
