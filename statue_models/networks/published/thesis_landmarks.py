"""The landmark detector of the thesis on fractured statues: a residual network regresses 68 points.

He et al. 2016 ("Deep Residual Learning for Image Recognition"), with a stem for grey pictures and a last layer for 136
coordinates. Black stands in the hole, and no mask is shown.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from statue_models.networks.completion import Shape
from statue_models.networks.landmark_regression import LANDMARKS, LandmarkRegressor
from statue_models.networks.layers import conv, filled

#: Backbone -> (blocks of each stage, channels of a block's output over those within it; 1 = two 3 x 3 convolutions).
BACKBONES = {"resnet50": ((3, 4, 6, 3), 4), "resnet18": ((2, 2, 2, 2), 1)}
#: Weights of red, green and blue in grey (ITU-R BT.601, as OpenCV and Pillow have it).
GREY = (0.299, 0.587, 0.114)
#: The last layer gives pixels of a picture with this side, as published, whatever the side of the picture at hand.
PIXELS = 128


@dataclass(frozen=True)
class ThesisLandmarksShape(Shape):
    """Shape of ``ThesisLandmarks``.

    Attributes:
        backbone: one of ``BACKBONES``.
        channels: 1 = it sees grey, as published; 3 = colours.
        width: channels of the first layer; published: 64.
    """

    backbone: str = "resnet50"
    channels: int = 1
    width: int = 64


class _Block(nn.Module):
    """relu(body(x) + x), where shapes differ with a 1 x 1 convolution on the way past.

    Args:
        before: channels in. width: within. wider: channels out over ``width``; 1 = two 3 x 3 convolutions, else one
            between two of 1 x 1.
    """

    def __init__(self, before: int, width: int, wider: int, stride: int) -> None:
        super().__init__()
        after = width * wider
        if wider == 1:
            layers = [conv(before, width, 3, stride, 1, norm="batch", act="relu", bias=False)]
        else:
            layers = [
                conv(before, width, 1, norm="batch", act="relu", bias=False),
                conv(width, width, 3, stride, 1, norm="batch", act="relu", bias=False),
            ]
        layers.append(conv(width, after, 3 if wider == 1 else 1, norm="batch", bias=False))
        self.body = nn.Sequential(*layers)
        same = stride == 1 and before == after
        self.past = nn.Identity() if same else conv(before, after, 1, stride, 0, norm="batch", bias=False)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.body(x) + self.past(x))
        return out


class ThesisLandmarks(LandmarkRegressor):
    """23,780,424 parameters as published (ResNet-50, grey), 23,786,696 with colours, 11,240,008 as a grey ResNet-18.

    Raises:
        ValueError: for a shape that is none.
    """

    shape_type = ThesisLandmarksShape

    def __init__(self, shape: ThesisLandmarksShape = ThesisLandmarksShape()) -> None:
        super().__init__(shape)
        if shape.backbone not in BACKBONES or shape.channels not in (1, 3) or shape.width < 1:
            raise ValueError(f"there is no backbone {shape.backbone!r} with {shape.channels} channels")
        counts, wider = BACKBONES[shape.backbone]
        self.backbone, self.channels = shape.backbone, shape.channels
        self.stem = conv(shape.channels, shape.width, 7, 2, 3, norm="batch", act="relu", bias=False)
        self.pool = nn.MaxPool2d(3, 2, 1)
        before, blocks = shape.width, []
        for stage, count in enumerate(counts):
            width = shape.width << stage
            for index in range(count):
                blocks.append(_Block(before, width, wider, 2 if stage and index == 0 else 1))
                before = width * wider
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(before, 2 * LANDMARKS)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, picture: Tensor, mask: Tensor) -> Tensor:
        """See ``LandmarkRegressor``."""
        shown = filled(picture, mask, -1.0) / 2 + 0.5
        if self.channels == 1:
            shown = (shown * shown.new_tensor(GREY)[:, None, None]).sum(1, keepdim=True)
        features = self.blocks(self.pool(self.stem(shown))).mean((2, 3))
        out: Tensor = self.head(features).unflatten(1, (LANDMARKS, 2)) / PIXELS
        return out
