"""One logit per picture by halving convolutions to 1 x 1 (Radford et al. 2016)."""

from itertools import pairwise

from torch import Tensor, nn

from statue_models.networks.layers import conv, initialise


class DeepDiscriminator(nn.Module):
    """Convolutions 4/2/1 down to 4 x 4, batch normalisation but for the first, one 4/1/0 behind; no biases.

    Args:
        side: of the pictures, in pixels: 4 times a power of two.
        widths: channels of the halvings; as many as it takes to come to 4 x 4.
        inputs: channels of the picture.
    """

    def __init__(self, side: int, widths: tuple[int, ...], inputs: int = 3) -> None:
        super().__init__()
        if side != 4 << len(widths):
            raise ValueError(f"{len(widths)} halvings do not bring {side} pixels to 4")
        layers: list[nn.Module] = [conv(inputs, widths[0], 4, 2, 1, act="leaky", bias=False)]
        for before, after in pairwise(widths):
            layers.append(conv(before, after, 4, 2, 1, norm="batch", act="leaky", bias=False))
        layers.append(conv(widths[-1], 1, 4, 1, 0, bias=False))
        self.layers = nn.Sequential(*layers)
        initialise(self)

    def forward(self, picture: Tensor) -> Tensor:
        """(N, 3, side, side) in [-1, 1] -> (N, 1) logits."""
        return self.layers(picture).flatten(1)
