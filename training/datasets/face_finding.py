"""All faces of a photograph, large and small, upright enough for FaceMesh.

Squares over the whole picture, then ever smaller half-overlapping ones, are shown to the landmark predictor; a YuNet
detector (Wu et al. 2023), where its file is given, proposes boxes as well. Every candidate is looked at closely from
six views, and of two sightings of one face the likelier stays.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, block_mean, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor

Rgb = NDArray[np.uint8]
#: (x, y, width, height) in pixels of the photograph.
Box = tuple[float, float, float, float]
#: A picture -> boxes of its faces and the detector's score for each.
BoxDetector = Callable[[Rgb], list[tuple[Box, float]]]

#: Pixels: sides of the views that are searched and looked at closely, as the program's own search has them.
SEARCH_SIZE, REFINE_SIZE = 320, 288
#: Sides of the first squares, in longer sides of the picture; what they add repeats its edge. Set by eye.
AROUND_PICTURE = (1.5, 1.2, 2.0)
#: Each level's squares are so much smaller than the last one's; the smallest are so many times ``min_face``. Set by
#: eye.
SHRINK, SMALLEST = 1.5, 7.0
#: Presence from which a candidate is looked at closely, and the score (which counts agreement of the views) from which
#: it is a face: whole statue faces score 0.5 and more, patterns in stone and panoramas mostly below 0.01. Chosen
#: between them.
LOWEST_PRESENCE, LOWEST_SCORE = 0.3, 0.3
#: A face that only YuNet sees needs this score of its. 0..1; set by eye.
YUNET_SCORE, YUNET_ALONE = 0.6, 0.85
#: Pixels: longer side that YuNet sees at most; chosen.
YUNET_SIDE = 1280


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face in a photograph.

    Attributes:
        box: (x, y, width, height) in pixels: extent of its 68 points, or the box of a detector that knows none.
        score: in [0, 1].
        points: (68, 2) float64 in pixels of the photograph, or None where only the box is known.
    """

    box: Box
    score: float
    points: NDArray[np.float64] | None

    @property
    def size(self) -> float:
        """The box's longer side in pixels."""
        return max(self.box[2], self.box[3])

    def crop_frame(self, padding: float) -> FaceFrame:
        """The upright square with ``padding`` box sides on each side, shifted up a little to hold the forehead."""
        margin = 1 + 2 * padding
        if self.points is not None:
            return frame_of_landmarks(self.points, margin=margin, level=math.inf)
        x, y, width, height = self.box
        return FaceFrame((x + width / 2, y + height / 2), margin * self.size)


def yunet(path: Path) -> BoxDetector:
    """The detector in a YuNet ``.onnx`` file (OpenCV Zoo, MIT).

    Raises:
        StatueError: ``missing-file``, or ``bad-training-data`` when OpenCV cannot use it.
    """
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    try:
        detector = cv2.FaceDetectorYN.create(str(path), "", (320, 320), YUNET_SCORE)
    except cv2.error:
        raise StatueError("bad-training-data", path=path, reason="OpenCV cannot read it as a YuNet model") from None

    def detect(rgb: Rgb) -> list[tuple[Box, float]]:
        block = math.ceil(max(rgb.shape[:2]) / YUNET_SIDE)
        small = block_mean(rgb, block)
        # Faces that fill the picture are found only with some room around them.
        edge = max(small.shape[:2]) // 4
        bgr = cv2.copyMakeBorder(small[..., ::-1], edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        detector.setInputSize((bgr.shape[1], bgr.shape[0]))
        rows = detector.detect(bgr)[1]
        found: list[tuple[Box, float]] = []
        for row in rows if rows is not None else ():
            x, y, width, height = (float(value) for value in row[:4])
            found.append((((x - edge) * block, (y - edge) * block, width * block, height * block), float(row[-1])))
        return found

    return detect


def find_faces(
    rgb: Rgb, predictor: LandmarkPredictor, min_face: float, detector: BoxDetector | None = None
) -> list[FoundFace]:
    """The faces of a photograph (H, W, 3), the largest first.

    Args:
        predictor: finds landmarks in squares.
        min_face: longer side, in pixels, of the smallest face that is searched for.
        detector: proposes further boxes.
    """
    # A pyramid of halves, so that large squares are not cut from all pixels again and again.
    pyramid = [rgb]
    while max(pyramid[-1].shape[:2]) > 2 * SEARCH_SIZE:
        pyramid.append(block_mean(pyramid[-1], 2))
    candidates: list[Landmarks] = []
    for square in _squares(rgb.shape[1], rgb.shape[0], SMALLEST * min_face):
        if any(_shows_part_of(square, known) for known in candidates):
            continue
        for proposal in _predict_landmarks(pyramid, square, predictor):
            if proposal.score >= LOWEST_PRESENCE:
                _merge(candidates, proposal)
    boxes = detector(rgb) if detector else []
    for (x, y, width, height), _ in boxes:
        square = FaceFrame((x + width / 2, y + height / 2), 1.6 * max(width, height))
        for proposal in _predict_landmarks(pyramid, square, predictor):
            middle = proposal.points.mean(axis=0)
            if x <= middle[0] <= x + width and y <= middle[1] <= y + height:
                _merge(candidates, proposal)
    refined: list[Landmarks] = []
    for candidate in candidates:
        closer = _closer(pyramid, candidate, predictor)
        if closer.score >= LOWEST_SCORE:
            _merge(refined, closer)
    faces = [FoundFace(_box_of(p.points), p.score, p.points) for p in refined]
    for box, score in boxes:
        if score >= YUNET_ALONE and not any(_is_same_face(box, face.box) for face in faces):
            faces.append(FoundFace(box, score, None))
    return sorted(faces, key=lambda face: (-face.size, face.box))


def _squares(width: int, height: int, smallest: float) -> Iterator[FaceFrame]:
    """The whole picture in several sizes, then half-overlapping squares, level by level."""
    longer = max(width, height)
    for scale in AROUND_PICTURE:
        yield FaceFrame((width / 2, height / 2), scale * longer)
    side = longer / SHRINK
    while side >= smallest:
        for y in _centres(height, side):
            for x in _centres(width, side):
                yield FaceFrame((x, y), side)
        side /= SHRINK


def _centres(length: int, side: float) -> list[float]:
    count = max(1, math.ceil(2 * length / side) - 1)
    return [length / 2] if count == 1 else np.linspace(side / 2, length - side / 2, count).tolist()


def _shows_part_of(square: FaceFrame, known: Landmarks) -> bool:
    """Whether a square lies on a face that is known already and too large for it."""
    x, y, width, height = _box_of(known.points)
    inside = x <= square.centre[0] <= x + width and y <= square.centre[1] <= y + height
    return inside and known.score >= 0.8 and square.side < 2 * max(width, height)


def _look(pyramid: list[Rgb], frame: FaceFrame, size: int) -> Rgb:
    level = min(len(pyramid) - 1, max(0, math.floor(math.log2(frame.side / size))))
    part = 2**level
    x, y = frame.centre
    return np.asarray(FaceFrame((x / part, y / part), frame.side / part, frame.angle).crop(pyramid[level], size)[0])


def _predict_landmarks(pyramid: list[Rgb], square: FaceFrame, predictor: LandmarkPredictor) -> list[Landmarks]:
    proposals = predictor.propose(_look(pyramid, square, SEARCH_SIZE), np.zeros((SEARCH_SIZE, SEARCH_SIZE), np.uint8))
    return [found.to_photograph(square, SEARCH_SIZE) for found in proposals]


def _closer(pyramid: list[Rgb], candidate: Landmarks, predictor: LandmarkPredictor) -> Landmarks:
    """The candidate from six views, its score lower where they disagree."""
    upright = frame_of_landmarks(candidate.points, level=0.0)
    view = FaceFrame(upright.centre, 1.4 * upright.side)
    x, y = view.to_crop(np.array([upright.centre]), REFINE_SIZE)[0]
    inner = FaceFrame((float(x), float(y)), REFINE_SIZE / 1.4, upright.angle)
    mask = np.zeros((REFINE_SIZE, REFINE_SIZE), np.uint8)
    return predictor.refine(_look(pyramid, view, REFINE_SIZE), mask, inner).to_photograph(view, REFINE_SIZE)


def _box_of(points: NDArray[np.float64]) -> Box:
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    return float(low[0]), float(low[1]), float(extent[0]), float(extent[1])


def _is_same_face(one: Box, other: Box) -> bool:
    """Whether two boxes show one face: the middle of either lies deep in the other's."""
    apart = np.hypot(one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2)
    return bool(apart < 0.4 * max(*one[2:], *other[2:]))


def _merge(found: list[Landmarks], new: Landmarks) -> None:
    """Add a face to ``found`` unless it is there; of several sightings of one face the likeliest stays."""
    same = [known for known in found if _is_same_face(_box_of(known.points), _box_of(new.points))]
    if all(new.score > known.score for known in same):
        found[:] = [known for known in found if not any(known is other for other in same)]
        found.append(new)
