"""LandmarkNet: 68 landmarks, an uncertainty ellipse and a hidden flag each, from a damaged face.

Learned landmark queries attend to convolutional features (in the manner of DETR, Carion et al. 2020, and of Li et al.,
"Towards Accurate Facial Landmark Detection via Cascaded Transformers", 2022), so the rest places what the mask hides.
Every layer looks at the finer features where it believes its points to be, and moves them; it starts from a prior,
another detector's answer on the filled picture, or from the mean face.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.blocks import ResidualBlock, group_norm, zero_layer

#: Landmarks of the iBUG/Multi-PIE scheme.
LANDMARKS = 68
#: The network sees pictures of this side, because its position codes are learned. Pixels; chosen.
SIZE = 128


class LandmarkEstimate(NamedTuple):
    """One decoder layer's answer.

    Attributes:
        points: (N, 68, 2) positions (x, y) as fractions of the side.
        factor: (N, 68, 3) float32 logarithm of the first and second diagonal entry, and the lower entry, of the
            Cholesky factor of the covariance, in fractions of the side.
        hidden: (N, 68) logit of "cannot be seen": missing, or behind the head's own form.
        present: (N,) logit of "a face is framed here".
    """

    points: Tensor
    factor: Tensor
    hidden: Tensor
    present: Tensor


def cholesky(factor: Tensor) -> Tensor:
    """(..., 3) of ``LandmarkEstimate.factor`` -> (..., 2, 2) lower triangular matrices."""
    first, second, lower = factor[..., 0].exp(), factor[..., 1].exp(), factor[..., 2]
    rows = [torch.stack([first, torch.zeros_like(first)], -1), torch.stack([lower, second], -1)]
    return torch.stack(rows, -2)


class LandmarkNet(nn.Module):
    """Residual encoder to 8 x 8, transformer decoder over its 16 x 16 and 8 x 8 features.

    Args:
        channels: per resolution from 64 x 64 down to 8 x 8, each a multiple of 16.
        blocks: residual blocks per resolution.
        width: of the decoder's tokens, a multiple of ``HEADS``.
        layers: decoder layers; each gives an estimate, the last is the answer.
    """

    #: Heads of the decoder's attention; chosen.
    HEADS = 5
    STEP = 0.1  # of the side: unit of the decoder's offsets; chosen
    OCTAVES = 6  # of the sines and cosines that tell a token where its point is; chosen
    SPREAD = math.log(0.03)  # of the side: standard deviation that an untrained network states; chosen

    def __init__(
        self,
        channels: Sequence[int] = (32, 48, 96, 160),
        blocks: Sequence[int] = (1, 2, 2, 2),
        width: int = 160,
        layers: int = 3,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3 + 1, channels[0], 5, stride=2, padding=2)
        self.stages = nn.ModuleList(
            [
                nn.Sequential(*(ResidualBlock(c) for _ in range(count)))
                for c, count in zip(channels, blocks, strict=True)
            ]
        )
        self.shrink = nn.ModuleList([nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels)])
        self.project = nn.ModuleList(
            [nn.Sequential(group_norm(c), nn.SiLU(), nn.Conv2d(c, width, 1)) for c in channels[-3:]]
        )
        self.memory_norm = nn.LayerNorm(width)
        side = SIZE // 2 ** len(channels)
        self.positions = nn.Parameter(torch.randn(1, (2 * side) ** 2 + side**2, width) * 0.5)
        # One query per landmark, and one that says whether a face is there.
        self.queries = nn.Parameter(torch.randn(1, LANDMARKS + 1, width) * 0.5)
        self.trusted = nn.Parameter(torch.zeros(1, 1, width))
        self.place = nn.ModuleList([nn.Linear(4 * self.OCTAVES + 1, width) for _ in range(layers)])
        self.look = nn.ModuleList([nn.Linear(2 * width, width) for _ in range(layers)])
        self.layers = nn.ModuleList(
            [
                nn.TransformerDecoderLayer(width, self.HEADS, 3 * width, dropout=0.0, batch_first=True, norm_first=True)
                for _ in range(layers)
            ]
        )
        self.heads = nn.ModuleList(
            [nn.Sequential(nn.LayerNorm(width), zero_layer(nn.Linear(width, 6))) for _ in range(layers)]
        )
        self.present = nn.ModuleList(
            [nn.Sequential(nn.LayerNorm(width), zero_layer(nn.Linear(width, 1))) for _ in range(layers)]
        )
        self.mean_face: Tensor
        self.register_buffer("mean_face", torch.full((LANDMARKS, 2), 0.5))
        #: Factors of the ellipses of visible and of missing points, measured on held-out pictures after training.
        self.calibration: Tensor
        self.register_buffer("calibration", torch.ones(2))

    def forward(self, known: Tensor, mask: Tensor, prior: Tensor, trust: Tensor) -> list[LandmarkEstimate]:
        """Estimate the landmarks.

        Args:
            known: (N, 3, 128, 128) in [-1, 1], 0 in the hole.
            mask: (N, 1, 128, 128), 1 = missing.
            prior: (N, 68, 2) where another detector puts the landmarks, as fractions of the side.
            trust: (N,), 1 where there is a prior, 0 where there is none (its points are then not looked at).

        Returns:
            One estimate per decoder layer, float32; ``factor`` is not yet calibrated.
        """
        x = self.stem(torch.cat([known, mask], dim=1))
        features = []
        for stage, shrink in zip(self.stages, [*self.shrink, None], strict=True):
            x = stage(x)
            features.append(x)
            if shrink is not None:
                x = shrink(x)
        finest, fine, coarse = (project(f) for project, f in zip(self.project, features[-3:], strict=True))
        tokens = torch.cat([fine.flatten(2), coarse.flatten(2)], dim=2).transpose(1, 2)
        memory = self.memory_norm(tokens + self.positions)
        given = trust[:, None, None]
        points = given * prior + (1 - given) * self.mean_face
        query = self.queries + self.trusted * given
        estimates = []
        for index, layer in enumerate(self.layers):
            at = torch.cat([points, points.mean(1, keepdim=True)], dim=1)
            seen = torch.cat([_sample_maps(finest, at), _sample_maps(fine, at)], dim=2)
            query = query + self.look[index](seen) + self.place[index](self._encode_positions(at, mask))
            query = layer(query, memory.to(query.dtype))
            out = self.heads[index](query[:, :LANDMARKS]).float()
            points = points.detach() + out[..., :2] * self.STEP
            # Cholesky entries in fractions of the side; the lower one in units of the untrained spread.
            factor = torch.cat([out[..., 2:4] + self.SPREAD, out[..., 4:5] * math.exp(self.SPREAD)], dim=2)
            present = self.present[index](query[:, LANDMARKS]).float()[:, 0]
            estimates.append(LandmarkEstimate(points, factor, out[..., 5], present))
        return estimates

    def _encode_positions(self, at: Tensor, mask: Tensor) -> Tensor:
        """(N, P, 4 * OCTAVES + 1): sines and cosines of positions (N, P, 2), and whether they are missing."""
        angles = (at[..., None] - 0.5) * (math.pi * 2.0 ** torch.arange(self.OCTAVES, device=at.device))
        code = torch.cat([angles.sin(), angles.cos()], -1).flatten(2)
        return torch.cat([code, _sample_maps(mask, at)], -1)


def _sample_maps(maps: Tensor, at: Tensor) -> Tensor:
    """(N, P, C) bilinear samples of (N, C, H, W) at (N, P, 2) fractions of the side; 0 outside."""
    grid = (2 * at - 1)[:, :, None].to(maps.dtype)
    return functional.grid_sample(maps, grid, align_corners=False)[..., 0].transpose(1, 2)
