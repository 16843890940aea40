"""LPIPS (Zhang et al. 2018), where its package and its weights are on this machine. Nothing is downloaded."""

import importlib
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch

from training.evaluation.metrics.hole import FEATURE_SIDE, Mask, Picture, feature_window
from training.suites.cases import Box

#: What torchvision calls the file that LPIPS stands on; the package has its own small weights inside.
ALEXNET = "alexnet-owt-7be5be79.pth"
#: Why two well-known figures are in no table.
NOT_FID = "FID, KID: they mean something from some 2,000 pictures on; the suites have a few hundred."


class Lpips:
    """LPIPS with AlexNet between the windows of the feature distance, resized to 224 pixels: not masked by the hole."""

    def __init__(self) -> None:
        package = importlib.import_module("lpips")
        self._metric = package.LPIPS(net="alex", verbose=False).eval()

    @torch.inference_mode()
    def __call__(self, truth: Picture, result: Picture, hole: Mask, box: Box) -> float:
        """The distance of one result, (H, W, 3) uint8 RGB."""
        window = feature_window(hole, box)
        return float(self._metric(_tensor(truth[window]), _tensor(result[window])))


def _tensor(picture: Picture) -> torch.Tensor:
    interpolation = cv2.INTER_AREA if picture.shape[0] > FEATURE_SIDE else cv2.INTER_LINEAR
    fitted = np.asarray(cv2.resize(picture, (FEATURE_SIDE, FEATURE_SIDE), interpolation=interpolation), np.float32)
    return torch.from_numpy(fitted / 127.5 - 1).permute(2, 0, 1)[None]


def open_lpips() -> tuple[Lpips | None, str]:
    """LPIPS, or None and why it is not measured."""
    if find_spec("lpips") is None or find_spec("torchvision") is None:
        return None, "LPIPS: the packages lpips and torchvision are not installed."
    weights = Path(torch.hub.get_dir()) / "checkpoints" / ALEXNET
    if not weights.is_file():
        return None, f"LPIPS: its weights are not at {weights}."
    return Lpips(), ""
