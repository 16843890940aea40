"""The generator of DMFN, dense multi-scale fusion (Hui et al. 2020, "Image Fine-grained Inpainting").

It is shown the picture with a hole of 0, and the mask. Convolutions without a word about it end in a ReLU.
"""

from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import Residual, activation, conv, deconv, filled, normalisation

#: Dilations of a block's branches.
RATES = (1, 2, 4, 8)


@dataclass(frozen=True)
class DmfnShape(Shape):
    """Shape of a ``Dmfn``.

    Attributes:
        side: of the pictures, a multiple of 4 from 16 on; published: 256.
        width: channels of the first layer; published: 64.
        blocks: published: 8.
    """

    side: int = 256
    width: int = 64
    blocks: int = 8


class Dmfn(CompletionNetwork):
    """Down to a quarter, fusion blocks, up again; 9,037,443 parameters as published."""

    shape_type = DmfnShape

    def __init__(self, shape: DmfnShape = DmfnShape()) -> None:
        super().__init__(shape)
        if shape.side < 16 or shape.side % 4 or shape.width < 1:
            raise ValueError("a fusion network's side is a multiple of 4 from 16 on, its width 1 or more")
        self.multiple = 4
        one, two, four = shape.width, 2 * shape.width, 4 * shape.width
        self.layers = nn.Sequential(
            conv(4, one, 5, act="relu"),
            conv(one, two, 3, 2, act="relu"), conv(two, two, act="relu"),
            conv(two, four, 3, 2, act="relu"),
            *(Residual(Fusion(four, one)) for _ in range(shape.blocks)),
            conv(four, four, act="relu"),
            deconv(four, two, norm="instance", act="relu"), conv(two, two, act="relu"),
            deconv(two, one, norm="instance", act="relu"), conv(one, one, act="relu"),
            conv(one, 3, act="tanh"),
        )  # fmt: skip

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``."""
        out: Tensor = self.layers(torch.cat([filled(picture, mask, 0.0), mask], dim=1))
        return out


class Fusion(nn.Module):
    """What a dense multi-scale fusion block adds to its input.

    Few channels, four dilations of them, each summed up with those of smaller reach, all joined, and as many channels
    again, normalised.
    """

    def __init__(self, channels: int, few: int) -> None:
        super().__init__()
        self.squeeze = conv(channels, few, act="relu")
        self.branches = nn.ModuleList(conv(few, few, dilation=rate) for rate in RATES)
        self.join = nn.Sequential(
            conv(len(RATES) * few, channels), *normalisation("instance", channels), *activation("relu")
        )

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W -> N x C x H x W."""
        few = self.squeeze(x)
        out: Tensor = self.join(torch.cat(list(accumulate(branch(few) for branch in self.branches)), dim=1))
        return out
