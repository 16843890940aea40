"""Where a restoration looks: a face and its frame, or, for what knows no faces, the surroundings of a hole."""

import math
from dataclasses import dataclass

import numpy as np

from statue_models.face.face_frame import FaceFrame, working_size
from statue_models.face.landmarks68 import Landmarks
from statue_models.pixels.rectangle import Rectangle
from statue_models.restoring.cropping import selection_frame, widen_to_hold


@dataclass(frozen=True, eq=False)
class Sight:
    """What of the photograph a method sees.

    Attributes:
        frame: the square.
        size: side in pixels of the crop through it.
        landmarks: of the face that it frames, in photograph pixels; None where no face was looked for.
        widens: whether it may be widened for a hole that does not lie in it.
    """

    frame: FaceFrame
    size: int
    landmarks: Landmarks | None = None
    widens: bool = False

    @classmethod
    def of_face(cls, landmarks: Landmarks, frame: FaceFrame) -> "Sight":
        """A face, wide enough for every hole in or beside it."""
        return cls(frame, working_size(frame), landmarks, widens=True)

    @classmethod
    def of_selection(cls, rectangle: Rectangle) -> "Sight":
        """A hole's surroundings."""
        return cls(*selection_frame(rectangle))

    def widen_to(self, rectangle: Rectangle) -> "Sight":
        """The sight that a hole with this bounding box is filled in."""
        if not self.widens:
            return self
        frame = widen_to_hold(self.frame, rectangle)
        return Sight(frame, working_size(frame), self.landmarks, widens=True)

    def holds(self, rectangle: Rectangle) -> bool:
        """Whether all of a rectangle lies in the square."""
        corners = [(x, y) for x in (rectangle.x, rectangle.right) for y in (rectangle.y, rectangle.bottom)]
        return bool(self.frame.holds(np.array(corners, float)).all())

    def seen(self, shape: tuple[int, ...]) -> Rectangle:
        """Of a photograph (H, W, ...), all that resampling to the crop looks at."""
        half = math.hypot(self.frame.side, self.frame.side) / 2 + 6 * max(1.0, self.frame.scale(self.size))
        (x, y), whole = self.frame.centre, Rectangle(0, 0, shape[1], shape[0])
        left, top = math.floor(x - half), math.floor(y - half)
        return Rectangle.between(left, top, math.ceil(x + half), math.ceil(y + half)).intersect(whole)
