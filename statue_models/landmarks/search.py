"""Which face is meant, and where its landmarks are: given points, or a given box, or a search around the mask.

Squares of several sizes around the hole, then the whole picture, are shown to the landmark predictors; the likeliest
faces under the hole are looked at once more, closely, by each predictor. While none can be trusted, further squares
follow, and turned ones. The answer that is likeliest to be right wins, if looks at it agree (``Sighting.settled``).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.looking import Search
from statue_models.landmarks.plausible import check_given
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search_squares import Scene
from statue_models.landmarks.sightings import Sighting
from statue_models.phases import Phase
from statue_models.request import Progress, no_progress
from statue_models.threads import one_thread

#: What a user of a restoration may do beside saying where the face is.
LANDMARKS_OR_PLAINLY = (
    ", give the 68 points with --landmarks FILE, or leave out --require-face to have the hole filled from its "
    "surroundings"
)


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
        StatueError: ``no-face``, ``profile-face``, ``hole-off-face`` (there is a face elsewhere), ``bad-face-box`` or
            ``bad-landmarks``.
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
    if face is None and not covers_hole(best.face, mask):
        raise StatueError("hole-off-face", more=LANDMARKS_OR_PLAINLY) if best.settled else _no_face(mask)
    if best.in_profile:
        raise StatueError("profile-face", more=LANDMARKS_OR_PLAINLY)
    if not best.settled:
        raise _no_face(mask)
    return best.face.hidden_under(mask), frame_of_landmarks(best.face.points)


@one_thread()
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
    faces = _search(rgb, mask, predictors).everybody(progress)
    return [(one.face.hidden_under(mask), frame_of_landmarks(one.face.points)) for one in faces]


def covers_hole(landmarks: Landmarks, mask: NDArray[np.uint8]) -> bool:
    """Whether the missing part lies, at least in part, on the face with these landmarks, its hair, ears or throat.

    Args:
        landmarks: in pixels of the photograph.
        mask: (H, W) uint8, > 0 = missing. Where nothing is missing, any face will do.
    """
    return Scene.of(np.zeros((*mask.shape, 1), np.uint8), mask).covers_hole(landmarks.points)


def _search(
    rgb: NDArray[np.uint8], mask: NDArray[np.uint8], predictors: LandmarkPredictor | Sequence[LandmarkPredictor]
) -> Search:
    return Search(Scene.of(rgb, mask), tuple(predictors) if isinstance(predictors, Sequence) else (predictors,))


def _no_face(mask: NDArray[np.uint8]) -> StatueError:
    where = "around the missing part" if mask.any() else "in the picture"
    return StatueError("no-face", where=where, more=LANDMARKS_OR_PLAINLY)


@one_thread()
def best_sighting(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    predictors: LandmarkPredictor | Sequence[LandmarkPredictor],
    *,
    face: FaceBox | None = None,
    progress: Progress = no_progress,
) -> Sighting | None:
    """What ``find_face`` finds, however unlikely to be right; None where nobody sees anything. Arguments as there.

    Raises:
        StatueError: ``bad-face-box``.
    """
    search = _search(rgb, mask, predictors)
    best = search.everywhere(progress) if face is None else search.in_box(FaceBox(*face))
    progress(Phase.FACE, 1.0)
    return best
