"""Random numbers on a device from one seeded generator: no global seeds."""

import torch
from torch import Tensor


class Draws:
    """A seeded source of random tensors.

    Args:
        seed: decides every number; a CPU and a GPU give different ones.
        device: where the tensors lie.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform in [low, high)."""
        return torch.rand(*shape, device=self.device, generator=self.generator) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        """Standard normal."""
        return torch.randn(*shape, device=self.device, generator=self.generator)

    def chance(self, probability: float, *shape: int) -> Tensor:
        """1.0 with the probability, else 0.0."""
        return (self.uniform(*shape) < probability).float()

    def index(self, count: int, *shape: int) -> Tensor:
        """int64 in [0, count)."""
        return torch.randint(count, shape, device=self.device, generator=self.generator)

    def up_to(self, most: Tensor) -> Tensor:
        """int64 in [0, most], each element with its own most (int64, >= 0)."""
        # A product just below most + 1 may be rounded up to it.
        return torch.minimum((self.uniform(*most.shape) * (most + 1)).floor().long(), most)

    def choice(self, weights: Tensor, count: int) -> Tensor:
        """(count,) int64 indices, drawn with the given weights."""
        return torch.multinomial(weights, count, replacement=True, generator=self.generator)
