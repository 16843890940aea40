"""Contextual attention (Yu et al. 2018, "Generative Image Inpainting with Contextual Attention"): borrow from outside.

Every place looks for the visible patches that are most like its own patch, and takes what stands there.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.layers import shrink_mask

#: Smallest length that a patch is divided by.
EPSILON = 1e-4


class ContextualAttention(nn.Module):
    """Patches compared by their cosine at a lower resolution, and pasted at the full one; it has no parameters.

    Without the paper's later fusion of neighbours' weights.

    Args:
        kernel: side of the patches that are compared, in places.
        rate: how many times lower the resolution is at which they are compared; even.
        sharpness: factor of the cosines before the softmax; 10 as published.
    """

    def __init__(self, kernel: int = 3, rate: int = 2, sharpness: float = 10.0) -> None:
        super().__init__()
        self.kernel, self.rate, self.sharpness = kernel, rate, sharpness

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attend.

        Args:
            x: (N, C, h, w), multiples of the rate.
            mask: (N, 1, H, W), 1 = missing, at the features' resolution or a multiple of it.

        Returns:
            (N, C, h, w): sums of visible patches; of all, where no patch is wholly visible.
        """
        rate, padding = self.rate, self.kernel // 2
        small = functional.interpolate(x, scale_factor=1 / rate)
        patches = functional.normalize(functional.unfold(small, self.kernel, padding=padding), dim=1, eps=EPSILON)
        missing = shrink_mask(mask, mask.shape[-1] // small.shape[-1])
        touched = functional.max_pool2d(missing, self.kernel, 1, padding).flatten(1)[:, None]  # N x 1 x patches
        likeness = self.sharpness * (patches.transpose(1, 2) @ patches).float()  # row: who looks, column: at what
        # A finite number, so that looking at nothing but missing patches is looking at all alike.
        likeness = likeness.masked_fill(touched > 0, torch.finfo(torch.float32).min)
        weights = torch.softmax(likeness, dim=2).to(x.dtype)
        pasted = _unfold(x, rate) @ weights.transpose(1, 2)
        covered = _fold(_unfold(torch.ones_like(x[:1, :1]), rate), x, rate)
        return _fold(pasted, x, rate) / covered


def _unfold(x: Tensor, rate: int) -> Tensor:
    """(N, C, h, w) -> (N, C (2 rate)^2, h w / rate^2): patches that overlap by half, one for each place below."""
    return functional.unfold(x, 2 * rate, padding=rate // 2, stride=rate)


def _fold(patches: Tensor, like: Tensor, rate: int) -> Tensor:
    """Patches summed up where they lie, at the size of other features."""
    return functional.fold(patches, like.shape[-2:], 2 * rate, padding=rate // 2, stride=rate)
