"""How a scene is searched: squares of it are shown to the predictors, and what they see is looked at closely.

Quick looks come before slow ones, upright before turned ones, and each step is taken only while none before it has
shown a face that can be trusted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import INNER, Landmarks, unturned_eye_distance
from statue_models.landmarks.predictor import LandmarkPredictor, SecondedPredictor, glance
from statue_models.landmarks.search_squares import TURNS, Scene
from statue_models.landmarks.sightings import (
    AGREED,
    Sighting,
    is_over,
    is_same_sighting,
    merge,
    shows_part_of,
)
from statue_models.phases import Phase
from statue_models.request import Progress

#: Side in pixels of the crops that a predictor searches and, around a found face, refines on. Chosen.
SEARCH_SIZE, REFINE_SIZE = 320, 288
#: A view of ``REFINE_SIZE`` over the face's frame: predictors turn and widen the frame once more. Chosen.
VIEW_OVER_FRAME = 1.4
#: Sides of the squares around a given box, in its larger side. Chosen.
AROUND_BOX = (1.5, 1.2, 2.0)
#: How many of the found faces are looked at closely, of the first ones and of those seen later. Chosen.
CLOSER_LOOKS, LATER_LOOKS = 3, 2
#: How many of them are looked at a second time where none can be trusted. Chosen.
CONFIRMED = 2
#: How many turned squares are looked at thoroughly. Chosen.
TURNED_LOOKS = 1
#: What a sighting must score for a closer look to be worth the time. Chosen.
HOPELESS = 0.003
#: Radians by which a square may be turned and still be searched for heads turned to the side, too. Chosen.
UPRIGHT = 0.8
#: How many sightings are looked at closely where all faces of a picture are wanted. Chosen.
MOST_FACES = 16
#: What a face that is to be refused counts, over others: it is named only where nothing better is near. Chosen.
HARDLY = 1e-3
#: The other look by which a face is confirmed: moved by so much of the frame's side, so much larger, turned by so many
#: radians. As far as frames stray in training (``training.examples.batches.Jitter``). Chosen.
OTHER_LOOK = (0.05, 1.1, 0.12)


@dataclass(frozen=True, eq=False)
class Search:
    """One search: a scene, and who looks at it."""

    scene: Scene
    predictors: tuple[LandmarkPredictor, ...]

    def everywhere(self, progress: Progress) -> Sighting | None:
        """The face that is meant, however unlikely to be right; None where nobody sees anything."""
        found = self.first_looks(progress)
        progress(Phase.FACE, 0.4)
        looks = self.close_looks(found, CLOSER_LOOKS)
        if not looks or not looks[0].trusted:
            later = self.further_looks(found, progress)
            progress(Phase.FACE, 0.8)
            looks += self.close_looks(later, LATER_LOOKS)
        return self.choose(looks)

    def first_looks(self, progress: Progress) -> list[Sighting]:
        """The different faces that the upright squares show and that may be meant."""
        found: list[Sighting] = []
        squares = self.scene.squares()
        for index, (square, thorough) in enumerate(squares):
            progress(Phase.FACE, 0.4 * index / len(squares))
            self._add(found, square, thorough=thorough)
            if any(s.sure and self.scene.nearness(s.face.points) > 0.5 for s in found):
                break
        return [s for s in found if self.scene.nearness(s.face.points) > 0]

    def further_looks(self, known: Sequence[Sighting], progress: Progress) -> list[Sighting]:
        """The faces that other squares show, upright and turned, and that were not seen as clearly before."""
        found: list[Sighting] = []
        seen: list[tuple[float, FaceFrame]] = []
        squares = self.scene.further_squares() + self.scene.turned_squares()
        for index, square in enumerate(squares):
            progress(Phase.FACE, 0.4 + 0.4 * index / len(squares))
            new: list[Sighting] = []
            self._add(new, square, thorough=False)
            for sighting in new:
                merge(found, sighting)
            if square.angle:
                seen.append((max((self._rank(sighting) for sighting in new), default=0.0), square))
        # No sure face ends this early: a predictor may be sure of a face that it sees the wrong way up.
        for _, square in sorted(seen, key=lambda one: one[0], reverse=True)[:TURNED_LOOKS]:
            self._add(found, square)
        return [one for one in found if self.scene.nearness(one.face.points) > 0 and _is_new(one, known)]

    def in_box(self, box: FaceBox) -> Sighting | None:
        """The face whose middle lies in the box.

        Raises:
            StatueError: ``bad-face-box``.
        """
        if not box.finite:
            raise StatueError("bad-face-box", box=box)

        def wanted(points: NDArray[np.float64]) -> bool:
            return box.holds(points.mean(axis=0))

        found: list[Sighting] = []
        squares = [FaceFrame(box.centre, scale * max(box.width, box.height)) for scale in AROUND_BOX]
        for square in squares:
            self._add(found, square, wanted)
            if any(sighting.sure for sighting in found):
                break
        looks = self.close_looks(found, CLOSER_LOOKS)
        if not looks or not looks[0].trusted:
            turned: list[Sighting] = []
            for turn in TURNS:
                for square in squares[:2]:
                    self._add(turned, replace(square, angle=turn), wanted, thorough=False)
            looks += self.close_looks(turned, LATER_LOOKS)
        return self.choose(looks)

    def everybody(self, progress: Progress) -> list[Sighting]:
        """The faces that the whole picture shows, looked at closely: the likeliest first, one in each place."""
        found: list[Sighting] = []
        squares = self.scene.all_squares()
        for index, (square, thorough) in enumerate(squares):
            progress(Phase.FACE, 0.6 * index / len(squares))
            if any(shows_part_of(square, sighting) for sighting in found):
                continue
            self._add(found, square, thorough=thorough)
        found = [sighting for sighting in found if sighting.face.score >= HOPELESS]
        found.sort(key=lambda sighting: sighting.probability, reverse=True)
        faces: list[Sighting] = []
        for index, sighting in enumerate(found[:MOST_FACES]):
            progress(Phase.FACE, 0.6 + 0.4 * index / len(found))
            if any(is_over(sighting.face.points, known.face.points) for known in faces):
                continue
            looks = [Sighting(self.refine(one, sighting.face.points), one) for one in self.predictors]
            best = self.confirm(max(looks, key=lambda look: look.probability * (1 if look.likely else HARDLY)))
            if best.settled and not best.in_profile:
                faces.append(best)
        faces.sort(key=lambda face: face.probability, reverse=True)
        progress(Phase.FACE, 1.0)
        return [
            face
            for place, face in enumerate(faces)
            if not any(is_over(face.face.points, better.face.points) for better in faces[:place])
        ]

    def _add(
        self,
        found: list[Sighting],
        square: FaceFrame,
        wanted: Callable[[NDArray[np.float64]], bool] = lambda points: True,
        thorough: bool = True,
    ) -> None:
        """Add what the predictors see in a square; one that follows looks only while nobody is sure."""
        rgb, mask = self.scene.look(square, SEARCH_SIZE)
        upright = abs(square.angle) < UPRIGHT
        for predictor in self.predictors:
            for proposal in predictor.propose(rgb, mask) if thorough else glance(predictor, rgb, mask, aside=upright):
                face = proposal.to_photograph(square, SEARCH_SIZE)
                if wanted(face.points):
                    merge(found, Sighting(face, predictor))
            if any(sighting.sure for sighting in found):
                break

    def close_looks(self, found: Sequence[Sighting], most: int) -> list[Sighting]:
        """The likeliest of the faces found, each as every predictor sees it closely, the likeliest first."""
        worth_looking = [sighting for sighting in found if sighting.face.score >= HOPELESS]
        looks = [
            Sighting(self.refine(predictor, sighting.face.points), predictor)
            for sighting in sorted(worth_looking, key=self._rank, reverse=True)[:most]
            for predictor in self.predictors
        ]
        return sorted(looks, key=self._worth, reverse=True)

    def choose(self, looks: Sequence[Sighting]) -> Sighting | None:
        """The likeliest face that is settled, of the first few; else the likeliest of all."""
        looked = [self.confirm(one) for one in sorted(looks, key=self._worth, reverse=True)[:CONFIRMED]]
        return next((one for one in looked if one.settled), looked[0] if looked else None)

    def confirm(self, sighting: Sighting) -> Sighting:
        """The same, looked at once more where that can settle it."""
        if sighting.trusted or not sighting.likely:
            return sighting
        points, predictor = sighting.face.points, sighting.predictor
        other = self.refine(predictor, points, other=True).points
        apart = float(np.linalg.norm(points - other, axis=1)[INNER].mean()) / max(unturned_eye_distance(points), 1e-6)
        if not isinstance(predictor, SecondedPredictor) or apart >= AGREED:
            return replace(sighting, apart=apart)
        rgb, mask, inner, _ = self._view(points)
        return replace(
            sighting, apart=apart, seconded=predictor.second_opinion(rgb, mask, inner, sighting.face.yaw or 0.0)
        )

    def _rank(self, sighting: Sighting) -> float:
        return sighting.face.score * self.scene.nearness(sighting.face.points)

    def _worth(self, sighting: Sighting) -> float:
        right = sighting.probability * (1 if sighting.likely else HARDLY)
        return right * self.scene.nearness(sighting.face.points)

    def refine(self, predictor: LandmarkPredictor, points: NDArray[np.float64], other: bool = False) -> Landmarks:
        """A close look at the face with these 68 points; or another one, for comparison."""
        rgb, mask, inner, view = self._view(points, *(OTHER_LOOK if other else ()))
        return predictor.refine(rgb, mask, inner).to_photograph(view, REFINE_SIZE)

    def _view(
        self, points: NDArray[np.float64], away: float = 0.0, larger: float = 1.0, turn: float = 0.0
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], FaceFrame, FaceFrame]:
        """Picture and mask around a face with these points, its frame in them, and the view that they were cut from."""
        frame = frame_of_landmarks(points, level=0.0)
        (x, y), side = frame.centre, frame.side
        upright = FaceFrame((x + away * side, y + away * side), larger * side, frame.angle + turn)
        view = FaceFrame(upright.centre, VIEW_OVER_FRAME * upright.side)
        rgb, mask = self.scene.look(view, REFINE_SIZE)
        x, y = view.to_crop(np.array([upright.centre]), REFINE_SIZE)[0]
        inner = FaceFrame((float(x), float(y)), REFINE_SIZE / VIEW_OVER_FRAME, upright.angle)
        return rgb, mask, inner, view


def _is_new(sighting: Sighting, known: Sequence[Sighting]) -> bool:
    """Whether a face has not been seen yet, or never as clearly."""
    return not any(
        is_same_sighting(sighting.face.points, one.face.points) and sighting.face.score <= one.face.score
        for one in known
    )
