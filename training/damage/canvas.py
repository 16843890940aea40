"""What masks are drawn on: a batch's size, its random numbers and, where faces are known, their landmarks."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from statue_models.face.landmarks68 import COUNT
from statue_models.pixels.grid import centres_of
from training.damage.draws import Draws

#: Lengths that the catalogue gives in pixels are meant at this side (systems that work at another one say so). 128 is
#: the side of ``statues128``'s pictures.
SIDE = 128
#: Pixels: shortest side on which masks are drawn; chosen.
SMALLEST = 16


@dataclass(frozen=True, eq=False)
class Canvas:
    """A batch of pictures to be damaged.

    Coordinates are (x, y), x right, y down, in units of the shorter side: fractions of the side where the pictures
    are square. The centre of the first pixel lies at half a pixel.

    Attributes:
        count: pictures, N.
        height, width: in pixels.
        draws: random numbers on the device where the masks are to lie.
        landmarks: (N, 68, 2) float32 there, in the coordinates above; None where no faces are known.

    Raises:
        ValueError: for pictures that are too few or too small, and for landmarks that do not fit them.
    """

    count: int
    height: int
    width: int
    draws: Draws
    landmarks: Tensor | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"{self.count} pictures cannot be damaged: ask for one or more")
        if min(self.height, self.width) < SMALLEST:
            raise ValueError(
                f"{self.height} x {self.width} is too small: give a height and a width of {SMALLEST} or more"
            )
        if self.landmarks is None:
            return
        if tuple(self.landmarks.shape) != (self.count, COUNT, 2):
            raise ValueError(
                f"the landmarks' shape is {tuple(self.landmarks.shape)}: give ({self.count}, {COUNT}, 2), (x, y) in"
                " units of the shorter side"
            )
        if self.landmarks.device.type != self.draws.device.type:
            raise ValueError(
                f"the landmarks lie on {self.landmarks.device}, the random numbers on {self.draws.device}:"
                " move the landmarks there"
            )

    @property
    def device(self) -> torch.device:
        """Where the masks lie."""
        return self.draws.device

    @property
    def side(self) -> int:
        """The shorter side in pixels."""
        return min(self.height, self.width)

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height in units of the shorter side."""
        return self.width / self.side, self.height / self.side

    @cached_property
    def x(self) -> Tensor:
        """(1, 1, 1, width) of the pixels' centres."""
        return (centres_of(torch.arange(self.width, device=self.device)) / self.side)[None, None, None, :]

    @cached_property
    def y(self) -> Tensor:
        """(1, 1, height, 1) of the pixels' centres."""
        return (centres_of(torch.arange(self.height, device=self.device)) / self.side)[None, None, :, None]

    @property
    def points(self) -> Tensor:
        """The landmarks.

        Raises:
            ValueError: where there are none.
        """
        if self.landmarks is None:
            raise ValueError("this kind of damage needs landmarks: give (N, 68, 2), or choose a kind that needs none")
        return self.landmarks

    @property
    def face_sizes(self) -> Tensor:
        """(N,) larger side of the landmarks' box."""
        return (self.points.amax(1) - self.points.amin(1)).amax(1)

    @property
    def eye_distances(self) -> Tensor:
        """(N,) distance between the outer eye corners."""
        return (self.points[:, 36] - self.points[:, 45]).norm(dim=1)

    def pixels(self, length: float, at: int = SIDE) -> int:
        """A length of so many pixels at a shorter side of ``at``, in whole pixels of these pictures, at least 1."""
        return max(1, round(length * self.side / at))


def planes(values: Tensor) -> Tensor:
    """(N, K) -> (N, K, 1, 1), to be combined with a canvas's x and y."""
    return values[..., None, None]


def segment_distance(canvas: Canvas, start: Tensor, step: Tensor) -> Tensor:
    """Distance of every pixel from the segments from start to start + step.

    Args:
        canvas: where.
        start, step: (N, K, 2).

    Returns:
        (N, K, H, W), in units of the shorter side.
    """
    dx, dy = canvas.x - planes(start[..., 0]), canvas.y - planes(start[..., 1])
    step_x, step_y = planes(step[..., 0]), planes(step[..., 1])
    share = ((dx * step_x + dy * step_y) / (step_x**2 + step_y**2 + 1e-6)).clamp(0, 1)
    return torch.hypot(dx - share * step_x, dy - share * step_y)
