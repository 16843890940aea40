"""Vectors that a network is not sure of: normal distributions without correlations, and the layers that give them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

#: Largest absolute log-variance: a factor of e^5 = 148 of the deviation either way. The face editor's (PFCGAN).
MOST_LOG_VARIANCE = 10.0


@dataclass(frozen=True, eq=False)
class Gaussian:
    """One distribution for each of N pictures.

    Attributes:
        mean, log_variance: (N, D) float32.
    """

    mean: Tensor
    log_variance: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """(N, D) for standard normal noise (N, D): the reparametrisation of Kingma and Welling (2014)."""
        return self.mean + (self.log_variance / 2).exp() * noise


class GaussianHead(nn.Module):
    """Two fully connected layers, mean and log-variance.

    Args:
        before, after: numbers in and out.
        zero: with weights and biases 0 at first, so that whatever is shown the answer is N(0, I) until they have
            moved: what stands before it learns from the second step on, and its style is noise until then.
    """

    def __init__(self, before: int, after: int, zero: bool = False) -> None:
        super().__init__()
        self.mean, self.log_variance = nn.Linear(before, after), nn.Linear(before, after)
        if zero:
            for parameter in self.parameters():
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Gaussian:
        """(N, before) -> N distributions; log-variances are clipped."""
        log_variance = self.log_variance(x).float().clamp(-MOST_LOG_VARIANCE, MOST_LOG_VARIANCE)
        return Gaussian(self.mean(x).float(), log_variance)


def join(one: Gaussian, other: Gaussian) -> Gaussian:
    """Both of every picture as one of D1 + D2 numbers."""
    return Gaussian(torch.cat([one.mean, other.mean], 1), torch.cat([one.log_variance, other.log_variance], 1))
