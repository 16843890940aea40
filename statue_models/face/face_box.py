"""The box around a face, as a user draws it or a detector finds it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class FaceBox(NamedTuple):
    """A box on a photograph, in pixels, not bound to whole ones.

    Attributes:
        x, y: its upper left corner; the first pixel's centre is (0.5, 0.5).
        width, height: in pixels.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def finite(self) -> bool:
        """Whether its numbers are numbers, and it has a size."""
        return bool(np.isfinite(self).all() and self.width > 0 and self.height > 0)

    def holds(self, point: NDArray[np.floating]) -> bool:
        """Whether a point (x, y) lies in it."""
        return bool(self.x <= point[0] <= self.x + self.width and self.y <= point[1] <= self.y + self.height)

    def meets(self, shape: tuple[int, ...]) -> bool:
        """Whether it lies at least in part in a picture of that shape (H, W, ...)."""
        return self.x < shape[1] and self.y < shape[0] and self.x + self.width > 0 and self.y + self.height > 0

    def __str__(self) -> str:
        """As the command line takes it."""
        return ",".join(f"{value:g}" for value in self)
