"""Which holes lie on which face: each is looked for by its own holes; what is missing elsewhere is no matter."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search import find_face
from statue_models.pixels.overlay import part_of
from statue_models.pixels.samples import rgb8
from statue_models.request import Progress, RestorationRequest, part_of_progress
from statue_models.restoring.cropping import pixels_in_frame
from statue_models.restoring.holes import Hole, unite
from statue_models.restoring.sight import Sight

#: Why a hole has no face: code of the error -> code of the note.
FACELESS = {"no-face": "no-face", "profile-face": "profile", "hole-off-face": "hole-off-face"}
#: Two frames are those of one face: their centres are at most so far apart, in larger sides, and their sides differ by
#: at most this factor. Chosen.
APART, LARGER = 0.3, 1.6
#: The square within which holes belong to a face that was given by its box, in the box's larger side. Chosen.
AROUND_BOX = 2.0
#: In a frame's side, how long a speck may be, and in its area, how much all of them may be: what is filled beside
#: specks sees the photograph there, and is the same with and without them. Chosen.
SPECK, SPECKS = 0.03, 0.005


class Plan(NamedTuple):
    """Holes that are filled together, by the face that a sight frames, or, and why, from their surroundings.

    Attributes:
        specks: whether they are specks, or other thin damage away from faces, which is closed by itself.
    """

    hole: Hole
    sight: Sight
    faceless: str = ""
    specks: bool = False


@dataclass(eq=False)
class _Face:
    """A face, the holes that are filled by it, and the specks on it, which these do not notice."""

    sight: Sight
    holes: list[Hole] = field(default_factory=list)
    specks: list[Hole] = field(default_factory=list)

    def has(self, hole: Hole) -> bool:
        """Whether a hole lies so well on the face that no other can be meant."""
        assert self.sight.landmarks is not None
        points = self.sight.landmarks.points
        (left, top), (right, bottom) = points.min(0), points.max(0)
        x, y, width, height = hole.rectangle
        return bool(left <= x and top <= y and x + width <= right and y + height <= bottom)

    def is_in(self, frame: FaceFrame) -> bool:
        """Whether another frame is that of the same face."""
        own = self.sight.frame
        apart = math.dist(own.centre, frame.centre) / max(own.side, frame.side)
        return apart <= APART and abs(math.log(own.side / frame.side)) <= math.log(LARGER)

    def groups(self) -> list[Plan]:
        """One of all holes that its frame holds, one of each that it must be widened for, and one of the specks."""
        inside = [hole for hole in self.holes if self.sight.holds(hole.rectangle)]
        together = [unite(inside)] if inside else []
        alone = [hole for hole in self.holes if hole not in inside]
        specks = [Plan(unite(self.specks), self.sight, specks=True)] if self.specks else []
        return [*(Plan(hole, self.sight) for hole in together + alone), *specks]


def specks_of(thin: Sequence[Hole], frame: FaceFrame) -> list[Hole]:
    """The thin holes that are specks: small, and all together so little of what a frame shows that they do no harm."""
    small = [hole for hole in thin if max(hole.rectangle.shape) <= SPECK * frame.side]
    return small if sum(hole.pixels for hole in small) <= SPECKS * frame.side**2 else []


def square_around(box: FaceBox) -> FaceFrame:
    """The square within which a hole belongs to a face that was given by its box."""
    return FaceFrame(box.centre, AROUND_BOX * max(box.width, box.height))


def shows(frame: FaceFrame, hole: Hole) -> bool:
    """Whether any of a hole lies in a frame."""
    return bool((pixels_in_frame(frame, hole.rectangle) & hole.where).any())


class FaceSearch:
    """Finds the faces of holes, each by its own hole first, then by all that lie on it."""

    def __init__(self, request: RestorationRequest, load: Callable[[str], LandmarkPredictor]) -> None:
        self._request, self._load = request, load
        self._rgb = rgb8(request.image)
        self._faces: list[_Face] = []
        self._faceless: list[Plan] = []
        self._given: _Face | None = None
        if request.landmarks is not None:
            self._given = _Face(Sight.of_face(*find_face(self._rgb, request.mask, [], landmarks=request.landmarks)))
            self._faces.append(self._given)

    def add(self, hole: Hole, progress: Progress) -> None:
        """Give a hole to its face, which is looked for where it is not yet known."""
        if self._given is not None and shows(self._given.sight.frame, hole):
            self._given.holes.append(hole)
            return
        face = next((face for face in self._faces if face.has(hole)), None)
        if face is None:
            found = self._look([hole], progress)
            if isinstance(found, str):
                self._faceless.append(Plan(hole, Sight.of_selection(hole.rectangle), found))
                return
            face = next((face for face in self._faces if face.is_in(found.frame)), None)
            if face is None:
                face = _Face(found)
                self._faces.append(face)
        face.holes.append(hole)

    def add_thin(self, thin: Sequence[Hole]) -> list[Hole]:
        """Give thin holes, but for specks, to the face whose frame holds them; returns the others."""
        left = list(thin)
        for face in self._faces:
            inside = [hole for hole in left if face.sight.holds(hole.rectangle)]
            specks = specks_of(inside, face.sight.frame)
            face.holes.extend(hole for hole in inside if hole not in specks)
            if face is self._given:
                face.specks, specks = specks, []
            left = [hole for hole in left if hole not in inside or hole in specks]
        return left

    def groups(self, progress: Progress) -> list[Plan]:
        """The groups of each face, as all holes that lie on it show it; then the holes that have none."""
        for face in self._faces:
            on_face = [hole for number, hole in enumerate(face.holes) if number == 0 or face.has(hole)]
            if face is not self._given and len(on_face) > 1:
                found = self._look(on_face, part_of_progress(progress, 1.0, 1.0))
                if not isinstance(found, str) and face.is_in(found.frame):
                    face.sight = found
        return [*(group for face in self._faces for group in face.groups()), *self._without_face()]

    def _without_face(self) -> list[Plan]:
        """The holes that have none; where another hole's face is there, they lie beside it."""
        beside = FACELESS["hole-off-face"]
        return [
            group._replace(faceless=beside) if self._faces and group.faceless == FACELESS["no-face"] else group
            for group in self._faceless
        ]

    def _look(self, holes: Sequence[Hole], progress: Progress) -> Sight | str:
        """The face of these holes, or the note's code that says why there is none."""
        mask, box = self._mask_of(holes), self._request.face
        if box is not None and not any(shows(square_around(box), hole) for hole in holes):
            box = None
        try:
            predictors = [self._load(self._request.predictor)]
            return Sight.of_face(*find_face(self._rgb, mask, predictors, face=box, progress=progress))
        except StatueError as error:
            if error.code not in FACELESS or self._request.require_face:
                raise
            return FACELESS[error.code]

    def _mask_of(self, holes: Sequence[Hole]) -> NDArray[np.uint8]:
        """(H, W) the mask of some holes alone."""
        mask = np.zeros(self._request.mask.shape, np.uint8)
        for hole in holes:
            part_of(mask, hole.rectangle)[hole.where] = part_of(self._request.mask, hole.rectangle)[hole.where]
        return mask
