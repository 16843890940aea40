"""Where a face is looked for: the photograph as the search sees it, squares around the hole, then everywhere."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame, block_mean, frame_of_landmarks
from statue_models.face.landmarks68 import HAIRLINE, raise_brows
from statue_models.pixels.grid import centres_of
from statue_models.pixels.regions import dilate

#: Squares larger than this many photograph pixels are cut from a reduced copy, made once. Chosen.
OVERVIEW_SIDE = 1024
#: Sides of the squares around the hole, in larger sides of its box: a nose is a seventh of the square that suits it.
#: Chosen.
AROUND_HOLE = (4.2, 7.0, 2.6, 11.0, 1.7)
#: The same, and turns in radians, where those show nothing: in between, and for heads that hang to one side. Chosen.
AROUND_HOLE_AGAIN = ((5.4, 0.0), (3.3, 0.0), (6.0, 0.45), (6.0, -0.45), (3.6, 0.45), (3.6, -0.45))
#: Sides of the squares around the picture's middle, in longer sides of the picture; what they add repeats its edge.
#: Chosen.
AROUND_PICTURE = (1.5, 2.0, 1.2)
#: The same for heads that lie or hang, in larger sides of the hole and longer sides of the picture, and by how much
#: these squares are turned, in radians. Chosen.
AROUND_HOLE_TURNED, AROUND_PICTURE_TURNED = (4.2, 7.0), (1.2, 1.5)
TURNS = (math.pi, math.pi / 2, -math.pi / 2)
#: How many of the squares around the hole are looked at thoroughly. Chosen.
THOROUGH = 3
#: How many half-overlapping tiles lie along the picture's longer side. Chosen.
TILES = (2, 3)
#: Holes nearer to each other than this, in longer sides of the picture, are looked at together; so many groups at most.
#: Chosen.
TOGETHER, MOST_HOLES = 0.02, 8
#: What a face away from the hole counts, over one that covers it: a sure face elsewhere beats what is here only if that
#: is a pattern in the stone. Half a face is doubtful to every predictor, and still the one that is meant. Chosen.
ELSEWHERE = 0.02
#: How far from the outline of a face, brows raised to the hairline, a hole still lies on the head: ears, hair, the
#: throat. Over the larger side of the 68 points' box; chosen. STRAY: the share of a hole that is not enough. Chosen.
AROUND_OUTLINE, STRAY = 0.3, 0.02
#: The raster in which that is looked up: its side in cells, and over the points' box. Chosen.
OUTLINE_SIDE, OUTLINE_MARGIN = 120, 2.4
#: How far from the hole, in sides of the head, a face may be to be meant at all. Further away not even its widest frame
#: (``cropping.WIDEST``) shows the hole: it is somebody else's, even where what is on the hole can only be refused.
REACH = 0.71


@dataclass(frozen=True, eq=False)
class Scene:
    """The photograph with its mask, and a reduced copy of both for large squares.

    Attributes:
        rgb: (H, W, 3) uint8. mask: (H, W) uint8, > 0 = missing.
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
    def of(cls, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> "Scene":
        """The scene of a photograph and its mask."""
        height, width = mask.shape
        block = math.ceil(max(height, width) / OVERVIEW_SIDE)
        rows = np.maximum.reduceat(mask, np.arange(0, height, block), axis=0)
        small_mask = np.maximum.reduceat(rows, np.arange(0, width, block), axis=1)
        y, x = np.nonzero(small_mask)
        hole = centres_of(np.column_stack([x, y])) * block
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

        On the hole: how much of the hole it covers. Elsewhere: ``ELSEWHERE``, the less the further away, and 0 out of
        ``REACH``. Without a hole: its width over the picture's.
        """
        head = frame_of_landmarks(points, margin=1.4, level=0.0)
        if not len(self.hole):
            return float(min(1.0, head.side / max(self.mask.shape)))
        across = np.abs(head.to_crop(self.hole, 1) - 0.5).max(axis=1)
        apart = max(0.0, float(across.min()) - 0.5)
        elsewhere = ELSEWHERE * math.exp(-apart / 5) if apart < REACH else 0.0
        return max(float((across < 0.5).mean()), elsewhere)

    def on_hole(self, points: NDArray[np.float64]) -> bool:
        """Whether the head with these 68 points covers some of the hole; any head does where there is none."""
        return not len(self.hole) or self.nearness(points) > ELSEWHERE

    def covers_hole(self, points: NDArray[np.float64]) -> bool:
        """Whether the hole lies, at least in part, on the face with these 68 points, or close to its outline.

        Without a hole any face will do. Stray pixels of a hand-made selection do not count.
        """
        if not len(self.hole):
            return True
        frame = frame_of_landmarks(points, margin=OUTLINE_MARGIN, level=0.0)
        face = np.concatenate([points, raise_brows(points, HAIRLINE)])
        outline = np.zeros((OUTLINE_SIDE, OUTLINE_SIDE), np.uint8)
        cv2.fillConvexPoly(outline, cv2.convexHull(frame.to_crop(face, OUTLINE_SIDE).astype(np.int32)), 1)
        reach = round(OUTLINE_SIDE * AROUND_OUTLINE / OUTLINE_MARGIN)
        near = cv2.dilate(outline, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
        cells = np.floor(frame.to_crop(self.hole, OUTLINE_SIDE)).astype(int)
        inside = ((cells >= 0) & (cells < OUTLINE_SIDE)).all(axis=1)
        on = near[cells[inside, 1], cells[inside, 0]] > 0
        return bool(on.sum() > STRAY * len(self.hole))

    def squares(self) -> list[tuple[FaceFrame, bool]]:
        """Where to look first, upright, in this order, and whether it is worth a thorough look or a glance."""
        height, width = self.mask.shape
        longer = max(height, width)
        around: list[FaceFrame] = []
        if len(self.hole):
            middle, extent = middle_and_extent(self.hole, self.block)
            around = [FaceFrame(middle, scale * extent) for scale in AROUND_HOLE if 32 <= scale * extent < 1.5 * longer]
        whole = [FaceFrame((width / 2, height / 2), scale * longer) for scale in AROUND_PICTURE]
        thorough = (THOROUGH, 1) if around else (0, len(whole))
        return [
            (square, place < most)
            for squares, most in zip((around, whole), thorough, strict=True)
            for place, square in enumerate(squares)
        ]

    def further_squares(self) -> list[FaceFrame]:
        """Where to look, upright or nearly, if nothing is found there."""
        height, width = self.mask.shape
        longer = max(height, width)
        if not len(self.hole):
            return self._tiles(TILES)
        middle, extent = middle_and_extent(self.hole, self.block)
        squares = [
            FaceFrame(middle, scale * extent, angle)
            for scale, angle in AROUND_HOLE_AGAIN
            if 32 <= scale * extent < 1.5 * longer
        ]
        side = 16 * extent
        while side < longer:
            squares.append(FaceFrame(middle, side))
            side *= 1.6
        return squares

    def turned_squares(self) -> list[FaceFrame]:
        """Where to look for heads on their sides and upside down: a few squares, turned by quarters."""
        height, width = self.mask.shape
        longer = max(height, width)
        squares = [FaceFrame((width / 2, height / 2), scale * longer) for scale in AROUND_PICTURE_TURNED]
        if len(self.hole):
            middle, extent = middle_and_extent(self.hole, self.block)
            sides = [scale * extent for scale in AROUND_HOLE_TURNED]
            squares += [FaceFrame(middle, side) for side in sides if 32 <= side < 1.5 * longer]
        else:
            squares += self._tiles(TILES[:1])
        return [replace(square, angle=turn) for turn in TURNS for square in squares]

    def _tiles(self, numbers: tuple[int, ...]) -> list[FaceFrame]:
        """Half-overlapping tiles that cover the picture, so many along its longer side."""
        height, width = self.mask.shape
        sides = [2 * max(height, width) / (number + 1) for number in numbers]
        return [
            FaceFrame((x, y), side)
            for side in sides
            for y in _tile_centres(height, side)
            for x in _tile_centres(width, side)
        ]

    def all_squares(self) -> list[tuple[FaceFrame, bool]]:
        """Where to look for all faces, the large ones first, and whether thoroughly: the picture, each hole, tiles."""
        height, width = self.mask.shape
        longer = max(height, width)
        whole = [FaceFrame((width / 2, height / 2), scale * longer) for scale in AROUND_PICTURE]
        squares = [(square, True) for square in whole]
        for hole in self.holes():
            middle, extent = middle_and_extent(hole, self.block)
            around = [FaceFrame(middle, scale * extent) for scale in AROUND_HOLE if 32 <= scale * extent < longer]
            squares += [(square, place < THOROUGH) for place, square in enumerate(around)]
        squares += [(replace(square, angle=turn), False) for square in whole[::2] for turn in TURNS]
        squares += [(square, False) for square in self._tiles(TILES)]
        return sorted(squares, key=lambda one: -one[0].side)

    def holes(self) -> list[NDArray[np.float64]]:
        """The holes, or groups of holes near each other, the largest first: (N, 2) photograph coordinates of each."""
        near = max(1, round(TOGETHER * max(self.small_mask.shape)))
        count, labels = cv2.connectedComponents(dilate(self.small_mask > 0, near).view(np.uint8))
        of_hole = labels[self.small_mask > 0]
        groups = [self.hole[of_hole == number] for number in range(1, count)]
        return sorted(groups, key=len, reverse=True)[:MOST_HOLES]


def middle_and_extent(hole: NDArray[np.float64], block: int) -> tuple[tuple[float, float], float]:
    """Middle and larger side of the box of a hole's blocks (N, 2)."""
    # A few stray pixels of a hand-made selection must not stretch the box over the picture.
    low, high = np.percentile(hole, 1, axis=0), np.percentile(hole, 99, axis=0)
    return (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2), float((high - low).max()) + block


def _tile_centres(length: int, side: float) -> list[float]:
    """Centres of half-overlapping tiles that cover ``length``."""
    count = max(1, math.ceil(2 * length / side) - 1)
    return [length / 2] if count == 1 else np.linspace(side / 2, length - side / 2, count).tolist()
