"""Rectangles of whole pixels in a picture."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class Rectangle(NamedTuple):
    """A rectangle of a picture, in whole pixels.

    Attributes:
        x, y: its upper left pixel, x right, y down.
        width, height: in pixels; 0 where it is empty.
    """

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def of_mask(cls, mask: NDArray[np.uint8] | NDArray[np.bool_]) -> "Rectangle":
        """The bounding box of what is not 0 in a mask (H, W); empty where nothing is."""
        return cls(*cv2.boundingRect(mask.view(np.uint8)))

    @classmethod
    def between(cls, left: int, top: int, right: int, bottom: int) -> "Rectangle":
        """From the first column and row to those that no longer belong to it."""
        return cls(left, top, right - left, bottom - top)

    @property
    def right(self) -> int:
        """First column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height

    @property
    def corner(self) -> tuple[int, int]:
        """(x, y) of its upper left pixel."""
        return self.x, self.y

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as arrays have it."""
        return self.height, self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture (H, W, ...) with."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def expand(self, margin: int, shape: tuple[int, ...]) -> "Rectangle":
        """So many pixels larger all round, inside a picture of that shape (H, W, ...)."""
        left, top = max(0, self.x - margin), max(0, self.y - margin)
        return self.between(left, top, min(shape[1], self.right + margin), min(shape[0], self.bottom + margin))

    def move(self, x: int, y: int) -> "Rectangle":
        """Moved by (x, y) pixels."""
        return self._replace(x=self.x + x, y=self.y + y)

    def relative_to(self, corner: tuple[int, int]) -> "Rectangle":
        """As it lies in a part of the picture whose upper left pixel is ``corner`` (x, y)."""
        return self.move(-corner[0], -corner[1])

    def part(self, rows: slice, columns: slice | None = None) -> "Rectangle":
        """Some of its rows and columns, counted from its own corner."""
        top, bottom, _ = rows.indices(self.height)
        left, right, _ = (columns or slice(None)).indices(self.width)
        return Rectangle(self.x + left, self.y + top, right - left, bottom - top)

    def intersect(self, other: "Rectangle") -> "Rectangle":
        """What both hold; empty where they do not meet."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return self.between(left, top, max(left, right), max(top, bottom))

    def unite(self, other: "Rectangle") -> "Rectangle":
        """The smallest that holds both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        return self.between(left, top, max(self.right, other.right), max(self.bottom, other.bottom))

    def holds(self, other: "Rectangle") -> bool:
        """Whether the other lies wholly in it."""
        inside = self.x <= other.x and self.y <= other.y
        return inside and other.right <= self.right and other.bottom <= self.bottom
