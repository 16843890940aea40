"""What a generator made of a batch, and the terms that judge it pixel by pixel; weights are the system's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Region = Literal["all", "hole", "visible"]


@dataclass(frozen=True, eq=False)
class Attempt:
    """A batch of completions, float32 in [-1, 1].

    Attributes:
        truth: (N, 3, H, W).
        mask: (N, 1, H, W), 1 = missing. counted: the same where the truth is known.
        generated: (N, 3, H, W), the generator's whole picture; where no truth is known, the truth's stand-in.
    """

    truth: Tensor
    mask: Tensor
    counted: Tensor
    generated: Tensor

    @property
    def composite(self) -> Tensor:
        """(N, 3, H, W): generated where something is missing, the truth elsewhere."""
        return torch.where(self.mask > 0, self.generated, self.truth)


#: An attempt -> a scalar, unweighted.
Term = Callable[[Attempt], Tensor]


def pixel_term(power: Literal[1, 2], region: Region = "all", over: Literal["region", "all"] = "region") -> Term:
    """Mean absolute (power 1) or squared (2) difference of the samples.

    Args:
        region: "all" pixels, those in the "hole" with a known truth, or the "visible" ones.
        over: divide by the samples of the region, or, as those do who multiply by the mask, by all of them.
    """

    def term(attempt: Attempt) -> Tensor:
        error = (attempt.generated - attempt.truth).abs() ** power
        if region == "all":
            return error.mean()
        weight = attempt.counted if region == "hole" else 1 - attempt.mask
        total = (error * weight).sum()
        count = weight.sum() * error.shape[1] if over == "region" else error.new_tensor(error.numel())
        return total / count.clamp(min=1)

    return term
