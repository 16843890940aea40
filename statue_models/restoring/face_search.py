"""Which face is meant, and where its landmarks are: given points, or a given box, or a search around the mask.

Squares of several sizes around the hole, then the whole picture, then tiles of it are shown to a landmark predictor;
the likeliest face under or next to the hole wins, and is looked at once more, closely and from several views.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.restoring.face_frame import FaceFrame, block_mean, frame_of_landmarks
from statue_models.restoring.landmark_predictor import LandmarkPredictor, Proposal
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.request import Progress, no_progress

PHASE = "face"
#: Side in pixels of the crops that a predictor searches and, around a found face, refines on.
SEARCH_SIZE, REFINE_SIZE = 320, 288
#: Squares larger than this many photograph pixels are cut from a reduced copy, made once.
OVERVIEW_SIDE = 1024
#: Sides of the squares around the hole, in larger sides of its box: a nose is a seventh of the square that suits it.
AROUND_HOLE = (4.2, 7.0, 2.6, 11.0, 1.7)
#: Sides of the squares around the picture's middle, in longer sides of the picture; what they add repeats its edge.
AROUND_PICTURE = (1.5, 2.0, 1.2)
#: What a face away from the hole counts, over one that covers it: a sure face elsewhere beats a doubtful one here only
#: if that is little more than a pattern in the stone.
ELSEWHERE = 0.15
#: How many of the found faces are looked at closely.
CLOSER_LOOKS = 3
#: Heads turned further than this are in profile: half of the points cannot be seen.
LARGEST_YAW = math.radians(60)


def find_face(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    predictor: LandmarkPredictor,
    *,
    face: tuple[float, float, float, float] | None = None,
    landmarks: Landmarks | None = None,
    progress: Progress = no_progress,
) -> tuple[Landmarks, FaceFrame]:
    """The landmarks of the damaged face, and the frame to restore it in.

    Args:
        rgb: (H, W, 3) uint8, the photograph.
        mask: (H, W) uint8, > 0 = missing; may be all 0.
        predictor: finds landmarks in the squares.
        face: (x, y, width, height) in pixels: look nowhere else.
        landmarks: 68 points that the user gave: nothing is searched, they are taken as they are.
        progress: called with the phase "face"; what it raises ends the search.

    Raises:
        StatueError: ``no-face``, ``profile-face``, ``bad-face-box`` or ``bad-landmarks``.
    """
    height, width = mask.shape
    if landmarks is not None:
        low, high = landmarks.points.min(axis=0), landmarks.points.max(axis=0)
        if (high <= 0).any() or (low >= (width, height)).any():
            raise StatueError("bad-landmarks", reason="they lie outside the picture")
        return landmarks.hidden_under(mask), frame_of_landmarks(landmarks.points)
    scene = _Scene.of(rgb, mask)
    found = _around_hole(scene, predictor, progress) if face is None else _in_box(scene, predictor, face)
    progress(PHASE, 0.8)
    best = _closest_look(scene, predictor, found)
    progress(PHASE, 1.0)
    if best is None or best.sigma is None:
        raise StatueError("no-face")
    if abs(best.yaw) > LARGEST_YAW:
        raise StatueError("profile-face")
    result = Landmarks(best.points, best.sigma, np.zeros(len(best.points), bool), best.score, predictor.name)
    return result.hidden_under(mask), frame_of_landmarks(best.points)


@dataclass(frozen=True, eq=False)
class _Scene:
    """The photograph with its mask, and a reduced copy of both for large squares.

    Attributes:
        rgb, mask: as given to ``find_face``.
        small_rgb, small_mask: the same in blocks of ``block`` x ``block`` pixels: means and maxima.
        hole: (N, 2) float64, photograph coordinates of the missing blocks' centres; empty without a mask.
    """

    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    small_rgb: NDArray[np.uint8]
    small_mask: NDArray[np.uint8]
    block: int
    hole: NDArray[np.float64]

    @classmethod
    def of(cls, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> "_Scene":
        height, width = mask.shape
        block = math.ceil(max(height, width) / OVERVIEW_SIDE)
        rows = np.maximum.reduceat(mask, np.arange(0, height, block), axis=0)
        small_mask = np.maximum.reduceat(rows, np.arange(0, width, block), axis=1)
        y, x = np.nonzero(small_mask)
        hole = (np.column_stack([x, y]) + 0.5) * block
        return cls(rgb, mask, block_mean(rgb, block), small_mask, block, hole)

    def look(self, frame: FaceFrame, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Picture (size, size, 3) and mask (size, size) in a frame, from the reduced copy where that is fine enough."""
        rgb, mask = self.rgb, self.mask
        if frame.side >= self.block * size:
            x, y = frame.centre
            frame = FaceFrame((x / self.block, y / self.block), frame.side / self.block, frame.angle)
            rgb, mask = self.small_rgb, self.small_mask
        return frame.crop(rgb, size)[0], frame.crop_mask(mask, size)

    def nearness(self, points: NDArray[np.float64]) -> float:
        """How likely the head with these 68 points is the one that is meant, from where it stands: 0..1.

        On the hole: how much of the hole it covers. Elsewhere: ``ELSEWHERE``, the less the further away. Without a
        hole: its width over the picture's.
        """
        head = frame_of_landmarks(points, margin=1.4, level=0.0)
        if not len(self.hole):
            return min(1.0, head.side / max(self.mask.shape))
        across = np.abs(head.to_crop(self.hole, 1) - 0.5).max(axis=1)
        apart = max(0.0, float(across.min()) - 0.5)
        return max(float((across < 0.5).mean()), ELSEWHERE * math.exp(-apart / 5))


def _around_hole(scene: _Scene, predictor: LandmarkPredictor, progress: Progress) -> list[Proposal]:
    """The different faces that the squares show, in photograph coordinates."""
    found: list[Proposal] = []
    squares = list(_squares(scene))
    for index, (square, last_resort) in enumerate(squares):
        if last_resort and any(proposal.score >= predictor.lowest_score for proposal in found):
            break
        progress(PHASE, 0.8 * index / len(squares))
        _merge(found, _proposals(scene, predictor, square))
        if any(p.score >= predictor.sure_score and scene.nearness(p.points) > 0.5 for p in found):
            break
    return found


def _in_box(scene: _Scene, predictor: LandmarkPredictor, box: tuple[float, float, float, float]) -> list[Proposal]:
    """The faces whose middle lies in the box (x, y, width, height)."""
    x, y, width, height = box
    if not (np.isfinite(box).all() and width > 0 and height > 0):
        raise StatueError("bad-face-box", box=",".join(f"{value:g}" for value in box))
    found: list[Proposal] = []
    for scale in (1.5, 1.2, 2.0):
        square = FaceFrame((x + width / 2, y + height / 2), scale * max(width, height))
        inside = []
        for proposal in _proposals(scene, predictor, square):
            middle = proposal.points.mean(axis=0)
            if x <= middle[0] <= x + width and y <= middle[1] <= y + height:
                inside.append(proposal)
        _merge(found, inside)
        if any(proposal.score >= predictor.sure_score for proposal in found):
            break
    return found


def _squares(scene: _Scene) -> Iterator[tuple[FaceFrame, bool]]:
    """Where to look, in this order, and whether it is looked at only if nothing was found before."""
    height, width = scene.mask.shape
    longer = max(height, width)
    if len(scene.hole):
        # A few stray pixels of a hand-made selection must not stretch the box over the picture.
        low, high = np.percentile(scene.hole, 1, axis=0), np.percentile(scene.hole, 99, axis=0)
        middle = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2)
        extent = float((high - low).max()) + scene.block
        for scale in AROUND_HOLE:
            if 32 <= scale * extent < 1.5 * longer:
                yield FaceFrame(middle, scale * extent), False
    for scale in AROUND_PICTURE:
        yield FaceFrame((width / 2, height / 2), scale * longer), False
    if len(scene.hole):
        side = 16 * extent
        while side < longer:
            yield FaceFrame(middle, side), True
            side *= 1.6
    for parts in (2, 3):
        side = 2 * longer / (parts + 1)
        for y in _tile_centres(height, side):
            for x in _tile_centres(width, side):
                yield FaceFrame((x, y), side), True


def _tile_centres(length: int, side: float) -> list[float]:
    """Centres of half-overlapping tiles that cover ``length``."""
    count = max(1, math.ceil(2 * length / side) - 1)
    return [length / 2] if count == 1 else np.linspace(side / 2, length - side / 2, count).tolist()


def _proposals(scene: _Scene, predictor: LandmarkPredictor, square: FaceFrame) -> list[Proposal]:
    rgb, mask = scene.look(square, SEARCH_SIZE)
    return [_in_photograph(proposal, square, SEARCH_SIZE) for proposal in predictor.propose(rgb, mask)]


def _in_photograph(proposal: Proposal, frame: FaceFrame, size: int) -> Proposal:
    sigma = None if proposal.sigma is None else proposal.sigma * (frame.side / size)
    return Proposal(frame.to_photograph(proposal.points, size), proposal.score, proposal.yaw, sigma)


def _merge(found: list[Proposal], new: list[Proposal]) -> None:
    """Add new faces to ``found``; of two sightings of one face the likelier stays."""
    for proposal in new:
        for index, known in enumerate(found):
            apart = np.linalg.norm(proposal.points.mean(axis=0) - known.points.mean(axis=0))
            if apart < 0.3 * max(np.ptp(proposal.points, axis=0).max(), np.ptp(known.points, axis=0).max()):
                if proposal.score > known.score:
                    found[index] = proposal
                break
        else:
            found.append(proposal)


def _closest_look(scene: _Scene, predictor: LandmarkPredictor, found: list[Proposal]) -> Proposal | None:
    """The face that is meant, with sigma, or None where nothing reaches the predictor's lowest score."""

    def rank(proposal: Proposal) -> float:
        return proposal.score * scene.nearness(proposal.points)

    refined = []
    for proposal in sorted(found, key=rank, reverse=True)[:CLOSER_LOOKS]:
        upright = frame_of_landmarks(proposal.points, level=0.0)
        # The view is wider than the face, because the predictor turns and widens it once more.
        view = FaceFrame(upright.centre, 1.4 * upright.side)
        rgb, mask = scene.look(view, REFINE_SIZE)
        centre = view.to_crop(np.array([upright.centre]), REFINE_SIZE)[0]
        inner = FaceFrame((centre[0], centre[1]), REFINE_SIZE / 1.4, upright.angle)
        refined.append(_in_photograph(predictor.refine(rgb, mask, inner), view, REFINE_SIZE))
    likely = [proposal for proposal in refined if proposal.score >= predictor.lowest_score]
    return max(likely, key=rank, default=None)
