"""PII-GAN ("Generative Adversarial Nets for Pluralistic Image Inpainting", 2019): a coarse and a refining network.

What decides between completions is a map of noise over the hole, added to every layer before its activation. The second
network sees the first one's completion along two branches, of which one borrows from outside the hole. Both are those
of Yu et al. 2018 otherwise. Grey (0) stands in the hole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.contextual_attention import ContextualAttention
from statue_models.networks.layers import LatentAdd, compose, filled

#: Channels of the input: the picture, the noise, ones, the mask.
INPUTS = 6
#: Dilations of the convolutions that see far.
DILATIONS = (2, 4, 8, 16)


@dataclass(frozen=True)
class PiiGanShape(Shape):
    """Shape of a ``PiiGan``.

    Attributes:
        side: of the pictures, a multiple of 16; published: 128.
        width: channels of the first layer, an even number; published: 32.
    """

    width: int = 32


class Layer(NamedTuple):
    """A row of a layer table.

    Attributes:
        channels: out. kernel, stride, dilation: of the convolution. up: its input is doubled in size.
    """

    channels: int
    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    up: bool = False


class NoisyLayers(nn.Module):
    """A layer table, the noise added to every layer.

    Args:
        before: channels in. table: of the layers.
    """

    def __init__(self, before: int, table: Sequence[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for row in table:
            padding = row.dilation * (row.kernel - 1) // 2
            layer: nn.Module = nn.Conv2d(before, row.channels, row.kernel, row.stride, padding, row.dilation)
            if row.up:
                layer = nn.Sequential(nn.Upsample(scale_factor=2), layer)
            self.layers.append(LatentAdd(layer, nn.ELU()))
            before = row.channels

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """N x before x H x W, noise (N, 1, S, S) -> N x after x H' x W'."""
        for layer in self.layers:
            x = layer(x, noise)
        return x


class PiiGan(CompletionNetwork):
    """Coarse and refining network.

    Holes are in the middle half of height and width: there alone it is trained, and noise reaches no other.
    """

    shape_type = PiiGanShape
    multiple = 16
    window = 0.5

    def __init__(self, shape: PiiGanShape = PiiGanShape()) -> None:
        super().__init__(shape)
        width = shape.width
        if shape.side < 2 * self.multiple or shape.side % self.multiple or width < 2 or width % 2:
            raise ValueError(f"PII-GAN has a side of 16 n from 32 on and an even width, not {shape.side} and {width}")
        self.latent = (shape.side // 2) ** 2
        wide = Layer(4 * width)
        down = [Layer(width, 5), Layer(2 * width, stride=2), Layer(2 * width), Layer(4 * width, stride=2), wide, wide]
        far = [Layer(4 * width, dilation=dilation) for dilation in DILATIONS]
        up = [Layer(2 * width, up=True), Layer(2 * width), Layer(width, up=True), Layer(width // 2)]
        self.coarse = NoisyLayers(INPUTS, [*down, *far, wide, wide, *up])
        self.coarse_out = nn.Conv2d(width // 2, 3, 3, padding=1)
        self.far = NoisyLayers(INPUTS, [*down, *far])
        self.borrowing = NoisyLayers(INPUTS, down)
        self.attention = ContextualAttention()
        self.borrowed = NoisyLayers(4 * width, [wide, wide])
        self.joined = NoisyLayers(8 * width, [wide, wide, *up])
        self.out = nn.Conv2d(width // 2, 3, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``; a hole, and noise, outside the middle has no meaning."""
        noise = picture.new_zeros(len(picture), self.latent) if noise is None else noise
        return self.stages(picture, mask, noise)[1]

    def stages(self, picture: Tensor, mask: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """What the coarse and what the refining network makes: (N, 3, H, W) in [-1, 1] both.

        Args:
            picture, mask: as ``forward`` takes them. noise: (N, ``latent``).
        """
        over = self.spread(noise, mask)
        seen = filled(picture, mask, 0.0)
        told = torch.cat([over, torch.ones_like(mask), mask], dim=1)
        first = self.coarse(torch.cat([seen, told], dim=1), over)
        coarse = self.coarse_out(first).clamp(-1, 1)
        told = torch.cat([compose(picture, mask, coarse.to(picture.dtype)), told], dim=1)
        borrowed = self.borrowed(self.attention(self.borrowing(told, over), mask), over)
        last = self.joined(torch.cat([self.far(told, over), borrowed], dim=1), over)
        return coarse, self.out(last).clamp(-1, 1)

    def spread(self, noise: Tensor, mask: Tensor) -> Tensor:
        """(N, ``latent``) -> (N, 1, H, W): a map over the middle half, and nothing outside the hole."""
        half = self.shape.side // 2
        return functional.pad(noise.reshape(-1, 1, half, half), [half // 2] * 4) * mask
