"""The distance between features of MobileNetV2 as a loss, close up around the damage."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from statue_models.pixels.grid import centres_of
from training.features.mobilenet import FILE, MobileNet
from training.systems.system import Setting

#: The evaluation looks at 224 pixels; less is cheaper, and keeps the loss from being the metric itself. Pixels; chosen.
SIDE = 160
#: Smallest window in shorter sides of the picture: half a face. Chosen.
LEAST = 0.3


class FeatureLoss:
    """LPIPS-like distance (Zhang et al. 2018, without their learnt weights) inside the hole.

    Args:
        assets: folder with the network's weights. device: where the pictures are.
    """

    def __init__(self, assets: Path, device: torch.device) -> None:
        self._network = MobileNet(assets).to(device)

    def __call__(self, picture: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
        """(N,) distances of pictures (N, 3, H, W) in [-1, 1]; (N, 1, H, W) hole is 1 where it counts."""
        grid = _windows(hole)
        area = functional.grid_sample(hole, grid, align_corners=False)
        with torch.no_grad():
            right = self._network.maps(functional.grid_sample(truth, grid, mode="bilinear", align_corners=False))
        found = self._network.maps(functional.grid_sample(picture, grid, mode="bilinear", align_corners=False))
        total = picture.new_zeros(len(picture))
        for one, other in zip(found, right, strict=True):
            weight = functional.adaptive_avg_pool2d(area, (one.shape[-2], one.shape[-1]))[:, 0]
            apart = (_unit(one) - _unit(other)).square().sum(1)
            total = total + (apart * weight).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1e-3)
        return total / len(found)


def open_metric(setting: Setting) -> FeatureLoss | None:
    """The loss as a metric of judgements; None where the network's weights are not there."""
    there = (setting.assets / FILE).is_file()
    return FeatureLoss(setting.assets, setting.device) if there else None


def _unit(maps: Tensor) -> Tensor:
    return maps / (maps.square().sum(1, keepdim=True) + 1e-6).sqrt()


def _windows(hole: Tensor) -> Tensor:
    """(N, SIDE, SIDE, 2) sampling grids of squares around the holes, inside the picture.

    Lengths are in units of the shorter side, which no square is larger than: of a hole that is, the middle is seen.
    """
    height, width = hole.shape[-2:]
    shorter = min(height, width)
    extent = torch.tensor([width / shorter, height / shorter], device=hole.device)
    low, high = [], []
    for axis, length in ((2, width), (3, height)):  # what is left are the columns, then the rows
        centres = centres_of(torch.arange(length, device=hole.device)) / shorter
        there = hole.amax(axis)[:, 0] > 0
        low.append(torch.where(there, centres, length / shorter).amin(1))
        high.append(torch.where(there, centres, 0.0).amax(1))
    start, end = torch.stack(low, 1), torch.stack(high, 1)
    side = (end - start).amax(1).clamp(LEAST, 1.0)
    centre = torch.minimum(torch.maximum((start + end) / 2, side[:, None] / 2), extent - side[:, None] / 2)
    scale, shift = side[:, None] / extent, 2 * centre / extent - 1
    zero = torch.zeros_like(side)
    affine = torch.stack(
        [torch.stack([scale[:, 0], zero, shift[:, 0]], 1), torch.stack([zero, scale[:, 1], shift[:, 1]], 1)], 1
    )
    return functional.affine_grid(affine, [len(hole), 1, SIDE, SIDE], align_corners=False)
