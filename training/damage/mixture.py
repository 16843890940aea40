"""The damage that ``statueflow`` trains on: one of the kinds per picture, never nearly nothing or nearly all."""

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.features import boxes, break_line, brush, chips, patches, round_chip
from training.damage.noise import value_noise

#: How often each kind is chosen: shares of the pictures, set by eye.
SHARES = {"chips": 0.42, "break line": 0.16, "patches": 0.12, "brush": 0.12, "boxes": 0.08, "chips and brush": 0.10}
#: Masks that cover less or more of the picture are replaced by one round chip. Shares of the picture; set by eye.
LEAST, MOST = 0.004, 0.75


def face_damage(canvas: Canvas) -> Tensor:
    """The mixture; each mask covers at least ``LEAST`` and at most ``MOST`` of its picture.

    Every kind is computed for every picture and one is chosen per picture: that keeps the batch free of branches.
    """
    noise = value_noise(canvas)
    chipped = chips(canvas, noise)
    brushed = brush(canvas, noise)
    kinds = {
        "chips": chipped,
        "break line": break_line(canvas, noise),
        "patches": patches(canvas, noise),
        "brush": brushed,
        "boxes": boxes(canvas),
        "chips and brush": chipped | brushed,
    }
    weights = torch.tensor([SHARES[kind] for kind in kinds], device=canvas.device)
    chosen = canvas.draws.choice(weights, canvas.count)
    masks = torch.stack(list(kinds.values()))[chosen, torch.arange(canvas.count, device=canvas.device)]
    covered = masks.float().mean((1, 2, 3), keepdim=True)
    unusable = (covered < LEAST) | (covered > MOST)
    return torch.where(unusable, round_chip(canvas), masks)


def training_masks(landmarks: Tensor, size: int, draws: Draws) -> Tensor:
    """One mask of the mixture per face.

    Args:
        landmarks: (N, 68, 2), (x, y) as fractions of the side.
        size: side of the masks in pixels.
        draws: on the landmarks' device.

    Returns:
        (N, 1, size, size) float32, 0 or 1.
    """
    return face_damage(Canvas(len(landmarks), size, size, draws, landmarks)).float()
