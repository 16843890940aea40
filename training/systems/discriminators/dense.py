"""One logit per picture by strided convolutions and a fully connected end: the local and global critics of many."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from statue_models.networks.layers import SLOPE, conv


class DenseDiscriminator(nn.Module):
    """Convolutions 5/2/2 with leaky ReLUs, flattened, and one fully connected layer.

    Args:
        size: height and width of the pictures in pixels, multiples of 2 to the number of convolutions.
        widths: channels of the convolutions.
        inputs: channels of picture and condition together.
        outputs: numbers behind the last layer: 1 logit, or features for a layer that joins several of these.
    """

    def __init__(self, size: tuple[int, int], widths: Sequence[int], inputs: int = 3, outputs: int = 1) -> None:
        super().__init__()
        parts = 2 ** len(widths)
        height, width = size
        if height % parts or width % parts:
            raise ValueError(f"{height} x {width} pixels cannot be halved {len(widths)} times")
        channels = [inputs, *widths]
        self.layers = nn.ModuleList(conv(a, b, 5, 2, 2, act="leaky") for a, b in pairwise(channels))
        self.out = nn.Linear(widths[-1] * (height // parts) * (width // parts), outputs)

    def forward(self, picture: Tensor) -> Tensor:
        """(N, inputs, H, W) in [-1, 1] -> (N, outputs)."""
        return self.with_features(picture)[0]

    def with_features(self, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The same, and the maps behind every convolution."""
        maps = []
        for layer in self.layers:
            picture = layer(picture)
            maps.append(picture)
        return self.out(picture.flatten(1)), maps


class JoinedDiscriminator(nn.Module):
    """One branch for the picture, one for a part of it, and one logit of what both say (Iizuka et al. 2017).

    Args:
        whole, part: branches.
        outputs: numbers that each of them gives.
    """

    def __init__(self, whole: DenseDiscriminator, part: DenseDiscriminator, outputs: int) -> None:
        super().__init__()
        self.whole, self.part = whole, part
        # Those who compare pictures with each other (relativistic, WGAN) would never move its bias.
        self.out = nn.Sequential(nn.LeakyReLU(SLOPE), nn.Linear(2 * outputs, 1, bias=False))

    def forward(self, picture: Tensor, part: Tensor) -> Tensor:
        """(N, 3, H, W) and (N, 3, h, w) in [-1, 1] -> (N, 1) logits."""
        return self.with_features(picture, part)[0]

    def with_features(self, picture: Tensor, part: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The same, and the maps of both branches."""
        one, maps = self.whole.with_features(picture)
        other, more = self.part.with_features(part)
        return self.out(torch.cat([one, other], dim=1)), [*maps, *more]
