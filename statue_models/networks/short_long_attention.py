"""Short- and long-term attention of PICNet (Zheng et al. 2019, "Pluralistic Image Completion"), as LaFIn uses it.

Every position looks at every other one of the decoder's own features (short) and, through the same weights, at the
encoder's features, from which the hole may borrow what is visible (long). Queries are keys, and logits are not scaled.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.layers import conv, initialise


class SpectralResidualBlock(nn.Module):
    """Pre-activation block without normalisation layers; every convolution has spectral norm.

    Args:
        before, after: channels in and out.
    """

    SLOPE = 0.01  # of the leaky ReLUs; LaFIn's

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = conv(before, after, 3, spectral=True)
        self.second = conv(after, after, 3, spectral=True)
        self.shortcut = conv(before, after, 1, spectral=True)

    def forward(self, x: Tensor) -> Tensor:
        """N x before x H x W -> N x after x H x W."""
        hidden = self.first(functional.leaky_relu(x, self.SLOPE))
        out: Tensor = self.shortcut(x) + self.second(functional.leaky_relu(hidden, self.SLOPE))
        return out


class ShortLongAttention(nn.Module):
    """Attention over all H x W positions; its two scales start at zero, so that it starts as nothing.

    The weights of one picture take (H W)^2 numbers: 64 MiB in float32 for 64 x 64 positions.

    Args:
        channels: of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = conv(channels, channels // 4, 1)
        self.short_scale = nn.Parameter(torch.zeros(1))
        self.long_scale = nn.Parameter(torch.zeros(1))
        self.join = SpectralResidualBlock(2 * channels, channels)
        initialise(self)

    def forward(self, x: Tensor, encoded: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Attend.

        Args:
            x: (N, C, H, W), looked for and looked at.
            encoded: (N, C, H, W), borrowed from where the hole is; None = the short part alone is returned, and
                ``long_scale`` and ``join`` are not used.
            mask: (N, 1, H, W) in [0, 1], 1 = missing; required with ``encoded``.

        Returns:
            (N, C, H, W).
        """
        weights = self._weights(x)
        short = self.short_scale * _sum_weighted(x, weights) + x
        if encoded is None:
            return short
        assert mask is not None, "the encoder's features come with a mask"
        borrowed = self.long_scale * mask * _sum_weighted(encoded, weights) + (1 - mask) * encoded
        out: Tensor = self.join(torch.cat([short, borrowed], dim=1))
        return out

    def _weights(self, x: Tensor) -> Tensor:
        """(N, H W, H W): row i holds how much position i takes from each position."""
        query = self.query(x).flatten(2)
        return torch.softmax(query.transpose(1, 2) @ query, dim=2)


def _sum_weighted(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of (N, C, H, W) over all positions, one for each position."""
    return (values.flatten(2) @ weights.to(values.dtype).transpose(1, 2)).reshape(values.shape)
