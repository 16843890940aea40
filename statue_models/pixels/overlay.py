"""A picture that differs from another in one rectangle, without a copy of the whole.

A photograph of 50 megapixels takes 150 MB, and so would every copy of it. What is changed before a method sees it lies
in the hole's bounding box.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.rectangle import Rectangle


class Overlay:
    """Samples laid over a rectangle of a picture; parts of it are read as those of an array are.

    Args:
        below: (H, W) or (H, W, C) of any dtype; it is never changed.
        rectangle: (x, y, width, height) inside it.
        samples: (height, width) or (height, width, C) of the same dtype, shown instead.
    """

    def __init__(self, below: NDArray[Any], rectangle: Rectangle, samples: NDArray[Any]) -> None:
        x, y, width, height = rectangle
        if samples.shape != (height, width, *below.shape[2:]) or samples.dtype != below.dtype:
            raise ValueError(f"{samples.shape} {samples.dtype} is not laid over {rectangle} of {below.shape}")
        self._below, self._samples = below, samples
        self._left, self._top, self._right, self._low = x, y, x + width, y + height

    @property
    def shape(self) -> tuple[int, ...]:
        return self._below.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._below.dtype

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[Any]:
        """A part; a view of the samples where it lies wholly in the rectangle, so that they may be changed by it."""
        top, low, _ = window[0].indices(self.shape[0])
        left, right, _ = window[1].indices(self.shape[1])
        if self._left <= left and right <= self._right and self._top <= top and low <= self._low:
            return self._samples[top - self._top : low - self._top, left - self._left : right - self._left]
        part = self._below[top:low, left:right]
        x0, x1 = max(left, self._left), min(right, self._right)
        y0, y1 = max(top, self._top), min(low, self._low)
        if x0 >= x1 or y0 >= y1:
            return part
        part = part.copy()
        shown = self._samples[y0 - self._top : y1 - self._top, x0 - self._left : x1 - self._left]
        part[y0 - top : y1 - top, x0 - left : x1 - left] = shown
        return part

    def channels(self, count: int) -> "Overlay":
        """The first channels alone."""
        rectangle = (self._left, self._top, self._right - self._left, self._low - self._top)
        return Overlay(self._below[..., :count], rectangle, self._samples[..., :count])


#: What only parts are read of.
Pixels = NDArray[Any] | Overlay


def part_of(pixels: Pixels, rectangle: Rectangle) -> NDArray[Any]:
    """(height, width, ...) the samples of a rectangle (x, y, width, height)."""
    x, y, width, height = rectangle
    return pixels[y : y + height, x : x + width]
