"""Faces that a search has seen: by whom, how likely they are right, and which of them are one and the same."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import ASIDE_YAW, LandmarkPredictor
from statue_models.landmarks.registry import probability

#: Heads turned further than this are in full profile: half of the points mean nothing. Chosen.
LARGEST_YAW = math.radians(87)
#: A face that is right at least so often needs no second look, and ends the search. Chosen.
TRUSTED = 0.88
#: Any other is a face only if somebody else sees one there, too, with so much of a score, or it has itself at least
#: the second: in 100 pictures without a face the likeliest that is not has .68. Both chosen.
SECONDED, ALONE = 0.2, 0.7
#: Of a head that is turned aside the product of both scores must come to this, too: what seconds it is mostly the same
#: network once more, at its least sure. A head seen from 100 degrees has .13, what is none had .05 at most in 100
#: pictures without a face and 60 parts of photographs beside one; heads that are put rightly have .16 and more. Chosen.
BOTH = 0.14
#: And only if a second look puts its points so near, on average over the eye distance: looks at what is
#: a face agree within .07, those at walls, curls and heads seen the wrong way up jump about by .1 and more. Chosen.
AGREED = 0.08
#: A face turned further than the first that is refused is called a profile, not nobody, if it has this score: much
#: that is no face looks like one that is turned away. Both chosen.
DOUBTFUL_YAW, NAMED = math.radians(30), 0.3
#: Side of a head over the larger side of its 68 points' box, as ``Scene.nearness`` has it: nobody else stands there.
#: Chosen.
HEAD = 1.4


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in photograph coordinates, and who saw it.

    Attributes:
        apart: how far another look put its points, over the eye distance; infinite where nobody has looked again.
        seconded: how sure somebody else is that there is a face; 1 where nobody was asked.
    """

    face: Landmarks
    predictor: LandmarkPredictor
    apart: float = math.inf
    seconded: float = 1.0

    @property
    def probability(self) -> float:
        """That the frame of this face, looked at closely, is right."""
        return probability(self.predictor.name, self.face.score)

    @property
    def sure(self) -> bool:
        """Whether looking further is not worth the time."""
        return self.face.score >= self.predictor.sure_score

    @property
    def trusted(self) -> bool:
        """Whether this face, looked at closely, ends the search."""
        return self.probability >= TRUSTED

    @property
    def likely(self) -> bool:
        """Whether it may be a face at all."""
        return self.face.score >= self.predictor.lowest_score

    @property
    def settled(self) -> bool:
        """Whether this is a face, and known well enough to restore it."""
        score, aside = self.face.score, abs(self.face.yaw or 0.0) > ASIDE_YAW
        seconded = self.seconded >= SECONDED and (not aside or self.seconded * score >= BOTH)
        return self.trusted or (self.likely and self.apart < AGREED and (seconded or score >= ALONE))

    @property
    def in_profile(self) -> bool:
        """Whether the head is turned too far to the side."""
        yaw = abs(self.face.yaw or 0.0)
        return yaw > LARGEST_YAW if self.settled else yaw > DOUBTFUL_YAW and self.face.score >= NAMED


def merge(found: list[Sighting], new: Sighting) -> None:
    """Add a new face to ``found``; of two sightings of one face the likelier stays."""
    for index, known in enumerate(found):
        if is_same_sighting(new.face.points, known.face.points):
            if new.face.score > known.face.score:
                found[index] = new
            return
    found.append(new)


def is_same_sighting(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two sightings (68, 2) are close enough for a closer look at either to come to the same.

    A nose taken for a small face, or a face seen upside down, lies on the right one and is still another.
    """
    first, second = frame_of_landmarks(one, level=0.0), frame_of_landmarks(other, level=0.0)
    apart = math.dist(first.centre, second.centre) / max(first.side, second.side)
    turned = math.remainder(first.angle - second.angle, math.tau)
    return apart < 0.18 and abs(math.log(first.side / second.side)) < 0.5 and abs(turned) < 0.6


def is_over(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two faces (68, 2) lie over each other: the middle of one within the other's head."""
    heads = [frame_of_landmarks(points, margin=HEAD, level=0.0) for points in (one, other)]
    return any(head.holds(points.mean(axis=0)[None])[0] for head, points in zip(heads, (other, one), strict=True))


def shows_part_of(square: FaceFrame, sighting: Sighting) -> bool:
    """Whether a square lies on a face that somebody is sure of, and is too small to show another."""
    head = frame_of_landmarks(sighting.face.points, margin=1.0, level=0.0)
    return sighting.sure and bool(head.holds(np.array([square.centre]))[0]) and square.side < 2 * head.side
