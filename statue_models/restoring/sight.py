"""Where a restoration looks: the face that is meant and its frame, or, for what knows no faces, the selection's."""

from collections.abc import Callable
from dataclasses import dataclass

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, working_size
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search import find_face
from statue_models.methods.descriptor import Needs
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import rgb8
from statue_models.request import Progress, RestorationRequest
from statue_models.restoring.cracks import is_thin_without_face
from statue_models.restoring.cropping import selection_frame, widen_to_hold

#: What is said where there is no face that could be framed.
NO_FACE = ("no-face", "profile-face")


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


def find_sight(
    request: RestorationRequest, needs: Needs, load: Callable[[str], LandmarkPredictor], progress: Progress
) -> Sight:
    """Where a request is to be restored.

    Args:
        request: with the face's landmarks or box, where the user gave them.
        needs: of the method. For "landmarks" no face is looked for where all damage is thin for any face; for "face"
            the selection will do where none is found.
        load: gives the landmark predictor of a name; not called where the landmarks are given.
        progress: of the search.

    Raises:
        StatueError: as ``find_face`` does.
    """
    if needs == "pixels" or (needs == "landmarks" and is_thin_without_face(request)):
        return Sight.of_selection(Rectangle.of_mask(request.mask))
    predictors = [load(request.predictor)] if request.landmarks is None else []
    try:
        landmarks, frame = find_face(
            rgb8(request.image),
            request.mask,
            predictors,
            face=request.face,
            landmarks=request.landmarks,
            progress=progress,
        )
    except StatueError as error:
        if needs != "face" or error.code not in NO_FACE:
            raise
        return Sight.of_selection(Rectangle.of_mask(request.mask))
    return Sight.of_face(landmarks, frame)
