"""One logit per patch (Isola et al. 2017)."""

import torch
from torch import Tensor, nn

from statue_models.networks.layers import conv
from statue_models.networks.short_long_attention import ShortLongAttention


class PatchDiscriminator(nn.Module):
    """One logit for each overlapping patch (Isola et al. 2017) under spectral norm, told the landmarks: LaFIn's.

    Args:
        condition: channels of what it is told.
        channels: of the first layer, doubled three times; published: 64.
        attention: look at other positions at 1/4 resolution. The published block brings its long part along, which
            nothing uses; it is here too, so that the number of parameters is the published 3,244,450, but frozen.
    """

    def __init__(self, condition: int = 1, channels: int = 64, attention: bool = True) -> None:
        super().__init__()
        widths = [3 + condition, channels, 2 * channels, 4 * channels, 8 * channels]
        layers = [
            conv(before, after, 4, stride, 1, act="leaky", bias=False, spectral=True)
            for before, after, stride in zip(widths, widths[1:], (2, 2, 2, 1), strict=False)
        ]
        self.layers = nn.ModuleList([*layers, conv(widths[-1], 1, 4, 1, 1, bias=False, spectral=True)])
        self.attention = ShortLongAttention(2 * channels) if attention else None
        if self.attention is not None:
            self.attention.long_scale.requires_grad_(False)
            self.attention.join.requires_grad_(False)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """Judge.

        Args:
            picture: (N, 3, H, W) in [-1, 1]; brought to the published [0, 1] here.
            condition: (N, C, H, W).

        Returns:
            (N, 1, H / 8 - 2, W / 8 - 2) logits, large for real patches: 30 x 30 of them at 256 x 256.
        """
        x = torch.cat([picture / 2 + 0.5, condition], dim=1)
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index == 1 and self.attention is not None:
                x = self.attention(x)
        return x
