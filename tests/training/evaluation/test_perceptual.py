"""LPIPS is reported where it is installed with its weights, and never fetched."""

import sys
import types
from importlib.machinery import ModuleSpec

import numpy as np
import torch

from training.evaluation.metrics import perceptual


def test_without_the_package_the_reason_is_said(monkeypatch):
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)
    metric, reason = perceptual.open_lpips()
    assert metric is None and "not installed" in reason


def test_without_the_weights_nothing_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setattr(perceptual, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    metric, reason = perceptual.open_lpips()
    assert metric is None and str(tmp_path) in reason


def test_with_both_the_windows_of_the_feature_distance_are_compared(monkeypatch, tmp_path, picture):
    class Lpips(torch.nn.Module):
        def __init__(self, net, verbose):
            super().__init__()
            assert net == "alex"

        def forward(self, first, second):
            assert first.shape == (1, 3, 224, 224) and first.min() >= -1 and first.max() <= 1
            return (first - second).abs().mean()[None, None, None, None]

    module = types.ModuleType("lpips")
    module.LPIPS = Lpips
    monkeypatch.setitem(sys.modules, "lpips", module)
    monkeypatch.setattr(perceptual, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / perceptual.ALEXNET).touch()
    metric, _ = perceptual.open_lpips()
    hole = np.zeros((96, 96), bool)
    hole[40:60, 40:60] = True
    box = (20.0, 20.0, 60.0, 60.0)
    far = picture().copy()
    far[:5] = 255 - far[:5]
    assert metric(picture(), picture(), hole, box) == 0
    # What lies outside the window does not count.
    assert metric(picture(), far, hole, box) == 0 and metric(picture(), picture(1), hole, box) > 0
