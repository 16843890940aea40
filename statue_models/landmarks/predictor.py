"""What finds 68 landmarks: the protocol that predictors follow.

A predictor sees small pictures with their masks and knows nothing of photographs; the search (``search.py``)
decides where to look. Whatever it needs in place of the hole is its own affair: FaceMesh, which knows no masks, fills
it; a network trained on masked crops takes picture and mask as they are.
"""

import math
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.notes import Note

#: In ``Landmarks.source`` between a predictor's name and what it had to do without.
WITHOUT = " without "
#: Radians from which a head is turned aside: who knows faces by their two eyes hardly sees one any more. Chosen:
#: FaceMesh is sure of every other head that is turned by 50 degrees, of one in three from 60 on.
ASIDE_YAW = math.radians(40)


def notes_of(landmarks: Landmarks) -> tuple[Note, ...]:
    """What a user is to be told of how landmarks were found."""
    name, without, what = landmarks.source.partition(WITHOUT)
    return (Note.of("predictor-without", predictor=name, what=what),) if without else ()


class LandmarkPredictor(Protocol):
    """Finds landmarks in small pictures; deterministic.

    Attributes:
        name: of its descriptor; ``Landmarks.source`` may say more.
        lowest_score: below it nothing is a face.
        sure_score: from it on, looking further is not worth the time.
    """

    name: str
    lowest_score: float
    sure_score: float

    def propose(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> list[Landmarks]:
        """The faces that a picture may show, in pixels of it, in any order; an empty list where there is none.

        Args:
            rgb: (H, W, 3) uint8.
            mask: (H, W) uint8, > 0 = missing.
        """
        ...

    def refine(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        """The face that lies in ``frame`` (as ``frame_of_landmarks`` would put it, following the roll), with sigma.

        Args:
            rgb: (H, W, 3) uint8.
            mask: (H, W) uint8, > 0 = missing.
            frame: in pixels of the picture.
        """
        ...


@runtime_checkable
class GlancingPredictor(LandmarkPredictor, Protocol):
    """A predictor that can also look at a picture quickly, where there are many of them and most show no face."""

    def glance(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], aside: bool) -> list[Landmarks]:
        """As ``propose``, several times as fast, and more easily deceived.

        Args:
            rgb, mask: as ``propose`` has them.
            aside: also heads that are turned far to the side, if that takes longer.
        """
        ...


@runtime_checkable
class SecondedPredictor(LandmarkPredictor, Protocol):
    """A predictor that has somebody beside it who judges by other signs than its own."""

    def second_opinion(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame, yaw: float) -> float:
        """Whether there is a face in ``frame`` at all, 0..1.

        Args:
            rgb, mask, frame: as ``refine`` has them.
            yaw: by which it would be turned, in radians.
        """
        ...


def glance(
    predictor: LandmarkPredictor, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], aside: bool
) -> list[Landmarks]:
    """What a predictor sees at a glance, or, where it has none, what it proposes."""
    if isinstance(predictor, GlancingPredictor):
        return predictor.glance(rgb, mask, aside)
    return predictor.propose(rgb, mask)
