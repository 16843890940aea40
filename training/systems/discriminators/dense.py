"""One logit per picture by strided convolutions and a fully connected end: the local and global critics of many."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from statue_models.networks.layers import conv


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
        self.layers = nn.Sequential(*(conv(a, b, 5, 2, 2, act="leaky") for a, b in pairwise(channels)))
        self.out = nn.Linear(widths[-1] * (height // parts) * (width // parts), outputs)

    def forward(self, picture: Tensor) -> Tensor:
        """(N, inputs, H, W) in [-1, 1] -> (N, outputs)."""
        out: Tensor = self.out(self.layers(picture).flatten(1))
        return out
