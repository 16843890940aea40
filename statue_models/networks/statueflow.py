"""StatueFlow: inpainting of statue faces by a rectified flow from a fitted head's sketch to the finished stone.

The flow starts at the sketch plus noise, s + NOISE e, and ends at the picture x, along z_t = t x + (1 - t)(s + NOISE e)
(Liu et al. 2022, "Flow Straight and Fast"; with the start coupled to the data as in Albergo et al. 2023, "Stochastic
interpolants with data-dependent couplings"). The network predicts x (as in Salimans and Ho 2022) from z_t, the known
region, the mask, what the fitted head shows, and 68 landmark heatmaps.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.blocks import ResidualBlock, SelfAttention, group_norm, time_features, zero_layer
from statue_models.pixels.grid import centres_of

#: Landmarks of the iBUG/Multi-PIE scheme.
LANDMARKS = 68
#: Channels of the guide: sketch (3), normals (3), coverage and openness of the fitted head.
GUIDE = 8
#: Standard deviation of the noise about the sketch, in units of [-1, 1]. Chosen.
NOISE = 0.15
#: Standard deviation of a landmark's bump in heatmap pixels. Set by eye.
HEATMAP_SIGMA = 1.2


def landmark_heatmaps(landmarks: Tensor, size: int, sigma: float = HEATMAP_SIGMA) -> Tensor:
    """Gaussian bumps of height 1.

    Args:
        landmarks: (N, 68, 2), (x, y) as fractions of the picture's side, 0 and 1 at its edges.
        size: side of the heatmaps in pixels: a quarter of the picture's.
        sigma: standard deviation in heatmap pixels.

    Returns:
        (N, 68, size, size), rows are y.
    """
    centres = centres_of(torch.arange(size, device=landmarks.device, dtype=landmarks.dtype))
    across = torch.exp(-0.5 / sigma**2 * (landmarks[..., 0:1] * size - centres) ** 2)
    down = torch.exp(-0.5 / sigma**2 * (landmarks[..., 1:2] * size - centres) ** 2)
    return down[..., :, None] * across[..., None, :]


class _Stage(nn.Module):
    """The residual blocks of one resolution, each followed by attention where ``attention`` is set."""

    def __init__(self, channels: int, blocks: int, embedding: int, attention: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([ResidualBlock(channels, embedding) for _ in range(blocks)])
        self.attention = nn.ModuleList([SelfAttention(channels) for _ in range(blocks)]) if attention else None

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        for index, block in enumerate(self.blocks):
            x = block(x, embedding)
            if self.attention is not None:
                x = self.attention[index](x)
        return x


class StatueFlow(nn.Module):
    """U-Net on 4 x 4 pixel blocks, with a small full-resolution refiner behind it; untrained it repeats the sketch.

    Args:
        channels: per resolution, from the finest; each a multiple of 16, the two coarsest multiples of 32.
        blocks: residual blocks per resolution, on the way down and again on the way up.
        embedding: length of the time embedding.
        patch: side of the pixel blocks that become channels.
    """

    #: Length of the time's sines and cosines, and channels of the refiner; chosen.
    TIME_FEATURES = 128
    REFINER_CHANNELS = 32

    def __init__(
        self,
        channels: Sequence[int] = (64, 96, 160, 224),
        blocks: int = 2,
        embedding: int = 256,
        patch: int = 4,
    ) -> None:
        super().__init__()
        self.patch = patch
        #: Height and width of the pictures must be multiples of this.
        self.multiple = patch * 2 ** (len(channels) - 1)
        self.time = nn.Sequential(
            nn.Linear(self.TIME_FEATURES, embedding), nn.SiLU(), nn.Linear(embedding, embedding), nn.SiLU()
        )
        self.stem = nn.Conv2d((3 + 3 + 1 + GUIDE) * patch**2 + LANDMARKS, channels[0], 3, padding=1)
        attends = [index >= len(channels) - 2 for index in range(len(channels))]
        stages = list(zip(channels, attends, strict=True))
        self.down = nn.ModuleList([_Stage(c, blocks, embedding, attention) for c, attention in stages])
        self.up = nn.ModuleList([_Stage(c, blocks, embedding, attention) for c, attention in stages])
        pairs = list(pairwise(channels))
        self.shrink = nn.ModuleList([nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairs])
        self.grow = nn.ModuleList([nn.Conv2d(coarse, fine, 3, padding=1) for fine, coarse in pairs])
        self.head = nn.Sequential(
            group_norm(channels[0]), nn.SiLU(), zero_layer(nn.Conv2d(channels[0], 3 * patch**2, 3, padding=1))
        )
        width = self.REFINER_CHANNELS
        self.refiner = nn.Sequential(
            nn.Conv2d(3 + 3 + 3 + 3 + 1, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            zero_layer(nn.Conv2d(width, 3, 3, padding=1)),
        )

    def forward(self, z: Tensor, t: Tensor, known: Tensor, mask: Tensor, guide: Tensor, heatmaps: Tensor) -> Tensor:
        """Predict the clean picture.

        Args:
            z: (N, 3, H, W), on its way from the noisy sketch (t = 0) to the picture (t = 1), known region clean.
            t: (N,) in [0, 1].
            known: (N, 3, H, W) in [-1, 1], 0 in the hole.
            mask: (N, 1, H, W), 1 = missing.
            guide: (N, 8, H, W): sketch in [-1, 1], unit normals (0 beside the head), coverage and openness in [0, 1].
            heatmaps: (N, 68, H / patch, W / patch) of ``landmark_heatmaps``; all zero = unknown landmarks.

        Returns:
            (N, 3, H, W), about [-1, 1], not clamped.
        """
        embedding = self.time(time_features(t, self.TIME_FEATURES).to(z.dtype))
        pixels = functional.pixel_unshuffle(torch.cat([z, known, mask, guide], dim=1), self.patch)
        x = self.stem(torch.cat([pixels, heatmaps], dim=1))
        skips = []
        for stage, shrink in zip(self.down, [*self.shrink, None], strict=True):
            x = stage(x, embedding)
            if shrink is not None:
                skips.append(x)
                x = shrink(x)
        x = self.up[-1](x, embedding)
        for stage, grow, skip in zip(self.up[-2::-1], self.grow[::-1], skips[::-1], strict=True):
            x = stage(grow(functional.interpolate(x, scale_factor=2.0, mode="nearest")) + skip, embedding)
        sketch = guide[:, :3]
        coarse = sketch + functional.pixel_shuffle(self.head(x), self.patch)
        out: Tensor = coarse + self.refiner(torch.cat([coarse, z, known, sketch, mask], dim=1))
        return out
