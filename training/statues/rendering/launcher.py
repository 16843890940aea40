"""Arrays and kernels on one device."""

import numpy as np
import torch
import warp as wp
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import StatueError

# Warp greets on standard output, and warns of missing CUDA drivers where a CPU was asked for.
wp.config.log_level = wp.LOG_ERROR


class Launcher:
    """Puts arrays on a device and runs kernels there; torch and Warp share the memory.

    Args:
        device: "cpu" (one core) or "cuda".

    Raises:
        StatueError: ``no-cuda``.
    """

    def __init__(self, device: str) -> None:
        if device != "cpu" and not wp.is_cuda_available():
            raise StatueError("no-cuda")
        self.device = device

    def array(self, values: NDArray, dtype: object) -> wp.array:
        """A copy there."""
        return wp.array(np.ascontiguousarray(values), dtype=dtype, device=self.device)

    def tensor(self, values: NDArray) -> Tensor:
        """A float32 copy there, for torch."""
        return torch.from_numpy(np.array(values, np.float32)).to(self.device)

    def empty(self, *shape: int, dtype: object) -> wp.array:
        """Memory to be written."""
        return wp.empty(shape, dtype=dtype, device=self.device)

    def full(self, *shape: int, dtype: object, value: float) -> wp.array:
        """Memory filled with a value."""
        return wp.full(shape, value, dtype=dtype, device=self.device)

    def launch(self, kernel: wp.Kernel, dim: tuple[int, ...], *arguments: object) -> None:
        """Run a kernel once per index below ``dim``."""
        wp.launch(kernel, dim=dim, inputs=list(arguments), device=self.device)
