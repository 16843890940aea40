"""Building blocks shared by the networks."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# ----------------------------------------------------------------------------------------------------------------------
# Normalisation: groups of channels, as many as fit (Wu and He 2018).


def group_norm(channels: int) -> nn.GroupNorm:
    """32 groups where they divide the channels, 16 otherwise; channels must be a multiple of 16."""
    return nn.GroupNorm(32 if channels % 32 == 0 else 16, channels)


def zero_layer(layer: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    """The layer with weight and bias zero, so that the branch it ends starts as nothing."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


# ----------------------------------------------------------------------------------------------------------------------
# Residual block, pre-activation (He et al. 2016), optionally modulated by an embedding (FiLM, Perez et al. 2018).


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions around a skip connection.

    Args:
        channels: of input and output.
        embedding: length of the conditioning vector that scales and shifts between the convolutions; 0 = none.
    """

    def __init__(self, channels: int, embedding: int = 0) -> None:
        super().__init__()
        self.first_norm = group_norm(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second_norm = group_norm(channels)
        self.second = zero_layer(nn.Conv2d(channels, channels, 3, padding=1))
        self.film = zero_layer(nn.Linear(embedding, 2 * channels)) if embedding else None

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        """x: N x C x H x W; embedding: N x E, required if the block was made with one. Returns N x C x H x W."""
        hidden = self.second_norm(self.first(functional.silu(self.first_norm(x))))
        if self.film is not None:
            scale, shift = self.film(embedding)[:, :, None, None].chunk(2, dim=1)
            hidden = hidden * (1 + scale) + shift
        out: Tensor = x + self.second(functional.silu(hidden))
        return out


# ----------------------------------------------------------------------------------------------------------------------
# Self-attention over all positions, queries and keys normalised so that logits stay bounded (Dehghani et al. 2023).


class SelfAttention(nn.Module):
    """Multi-head self-attention over H x W positions with a skip connection.

    Args:
        channels: of input and output, a multiple of ``head_channels``.
        head_channels: channels per head.
    """

    #: Logits are this times d^(1/4) times the cosine of query and key, d channels per head.
    SHARPNESS = 2.0

    def __init__(self, channels: int, head_channels: int = 32) -> None:
        super().__init__()
        self.heads = channels // head_channels
        self.norm = group_norm(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.output = zero_layer(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W -> N x C x H x W."""
        count, channels, height, width = x.shape
        width_of_head = channels // self.heads
        parts = self.query_key_value(self.norm(x)).reshape(count, 3, self.heads, width_of_head, height * width)
        query, key, value = parts.transpose(3, 4).unbind(1)
        # scaled_dot_product_attention divides by sqrt(d), which the query's factor undoes.
        query = functional.normalize(query, dim=-1) * math.sqrt(width_of_head)
        key = functional.normalize(key, dim=-1) * (self.SHARPNESS * width_of_head**0.25)
        mixed = functional.scaled_dot_product_attention(query.to(value.dtype), key.to(value.dtype), value)
        out: Tensor = x + self.output(mixed.transpose(2, 3).reshape(count, channels, height, width))
        return out


# ----------------------------------------------------------------------------------------------------------------------
# Sinusoidal features of a scalar (Vaswani et al. 2017).


def time_features(t: Tensor, length: int, highest: float = 1000.0) -> Tensor:
    """(N,) times in [0, 1] -> (N, length): sines, then cosines, of frequencies from ``highest`` down towards 1."""
    half = length // 2
    steps = torch.arange(half, device=t.device, dtype=torch.float32) / half
    angles = t.float()[:, None] * (highest * torch.exp(-math.log(highest) * steps))
    return torch.cat([angles.sin(), angles.cos()], dim=1)
