"""Losses of maps that say yes or no, pixel by pixel, and how well two such maps agree."""

import torch
from torch import Tensor
from torch.nn import functional


def balanced_bce(logits: Tensor, target: Tensor, counted: Tensor, yes: float = 0.3) -> Tensor:
    """Cross-entropy, averaged over the pixels of each answer apart: a thin line weighs as much as all around it.

    An answer that no pixel has costs nothing (a hole may hide all landmarks).

    Args:
        logits: (N, C, H, W). target: the same in [0, 1]; in between, a pixel belongs to both answers in part.
        counted: (N, 1, H, W), 1 where it counts.
        yes: weight of the pixels that are to be 1; those that are to be 0 have the rest. PFCGAN's.

    Returns:
        A scalar.
    """
    cost = functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="none")
    total = logits.new_zeros((), dtype=torch.float32)
    for weight, member in ((yes, target * counted), (1 - yes, (1 - target) * counted)):
        total = total + weight * (cost * member).sum() / member.sum().clamp(min=1)
    return total


def overlap(found: Tensor, right: Tensor, counted: Tensor) -> Tensor:
    """Intersection over union of two maps in [0, 1], where it counts, over the whole batch: a scalar, 1 for equal ones.

    Args:
        found, right, counted: (N, 1, H, W).
    """
    both, either = (torch.minimum(found, right) * counted).sum(), (torch.maximum(found, right) * counted).sum()
    return torch.where(either > 0, both / either.clamp(min=1e-6), 1.0)
