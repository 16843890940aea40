"""Packed files and their comparison."""

import numpy as np
import pytest

from statue_models.errors import StatueError
from training.datasets import packing


def agreeing(made, reference, allowed=0.0):
    return packing.compare(made, reference, lambda name: allowed)[1] == []


def test_scalars_texts_and_bytes_come_back(tmp_path):
    arrays = {"commit": np.array("abc"), "names": np.array(["a", "bcd"]), "q": np.arange(6, dtype=np.int16)}
    packing.write_npz(tmp_path / "a.npz", arrays)
    packing.write_npz(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = packing.read_npz(tmp_path / "a.npz")
    assert back["commit"].shape == ()
    assert agreeing(back, arrays)


def test_everything_that_differs_is_found():
    array = np.array([1.0, 2.0], np.float32)
    assert agreeing({"a": array}, {"a": array + np.float32(0.5)}, allowed=0.5)
    for other in (array + 1, array.astype(np.float64), array[:1], array * np.float32("nan")):
        assert not agreeing({"a": array}, {"a": other}, allowed=0.5)
    assert not agreeing({"a": array}, {})
    assert not agreeing({}, {"a": array})
    assert not agreeing({"a": np.array(["x"])}, {"a": np.array(["y"])})
    # The texts' common length is no difference, and their count is.
    assert agreeing({"a": np.array(["x"], "U9")}, {"a": np.array(["x"])})
    assert not agreeing({"a": np.array(["x", "x"])}, {"a": np.array(["x"])})


def test_a_packed_file_that_is_none(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"hello")
    with pytest.raises(StatueError) as caught:
        packing.read_npz(tmp_path / "a.npz")
    assert caught.value.code == "bad-training-data"
