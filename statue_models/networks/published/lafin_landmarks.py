"""The landmark predictor of LaFIn: 68 points from a damaged face by MobileNetV2 features of three depths.

Yang et al. 2019 (arXiv 1911.11394) on Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
written from a description of the network. White stands in the hole, and no mask is shown.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from statue_models.networks.completion import Shape
from statue_models.networks.landmark_regression import LANDMARKS, LandmarkRegressor
from statue_models.networks.layers import filled

#: Expansion, channels, blocks and stride of the first block, stage by stage. Those of MobileNetV2 (Sandler et al. 2018,
#: table 2).
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
#: Channels before the first stage and behind the last (the same table).
STEM, LAST = 32, 1280
#: Channels of the three descriptors: of the last stage, of the features behind it, of their mean. As LaFIn has them.
DESCRIPTORS = (128, 128, 64)


def _convolution(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    padding = kernel // 2
    convolution = nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU6()]


class _InvertedResidual(nn.Module):
    """Wider by 1 x 1, depthwise 3 x 3, narrower by 1 x 1 without activation; a skip connection where shapes agree."""

    def __init__(self, before: int, after: int, expansion: int, stride: int) -> None:
        super().__init__()
        middle = before * expansion
        wider = _convolution(before, middle, 1) if expansion > 1 else []
        depthwise = _convolution(middle, middle, 3, stride, groups=middle)
        narrower = [nn.Conv2d(middle, after, 1, bias=False), nn.BatchNorm2d(after)]
        self.body = nn.Sequential(*wider, *depthwise, *narrower)
        self.skips = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x) if self.skips else self.body(x)
        return out


@dataclass(frozen=True)
class LafinLandmarksShape(Shape):
    """Shape of ``LafinLandmarks``.

    Attributes:
        width: factor of the channels of stem and stages, from 0.05 to 8; published: 1.
    """

    side: int = 256
    width: float = 1.0


class LafinLandmarks(LandmarkRegressor):
    """Regresses the points; 2,554,569 parameters as published.

    Raises:
        ValueError: for a shape that is none.
    """

    shape_type = LafinLandmarksShape

    def __init__(self, shape: LafinLandmarksShape = LafinLandmarksShape()) -> None:
        super().__init__(shape)
        if not 0.05 <= shape.width <= 8:
            raise ValueError(f"a width of {shape.width:g} is not possible: choose one from 0.05 to 8")

        def scale(channels: int) -> int:
            return max(4, round(channels * shape.width))

        before = scale(STEM)
        layers: list[nn.Module] = _convolution(3, before, 3, stride=2)
        for expansion, channels, count, stride in STAGES:
            for index in range(count):
                layers.append(_InvertedResidual(before, scale(channels), expansion, stride if index == 0 else 1))
                before = scale(channels)
        last = scale(LAST)
        self.stages = nn.Sequential(*layers)
        self.features = nn.Sequential(*_convolution(before, last, 1))
        self.of_stages = nn.Conv2d(before, DESCRIPTORS[0], 1)
        self.of_features = nn.Conv2d(last, DESCRIPTORS[1], 1)
        self.of_mean = nn.Sequential(nn.Conv2d(last, DESCRIPTORS[2], 1), nn.PReLU())
        self.head = nn.Linear(sum(DESCRIPTORS), 2 * LANDMARKS)
        self._start_weights()

    def _start_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                spread = math.sqrt(2 / (module.kernel_size[0] ** 2 * module.out_channels))
                nn.init.normal_(module.weight, 0.0, spread)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.01)
            else:
                continue
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, picture: Tensor, mask: Tensor) -> Tensor:
        """See ``LandmarkRegressor``; published: times the side, in pixels."""
        stages = self.stages(filled(picture, mask, 1.0) / 2 + 0.5)
        features = self.features(stages)
        descriptors = [
            self.of_stages(stages).mean((2, 3)),
            self.of_features(features).mean((2, 3)),
            self.of_mean(features.mean((2, 3), keepdim=True)).flatten(1),
        ]
        out: Tensor = self.head(torch.cat(descriptors, dim=1)).unflatten(1, (LANDMARKS, 2))
        return out
