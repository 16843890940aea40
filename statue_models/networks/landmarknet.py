"""LandmarkNet: 68 landmarks and their uncertainty from a damaged face.

Learned landmark queries attend to convolutional features (in the manner of DETR, Carion et al. 2020, and of Li et al.,
"Towards Accurate Facial Landmark Detection via Cascaded Transformers", 2022), so the rest places what the mask hides.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from statue_models.networks.blocks import ResidualBlock, group_norm

LANDMARKS = 68
#: The network sees pictures of this side, because its position codes are learned.
SIZE = 256


class LandmarkEstimate(NamedTuple):
    """One decoder layer's answer: (N, 68, 2) positions (x, y) as fractions of the side, (N, 68) log of the scale."""

    points: Tensor
    log_scale: Tensor


class LandmarkNet(nn.Module):
    """Residual encoder to 8 x 8, transformer decoder over its 16 x 16 and 8 x 8 features.

    Args:
        channels: per resolution from 128 x 128 down to 8 x 8, each a multiple of 16.
        width: of the decoder's tokens.
        layers: decoder layers; each gives an estimate, the last is the answer.
    """

    HEADS = 6
    FEED_FORWARD = 512
    STEP = 0.1  # of the side: unit of the decoder's offsets from the mean face

    def __init__(self, channels: Sequence[int] = (32, 48, 96, 144, 192), width: int = 192, layers: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3 + 1, channels[0], 5, stride=2, padding=2)
        self.stages = nn.ModuleList([nn.Sequential(ResidualBlock(c), ResidualBlock(c)) for c in channels])
        self.shrink = nn.ModuleList([nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels)])
        self.project = nn.ModuleList(
            [nn.Sequential(group_norm(c), nn.SiLU(), nn.Conv2d(c, width, 1)) for c in channels[-2:]]
        )
        self.memory_norm = nn.LayerNorm(width)
        side = SIZE // 2 ** len(channels)
        self.positions = nn.Parameter(torch.randn(1, (2 * side) ** 2 + side**2, width) * 0.5)
        self.queries = nn.Parameter(torch.randn(1, LANDMARKS, width) * 0.5)
        self.layers = nn.ModuleList(
            [
                nn.TransformerDecoderLayer(
                    width, self.HEADS, self.FEED_FORWARD, dropout=0.0, batch_first=True, norm_first=True
                )
                for _ in range(layers)
            ]
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))
        self.mean_face: Tensor
        self.register_buffer("mean_face", torch.full((LANDMARKS, 2), 0.5))

    def forward(self, known: Tensor, mask: Tensor) -> list[LandmarkEstimate]:
        """Estimate the landmarks.

        Args:
            known: (N, 3, 256, 256) in [-1, 1], 0 in the hole.
            mask: (N, 1, 256, 256), 1 = missing.

        Returns:
            One estimate per decoder layer, float32.
        """
        x = self.stem(torch.cat([known, mask], dim=1))
        features = []
        for stage, shrink in zip(self.stages, [*self.shrink, None], strict=True):
            x = stage(x)
            features.append(x)
            if shrink is not None:
                x = shrink(x)
        tokens = [project(f).flatten(2) for project, f in zip(self.project, features[-2:], strict=True)]
        memory = self.memory_norm(torch.cat(tokens, dim=2).transpose(1, 2) + self.positions)
        query = self.queries.expand(len(x), -1, -1)
        estimates = []
        for layer in self.layers:
            query = layer(query, memory.to(query.dtype))
            offset = self.head(query).float()
            estimates.append(LandmarkEstimate(self.mean_face + offset[..., :2] * self.STEP, offset[..., 2]))
        return estimates
