"""One logit per vector: is it drawn from N(0, I), or a network's?"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from statue_models.networks.layers import activation


class LatentDiscriminator(nn.Module):
    """Fully connected layers with leaky ReLUs (PFCGAN's, after DE-GAN).

    Args:
        inputs: numbers of a vector. widths: of the layers but the last, which gives the logit; published: 256, 128, 64.
    """

    def __init__(self, inputs: int, widths: Sequence[int] = (256, 128, 64)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([inputs, *widths]):
            layers += [nn.Linear(before, after), *activation("leaky")]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

    def forward(self, vector: Tensor) -> Tensor:
        """(N, inputs) -> (N, 1)."""
        out: Tensor = self.layers(vector)
        return out
