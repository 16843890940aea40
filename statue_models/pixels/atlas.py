"""Small parts of a large picture, laid out side by side: work on specks costs as much as they are large."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle


class Atlas:
    """Rectangles of a picture on shelves, the highest first, in a plane about as wide as high.

    Args:
        rectangles: of the picture, at least one; they may overlap there, and do not here.

    Attributes:
        rectangles: as given.
        places: where each lies in the atlas.
        shape: (height, width) of the atlas.
    """

    def __init__(self, rectangles: Sequence[Rectangle]) -> None:
        self.rectangles = tuple(rectangles)
        order = sorted(range(len(rectangles)), key=lambda number: -rectangles[number].height)
        area = sum(each.width * each.height for each in rectangles)
        width = max(math.isqrt(area), *(each.width for each in rectangles))
        places: dict[int, Rectangle] = {}
        x = top = bottom = 0
        for number in order:
            each = rectangles[number]
            if x + each.width > width:
                x, top = 0, bottom
            places[number] = Rectangle(x, top, each.width, each.height)
            x, bottom = x + each.width, max(bottom, top + each.height)
        self.places = tuple(places[number] for number in range(len(rectangles)))
        self.shape = bottom, width

    def gather(self, pixels: Pixels, empty: Any = 0) -> NDArray[Any]:
        """(H, W, ...) of the atlas: a picture's samples, ``empty`` where no rectangle lies."""
        out = np.full((*self.shape, *pixels.shape[2:]), empty, pixels.dtype)
        for there, here in zip(self.rectangles, self.places, strict=True):
            part_of(out, here)[...] = part_of(pixels, there)
        return out
