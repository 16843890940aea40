"""Descriptions in, pictures out: the same kernels on a CPU and on CUDA."""

import torch
from torch import Tensor

from statue_models.errors import StatueError
from training.statues.description.layout import Table
from training.statues.rendering.development import SAMPLES, Renders, develop
from training.statues.rendering.launcher import Launcher
from training.statues.rendering.stages import Batch, light_pixels, scan_pixels, sculpt
from training.statues.rendering.uploads import Mesh, Surroundings
from training.statues.sources.environments import Environments
from training.statues.sources.head_model import HeadModel

#: Pixels: sides of the pictures; chosen.
SMALLEST, LARGEST = 32, 2048


class Factory:
    """Renders statues.

    Args:
        head: the morphable head. environments: its surroundings.
        size: side of the pictures in pixels, a multiple of 16.
        device: "cpu" (one core: use one factory per process) or "cuda".
        launcher: instead of a plain one on the device.

    Raises:
        StatueError: ``usage`` for a size that cannot be; ``no-cuda``.
    """

    def __init__(
        self,
        head: HeadModel,
        environments: Environments,
        size: int = 256,
        device: str = "cpu",
        launcher: Launcher | None = None,
    ) -> None:
        if size % 16 or not SMALLEST <= size <= LARGEST:
            reason = f"the size must be a multiple of 16 from {SMALLEST} to {LARGEST}, not {size}"
            raise StatueError("usage", reason=reason)
        self.head, self.environments, self.size = head, environments, size
        self.launcher = launcher or Launcher(device)
        self.mesh = Mesh(head, self.launcher)
        self.surroundings = Surroundings(environments, self.launcher)

    @property
    def device(self) -> str:
        """Where it works."""
        return self.launcher.device

    @torch.no_grad()
    def render(self, table: Table, broken: bool = False, gain: Tensor | None = None, maps: bool = False) -> Renders:
        """Take the pictures.

        Args:
            table: (B,) descriptions. broken: with the pieces missing.
            gain: (B,) exposure of the intact picture, so that a pair matches; else each is exposed by itself.
            maps: also depth, normals and positions.
        """
        batch = Batch.of(self.launcher, table, self.size * SAMPLES, broken)
        surface = sculpt(self.launcher, self.mesh, batch)
        pixels, nearest = scan_pixels(self.launcher, self.mesh, batch, surface)
        radiance = light_pixels(self.launcher, self.mesh, self.surroundings, batch, surface, pixels, nearest)
        return develop(self.launcher, self.surroundings, batch, surface, pixels, radiance, gain, maps)
