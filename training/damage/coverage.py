"""How much of the picture, and of the face, masks cover."""

from dataclasses import dataclass

import torch
from torch import Tensor

from statue_models.pixels.grid import centres_of
from training.damage.canvas import planes


@dataclass(frozen=True, eq=False)
class Coverage:
    """Shares in [0, 1].

    Attributes:
        picture: (N,) of the picture that is missing.
        face: (N,) of the face box (the landmarks' extent, as far as it lies in the picture) that is missing; NaN where
            it lies outside; None without landmarks.
    """

    picture: Tensor
    face: Tensor | None


def coverage(masks: Tensor, landmarks: Tensor | None = None) -> Coverage:
    """Measure masks.

    Args:
        masks: (N, 1, H, W), 1 = missing; soft values count in part.
        landmarks: (N, 68, 2) on the same device, (x, y) in units of the shorter side.

    Raises:
        ValueError: for other shapes.
    """
    if masks.ndim != 4 or masks.shape[1] != 1:
        raise ValueError(f"the masks' shape is {tuple(masks.shape)}: give (N, 1, H, W)")
    masks = masks.float()
    picture = masks.mean((1, 2, 3))
    if landmarks is None:
        return Coverage(picture, None)
    if len(landmarks) != len(masks) or landmarks.ndim != 3 or landmarks.shape[2] != 2:
        raise ValueError(f"the landmarks' shape is {tuple(landmarks.shape)}: give ({len(masks)}, 68, 2)")
    height, width = masks.shape[2:]
    low, high = landmarks.amin(1) * min(height, width), landmarks.amax(1) * min(height, width)
    x = centres_of(torch.arange(width, device=masks.device))[None, None, None, :]
    y = centres_of(torch.arange(height, device=masks.device))[None, None, :, None]
    box = (x >= planes(low[:, :1])) & (x <= planes(high[:, :1]))
    box = box & (y >= planes(low[:, 1:])) & (y <= planes(high[:, 1:]))
    return Coverage(picture, (masks * box).sum((1, 2, 3)) / box.sum((1, 2, 3)))
