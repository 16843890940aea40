"""MobileNetV2 0.35 (ImageNet, without its classifier) as a fixed feature extractor.

Weights: the Keras application's, packed as ``networks/mobilenet_v2_035_imagenet_notop.npz`` of the assets folder with
keys ``LAYER.WEIGHT`` (kernels in Keras' order: height, width, in, out). Apache-2.0.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from statue_models.errors import StatueError

FILE = Path("networks") / "mobilenet_v2_035_imagenet_notop.npz"
#: Blocks whose outputs are the features: one or two per resolution, strides 2, 4, 8, 16, 16, 32, 32.
TAPS = ("Conv1", *(f"block_{i}_project" for i in (1, 3, 6, 10, 13, 16)))
#: Numbers of the blocks of stride 2, and of all blocks (Sandler et al. 2018, table 2).
HALVING = (1, 3, 6, 13)
BLOCKS = 17


class MobileNet:
    """Pictures -> seven feature maps.

    Args:
        assets: folder that holds ``networks/mobilenet_v2_035_imagenet_notop.npz``.

    Raises:
        StatueError: ``missing-file``.
    """

    def __init__(self, assets: Path) -> None:
        if not (assets / FILE).is_file():
            raise StatueError("missing-file", path=assets / FILE)
        with np.load(assets / FILE, allow_pickle=False) as file:
            self.weights = {name: torch.from_numpy(file[name]) for name in file.files}

    @torch.inference_mode()
    def __call__(self, pictures: NDArray[np.uint8]) -> list[Tensor]:
        """(N, H, W, 3) uint8 RGB with sides that are multiples of 32 -> (N, C, h, w) per entry of ``TAPS``."""
        return self.maps(torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1)

    def to(self, device: torch.device) -> "MobileNet":
        """The weights moved there; returns itself."""
        self.weights = {name: weight.to(device) for name, weight in self.weights.items()}
        return self

    def maps(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [-1, 1], sides multiples of 32 -> one map per entry of ``TAPS``; differentiable."""
        x = self._convolution(x, "Conv1", "kernel", "bn_Conv1", stride=2)
        maps = {"Conv1": x}
        for index in range(BLOCKS):
            name = f"block_{index}" if index else "expanded_conv"
            stride = 2 if index in HALVING else 1
            y = self._convolution(x, f"{name}_expand", "kernel", f"{name}_expand_BN") if index else x
            y = self._convolution(y, f"{name}_depthwise", "depthwise_kernel", f"{name}_depthwise_BN", stride)
            y = self._convolution(y, f"{name}_project", "kernel", f"{name}_project_BN", clipped=False)
            x = x + y if x.shape == y.shape and index else y
            maps[f"{name}_project"] = x
        return [maps[tap] for tap in TAPS]

    def _convolution(
        self, x: Tensor, layer: str, kernel: str, norm: str, stride: int = 1, clipped: bool = True
    ) -> Tensor:
        """Convolution, batch normalisation, ReLU6; padded as TensorFlow's "same" does (the odd pixel goes behind)."""
        weight = self.weights[f"{layer}.{kernel}"]
        depthwise = kernel == "depthwise_kernel"
        weight = weight.permute(2, 3, 0, 1) if depthwise else weight.permute(3, 2, 0, 1)
        if weight.shape[-1] == 3:
            x = functional.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        x = functional.conv2d(x, weight, stride=stride, groups=x.shape[1] if depthwise else 1)
        mean, variance, gamma, beta = (
            self.weights[f"{norm}.{part}"] for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        x = functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
        return x.clamp(0, 6) if clipped else x
