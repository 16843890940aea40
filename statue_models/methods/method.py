"""What a restoration method gets and what it gives, at its working size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.descriptor import MethodOptions
from statue_models.request import Hypothesis, Progress


@dataclass(frozen=True, eq=False)
class Crop:
    """The photograph as a method sees it.

    Attributes:
        rgb: (S, S, 3) float32 in [0, 1], sRGB-encoded. Samples where ``known`` is False mean nothing.
        hole: (S, S) bool, True where something is missing.
        known: (S, S) bool, True inside the picture and outside the hole.
        landmarks: in pixels of the crop, or None for methods that work from the selection alone. Those that a user
            placed are to be met, the others are followed as far as a head allows.
        scale: photograph pixels per crop pixel.
    """

    rgb: NDArray[np.float32]
    hole: NDArray[np.bool_]
    known: NDArray[np.bool_]
    landmarks: Landmarks | None
    scale: float

    @property
    def size(self) -> int:
        """Side of the crop in pixels."""
        return int(self.hole.shape[0])

    @property
    def face(self) -> Landmarks:
        """The landmarks, for a method that works on faces.

        Raises:
            ValueError: when there are none (a programming error: such a method is only given faces).
        """
        if self.landmarks is None:
            raise ValueError("this method works in the face frame: it needs landmarks")
        return self.landmarks


@dataclass(frozen=True, eq=False)
class OtherHalf:
    """Where on a crop the mirror images of its pixels lie.

    Attributes:
        places: (S, S, 2) float32 positions (x, y) in pixels of the crop, smooth.
        share: (S, S) float32 in [0, 1], how well what is visible there answers for the pixel.
    """

    places: NDArray[np.float32]
    share: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fill:
    """One hypothesis for the hole, at the crop's size.

    Attributes:
        rgb: (S, S, 3) float32 in [0, 1]; only samples in the hole are used.
        borrow: (n, n, 2) float32 or None. For each cell of an n x n grid over the crop, the shift (x, y) in crop
            pixels to a visible place whose structure finer than the crop belongs here too (the patch that the fill
            was made from); NaN where there is none. None: the method draws all of its own texture, or wants none.
        stone: (S, S) float32 in [0, 1] or None. How far a pixel, visible or missing, shows the head's own stone rather
            than hair, headgear or background: missing stone takes the grain of the visible. None: it wants none.
        half: the face's other half, whose finest detail belongs here too, or None.
        interpolated: whether it is nothing but its surroundings, and never to leave their range.
        textured: whether missing stone takes the grain of the visible, and edges are sharpened; a preview does without.
    """

    rgb: NDArray[np.float32]
    borrow: NDArray[np.float32] | None = None
    stone: NDArray[np.float32] | None = None
    half: OtherHalf | None = None
    interpolated: bool = False
    textured: bool = True


@dataclass(frozen=True, eq=False)
class Answer:
    """All hypotheses of one call.

    Attributes:
        fills: one per hypothesis.
        uncertainty: (S, S) float32, standard deviation of the grey level (0..1): how far the likeliest hypothesis may
            be off; None where the method says nothing of it, or was not asked for the likeliest.
        notes: JSON-ready facts for the record (residual of the fit, which method was used instead, ...).
        stone: (S, S) float32 in [0, 1], ``Fill.stone`` of the likeliest hypothesis, asked for or not: visible stone is
            measured there, so that no fill depends on its company. None where fills have none.
    """

    fills: tuple[Fill, ...]
    uncertainty: NDArray[np.float32] | None
    notes: dict[str, object]
    stone: NDArray[np.float32] | None = None


class Method(Protocol):
    """A restoration method: deterministic in (crop, hypotheses, options), every hypothesis the same in any company."""

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """One fill per hypothesis.

        Args:
            crop: what is to be filled.
            hypotheses: at least one, the likeliest first where it is among them.
            options: of the type that the method's descriptor names.
            progress: called from 0 to 1.
        """
        ...
