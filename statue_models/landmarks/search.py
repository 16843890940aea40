"""Which face is meant, and where its landmarks are: given points, or a given box, or a search around the mask.

Squares of several sizes around the hole, then the whole picture, then tiles of it are shown to the landmark
predictors; the likeliest faces under or next to the hole are looked at once more, closely, by each predictor, and the
answer that is likeliest to be right wins.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.plausible import check_given
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.registry import probability
from statue_models.landmarks.search_squares import Scene
from statue_models.phases import Phase
from statue_models.request import Progress, no_progress

#: Side in pixels of the crops that a predictor searches and, around a found face, refines on. Chosen.
SEARCH_SIZE, REFINE_SIZE = 320, 288
#: A view of ``REFINE_SIZE`` over the face's frame: predictors turn and widen the frame once more. Chosen.
VIEW_OVER_FRAME = 1.4
#: Sides of the squares around a given box, in its larger side. Chosen.
AROUND_BOX = (1.5, 1.2, 2.0)
#: How many of the found faces are looked at closely. Chosen.
CLOSER_LOOKS = 3
#: Score from which a face on the hole ends the search before its last resorts. Chosen.
DOUBTFUL = 0.3
#: Heads turned further than this are in profile: half of the points cannot be seen. Chosen.
LARGEST_YAW = math.radians(60)
#: A frame that is right less often than this is not worth a restoration: there is no face, or nothing to find it by.
#: Chosen.
LEAST_LIKELY = 0.08
#: What a face that is to be refused counts, over others: it is named only where nothing better is near. Chosen.
HARDLY = 1e-3
#: How many sightings are looked at closely where all faces of a picture are wanted. Chosen.
MOST_FACES = 24
#: Two faces whose middles are nearer than this, in sides of the larger one's box, are one. Chosen.
OVER = 0.5
#: No predictor sees a full profile as one: what it takes for a face turned by half as much, it doubts. Turned further
#: than this and right less often than that is a profile. Of 56 heads turned by 75 to 90 degrees, ``landmarknet`` and
#: these rules refuse 47; of 280 composed faces up to 60 degrees, nine. Both chosen.
DOUBTFUL_YAW, DOUBTFUL_TURNED = math.radians(30), 0.2


def find_face(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    predictors: LandmarkPredictor | Sequence[LandmarkPredictor],
    *,
    face: FaceBox | None = None,
    landmarks: Landmarks | None = None,
    progress: Progress = no_progress,
) -> tuple[Landmarks, FaceFrame]:
    """The landmarks of the damaged face, and the frame to restore it in.

    Args:
        rgb: (H, W, 3) uint8, the photograph.
        mask: (H, W) uint8, > 0 = missing; may be all 0.
        predictors: one, or several: each proposes faces, and each looks closely at what any of them proposed.
        face: look nowhere else.
        landmarks: 68 points that the user gave: nothing is searched, they are taken as they are.
        progress: called with ``Phase.FACE``; what it raises ends the search.

    Raises:
        StatueError: ``no-face``, ``profile-face``, ``bad-face-box`` or ``bad-landmarks``.
    """
    height, width = mask.shape
    if landmarks is not None:
        low, high = landmarks.points.min(axis=0), landmarks.points.max(axis=0)
        if (high <= 0).any() or (low >= (width, height)).any():
            raise StatueError("bad-landmarks", reason="they lie outside the picture")
        check_given(landmarks)
        return landmarks.hidden_under(mask), frame_of_landmarks(landmarks.points)
    best = best_sighting(rgb, mask, predictors, face=face, progress=progress)
    if best is None:
        raise _no_face(mask)
    if _in_profile(best):
        raise StatueError("profile-face")
    if not best.worth_it:
        raise _no_face(mask)
    return best.face.hidden_under(mask), frame_of_landmarks(best.face.points)


def find_faces(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    predictors: LandmarkPredictor | Sequence[LandmarkPredictor],
    *,
    progress: Progress = no_progress,
) -> list[tuple[Landmarks, FaceFrame]]:
    """All faces of a picture that can be restored, wherever they stand: the likeliest first, none over another.

    Looked at are the whole picture, tiles of it, and the surroundings of each hole, or group of holes.

    Args:
        rgb: (H, W, 3) uint8, the photograph.
        mask: (H, W) uint8, > 0 = missing; may be all 0.
        predictors: as ``find_face`` has them.
        progress: called with ``Phase.FACE``; what it raises ends the search.

    Returns:
        Each face's landmarks and frame, as ``find_face`` would give them; an empty list where there is none. Heads in
        profile are left out.
    """
    search = _Search(Scene.of(rgb, mask), tuple(predictors) if isinstance(predictors, Sequence) else (predictors,))
    faces = search.everybody(progress)
    return [(one.face.hidden_under(mask), frame_of_landmarks(one.face.points)) for one in faces]


def _in_profile(sighting: "Sighting") -> bool:
    yaw = abs(sighting.face.yaw or 0.0)
    return yaw > LARGEST_YAW or (yaw > DOUBTFUL_YAW and sighting.probability < DOUBTFUL_TURNED)


def _no_face(mask: NDArray[np.uint8]) -> StatueError:
    where = "around the missing part" if mask.any() else "in the picture"
    return StatueError("no-face", where=where, more=" or give the 68 points with --landmarks FILE")


def best_sighting(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    predictors: LandmarkPredictor | Sequence[LandmarkPredictor],
    *,
    face: FaceBox | None = None,
    progress: Progress = no_progress,
) -> "Sighting | None":
    """What ``find_face`` finds, however unlikely to be right; None where nobody sees anything. Arguments as there.

    Raises:
        StatueError: ``bad-face-box``.
    """
    search = _Search(Scene.of(rgb, mask), tuple(predictors) if isinstance(predictors, Sequence) else (predictors,))
    found = search.around_hole(progress) if face is None else search.in_box(FaceBox(*face))
    progress(Phase.FACE, 0.8)
    best = search.closest_look(found)
    progress(Phase.FACE, 1.0)
    return best


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in photograph coordinates, and who saw it."""

    face: Landmarks
    predictor: LandmarkPredictor

    @property
    def probability(self) -> float:
        """That the frame of this face, looked at closely, is right."""
        return probability(self.predictor.name, self.face.score)

    @property
    def worth_it(self) -> bool:
        """Whether a restoration in this frame makes sense."""
        return self.likely and self.probability >= LEAST_LIKELY

    @property
    def sure(self) -> bool:
        """Whether looking further is not worth the time."""
        return self.face.score >= self.predictor.sure_score

    @property
    def likely(self) -> bool:
        """Whether it is a face at all."""
        return self.face.score >= self.predictor.lowest_score


@dataclass(frozen=True, eq=False)
class _Search:
    """One search: a scene, and who looks at it."""

    scene: Scene
    predictors: tuple[LandmarkPredictor, ...]

    def around_hole(self, progress: Progress) -> list[Sighting]:
        """The different faces that the squares show and that may be meant."""
        found: list[Sighting] = []
        squares = list(self.scene.squares())
        for index, (square, last_resort) in enumerate(squares):
            if last_resort and any(s.face.score >= DOUBTFUL and self.scene.on_hole(s.face.points) for s in found):
                break
            progress(Phase.FACE, 0.8 * index / len(squares))
            self._add(found, square)
            if any(s.sure and self.scene.nearness(s.face.points) > 0.5 for s in found):
                break
        return [s for s in found if self.scene.nearness(s.face.points) > 0]

    def everybody(self, progress: Progress) -> list[Sighting]:
        """The faces that the whole picture shows, looked at closely: the likeliest first, one in each place."""
        found: list[Sighting] = []
        squares = list(self.scene.all_squares())
        for index, square in enumerate(squares):
            progress(Phase.FACE, 0.6 * index / len(squares))
            if any(_shows_part_of(square, sighting) for sighting in found):
                continue
            self._add(found, square)
        found.sort(key=lambda sighting: sighting.probability, reverse=True)
        faces: list[Sighting] = []
        for index, sighting in enumerate(found[:MOST_FACES]):
            progress(Phase.FACE, 0.6 + 0.4 * index / len(found))
            if any(_is_over(sighting.face.points, known.face.points) for known in faces):
                continue
            looks = [Sighting(self._refine(one, sighting.face.points), one) for one in self.predictors]
            best = max(looks, key=lambda look: look.probability * (1 if look.worth_it else HARDLY))
            if best.worth_it and not _in_profile(best):
                faces.append(best)
        faces.sort(key=lambda face: face.probability, reverse=True)
        progress(Phase.FACE, 1.0)
        return [
            face
            for place, face in enumerate(faces)
            if not any(_is_over(face.face.points, better.face.points) for better in faces[:place])
        ]

    def in_box(self, box: FaceBox) -> list[Sighting]:
        """The faces whose middle lies in the box."""
        if not box.finite:
            raise StatueError("bad-face-box", box=box)
        found: list[Sighting] = []
        for scale in AROUND_BOX:
            square = FaceFrame(box.centre, scale * max(box.width, box.height))
            self._add(found, square, lambda points: box.holds(points.mean(axis=0)))
            if any(sighting.sure for sighting in found):
                break
        return found

    def _add(
        self,
        found: list[Sighting],
        square: FaceFrame,
        wanted: Callable[[NDArray[np.float64]], bool] = lambda points: True,
    ) -> None:
        """Add what the predictors see in a square; one that follows looks only while nobody is sure."""
        rgb, mask = self.scene.look(square, SEARCH_SIZE)
        for predictor in self.predictors:
            for proposal in predictor.propose(rgb, mask):
                face = proposal.to_photograph(square, SEARCH_SIZE)
                if wanted(face.points):
                    _merge(found, Sighting(face, predictor))
            if any(sighting.sure for sighting in found):
                break

    def closest_look(self, found: list[Sighting]) -> Sighting | None:
        """The face that is meant, as the predictor sees it that is likeliest to be right; None where there is none."""

        def rank(sighting: Sighting) -> float:
            return sighting.face.score * self.scene.nearness(sighting.face.points)

        def worth(sighting: Sighting) -> float:
            right = sighting.probability * (1 if sighting.worth_it else HARDLY)
            return right * self.scene.nearness(sighting.face.points)

        refined = [
            Sighting(self._refine(predictor, sighting.face.points), predictor)
            for sighting in sorted(found, key=rank, reverse=True)[:CLOSER_LOOKS]
            for predictor in self.predictors
        ]
        return max(refined, key=worth, default=None)

    def _refine(self, predictor: LandmarkPredictor, points: NDArray[np.float64]) -> Landmarks:
        """A close look at the face with these 68 points."""
        upright = frame_of_landmarks(points, level=0.0)
        view = FaceFrame(upright.centre, VIEW_OVER_FRAME * upright.side)
        rgb, mask = self.scene.look(view, REFINE_SIZE)
        x, y = view.to_crop(np.array([upright.centre]), REFINE_SIZE)[0]
        inner = FaceFrame((float(x), float(y)), REFINE_SIZE / VIEW_OVER_FRAME, upright.angle)
        return predictor.refine(rgb, mask, inner).to_photograph(view, REFINE_SIZE)


def _merge(found: list[Sighting], new: Sighting) -> None:
    """Add a new face to ``found``; of two sightings of one face the likelier stays."""
    for index, known in enumerate(found):
        if _is_same_sighting(new.face.points, known.face.points):
            if new.face.score > known.face.score:
                found[index] = new
            return
    found.append(new)


def _is_over(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two faces (68, 2) lie over each other: the middle of one deep within the other's head."""
    heads = [frame_of_landmarks(points, margin=1.0, level=0.0) for points in (one, other)]
    apart = math.dist(one.mean(axis=0), other.mean(axis=0))
    return apart < OVER * max(head.side for head in heads)


def _shows_part_of(square: FaceFrame, sighting: Sighting) -> bool:
    """Whether a square lies on a face that somebody is sure of, and is too small to show another."""
    head = frame_of_landmarks(sighting.face.points, margin=1.0, level=0.0)
    return sighting.sure and bool(head.holds(np.array([square.centre]))[0]) and square.side < 2 * head.side


def _is_same_sighting(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two sightings (68, 2) are close enough for a closer look at either to come to the same.

    A nose taken for a small face, or a face seen upside down, lies on the right one and is still another.
    """
    first, second = frame_of_landmarks(one, level=0.0), frame_of_landmarks(other, level=0.0)
    apart = math.dist(first.centre, second.centre) / max(first.side, second.side)
    turned = math.remainder(first.angle - second.angle, math.tau)
    return apart < 0.18 and abs(math.log(first.side / second.side)) < 0.5 and abs(turned) < 0.6
