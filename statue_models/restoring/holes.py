"""Which missing pixels are one hole: those that lie near each other, whatever else is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle

#: Blocks along a picture's longer side in which nearness is measured, for time; and the gap between two parts of one
#: hole in such blocks, at most: some 25 pixels in a picture of 1600. Chosen.
BLOCKS, GAP = 1024, 16
#: Pixels: specks are one hole with their neighbours in one tile of so many; for time.
TILE = 768


@dataclass(frozen=True, eq=False)
class Hole:
    """Missing pixels that are filled together.

    Attributes:
        rectangle: their bounding box in the photograph.
        where: (height, width) bool over it, which pixels are meant.
    """

    rectangle: Rectangle
    where: NDArray[np.bool_]

    @property
    def pixels(self) -> int:
        """How many are missing."""
        return int(np.count_nonzero(self.where))

    def seen_in(self, plane: NDArray[Any], window: Rectangle) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Of a plane over a rectangle of the photograph, the part in the hole's box (a view), and where the hole is."""
        shared = window.intersect(self.rectangle)
        own = part_of(self.where, shared.relative_to(self.rectangle.corner))
        return part_of(plane, shared.relative_to(window.corner)), own

    def mask_over(self, window: Rectangle) -> NDArray[np.uint8]:
        """(height, width) uint8 over a rectangle of the photograph: 255 in the hole, 0 elsewhere."""
        out = np.zeros(window.shape, np.uint8)
        if 0 not in window.intersect(self.rectangle).shape:
            part, own = self.seen_in(out, window)
            part[own] = 255
        return out


def unite(holes: Sequence[Hole]) -> Hole:
    """One hole of several."""
    if len(holes) == 1:
        return holes[0]
    box = reduce(Rectangle.unite, (hole.rectangle for hole in holes))
    where = np.zeros(box.shape, bool)
    for hole in holes:
        part_of(where, hole.rectangle.relative_to(box.corner))[hole.where] = True
    return Hole(box, where)


def find_holes(mask: NDArray[np.uint8]) -> list[Hole]:
    """The holes of a mask, the largest first (by pixels, then by place, row by row).

    Parts of a hole lie no further apart than ``GAP`` blocks; a hole is the same whatever else the mask holds.

    Args:
        mask: (H, W) uint8, > 0 = missing.
    """
    block = -(-max(mask.shape) // BLOCKS)
    labels, boxes = _near_blocks(mask, block)
    holes = []
    for number, box in enumerate(boxes, start=1):
        blocks = part_of(labels, box) == number
        window = Rectangle(*(block * value for value in box))
        samples = part_of(mask, window)  # at the picture's edge less than whole blocks
        here = np.repeat(np.repeat(blocks, block, 0), block, 1)[: samples.shape[0], : samples.shape[1]]
        where = here & (samples > 0)
        tight = Rectangle.of_mask(where)
        holes.append(Hole(tight.move(*window.corner), part_of(where, tight).copy()))
    return sorted(holes, key=lambda hole: (-hole.pixels, hole.rectangle.y, hole.rectangle.x))


def _near_blocks(mask: NDArray[np.uint8], block: int) -> tuple[NDArray[np.int32], list[Rectangle]]:
    """(h, w) per block of the mask the number of its hole, from 1, 0 beside all; and each hole's box in blocks."""
    box = Rectangle.of_mask(mask)
    # Blocks are those of the whole picture, so that where one hole lies does not move another's.
    left, top = box.x // block * block, box.y // block * block
    missing = mask[top : box.bottom, left : box.right]
    rows = np.maximum.reduceat(missing, np.arange(0, missing.shape[0], block), axis=0)
    small = np.maximum.reduceat(rows, np.arange(0, missing.shape[1], block), axis=1) > 0
    reach = GAP // 2
    around = cv2.copyMakeBorder(small.view(np.uint8), *(reach,) * 4, cv2.BORDER_CONSTANT, value=0)
    near = cv2.dilate(around, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    count, found = cv2.connectedComponents(near, connectivity=8)
    labels = np.zeros((top // block + small.shape[0], left // block + small.shape[1]), np.int32)
    inner = labels[top // block :, left // block :]
    inner[...] = np.where(small, np.asarray(found)[reach:-reach, reach:-reach], 0)
    corner = (left // block, top // block)
    boxes = [Rectangle.of_mask(inner == number).move(*corner) for number in range(1, count)]
    return labels, boxes


def join_by_tile(holes: Sequence[Hole]) -> list[Hole]:
    """Holes of one tile of the photograph (by their middles) as one, tiles row by row."""
    tiles: dict[tuple[int, int], list[Hole]] = {}
    for hole in holes:
        x, y, width, height = hole.rectangle
        tiles.setdefault(((2 * y + height) // (2 * TILE), (2 * x + width) // (2 * TILE)), []).append(hole)
    return [unite(members) for _, members in sorted(tiles.items())]
