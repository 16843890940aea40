"""Residual blocks whose activations come first (He et al. 2016, "Identity Mappings"), at one size, down and up.

PICNet is made of them: encoder, generator and discriminators (Zheng et al. 2019, "Pluralistic Image Completion").
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

Scale = Literal["same", "down", "up"]

#: Slope of the leaky ReLUs below zero.
SLOPE = 0.01
#: Looks at a spectral norm's weight that bring its estimate up to new weights. Chosen; orthogonal ones take two.
LOOKS = 3


def spectral(layer: nn.Conv2d | nn.ConvTranspose2d) -> nn.Module:
    """The layer under spectral norm (Miyato et al. 2018), the weight's first axis against all others."""
    return spectral_norm(layer, dim=0)


class PreactResidual(nn.Module):
    """Normalisation, activation and convolution, twice, beside a shortcut; every convolution has spectral norm.

    "down" halves height and width behind both ways, by averages; "up" doubles them by the second convolution and the
    shortcut, which are transposed ones of 3 x 3.

    Args:
        before, hidden, after: channels in, between the convolutions and out.
        instance: instance normalisation, with factors and offsets, before both activations.
        first: of a network: its input is a picture, which is not activated.
    """

    def __init__(
        self, before: int, hidden: int, after: int, scale: Scale = "same", instance: bool = False, first: bool = False
    ) -> None:
        super().__init__()
        self.scale, self.starts = scale, first
        widths = (before, hidden)
        self.norms = nn.ModuleList(nn.InstanceNorm2d(w, affine=True) if instance else nn.Identity() for w in widths)
        self.first = spectral(nn.Conv2d(before, hidden, 3, padding=1))
        if scale == "up":
            self.second = spectral(nn.ConvTranspose2d(hidden, after, 3, 2, 1, 1))
            self.shortcut = spectral(nn.ConvTranspose2d(before, after, 3, 2, 1, 1))
        else:
            self.second = spectral(nn.Conv2d(hidden, after, 3, padding=1))
            self.shortcut = spectral(nn.Conv2d(before, after, 1))

    def forward(self, x: Tensor) -> Tensor:
        """N x before x H x W -> N x after x H' x W'."""
        hidden = x if self.starts else functional.leaky_relu(self.norms[0](x), SLOPE)
        hidden = functional.leaky_relu(self.norms[1](self.first(hidden)), SLOPE)
        hidden = self.second(hidden)
        if self.scale == "down":  # a convolution of 1 x 1 commutes with averaging, and is done where places are fewer
            hidden, x = functional.avg_pool2d(hidden, 2), functional.avg_pool2d(x, 2)
        out: Tensor = hidden + self.shortcut(x)
        return out


def residual_encoder(widths: tuple[int, ...]) -> nn.ModuleList:
    """Blocks down from a picture, one for each number of channels."""
    blocks = [PreactResidual(3, widths[0], widths[0], "down", first=True)]
    blocks += [PreactResidual(a, a, b, "down") for a, b in pairwise(widths)]
    return nn.ModuleList(blocks)


def residual_widths(width: int, blocks: int) -> tuple[int, ...]:
    """Channels of the blocks down: doubled up to four times the first ones', 32, 64, 128, 128, 128 as published."""
    return tuple(width * min(2**index, 4) for index in range(blocks))


@torch.no_grad()
def initialise_orthogonally(network: nn.Module) -> None:
    """Convolutions under spectral norm with orthogonal weights (Saxe et al. 2014) and biases 0.

    Of spectral norm 1, although the norm takes any factor out again: steps of one rate change smaller weights more.
    """
    if next(network.parameters()).is_meta:  # a file's weights come later
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and is_parametrized(module, "weight"):
            nn.init.orthogonal_(module.parametrizations.weight.original)  # type: ignore[union-attr, arg-type]
            for _ in range(LOOKS):
                _ = module.weight
            if module.bias is not None:
                nn.init.zeros_(module.bias)
