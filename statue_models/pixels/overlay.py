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
        below: (H, W) or (H, W, C) of any dtype, itself one or an array; it is never changed.
        rectangle: inside it.
        samples: (height, width) or (height, width, C) of the same dtype, shown instead.
    """

    def __init__(self, below: "Pixels", rectangle: Rectangle, samples: NDArray[Any]) -> None:
        if samples.shape != (*rectangle.shape, *below.shape[2:]) or samples.dtype != below.dtype:
            raise ValueError(f"{samples.shape} {samples.dtype} is not laid over {rectangle} of {below.shape}")
        self._below, self._rectangle, self._samples = below, rectangle, samples

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole picture: (H, W) or (H, W, C)."""
        return self._below.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the picture's samples, and of those laid over it."""
        return self._below.dtype

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[Any]:
        """A part; a view of the samples where it lies wholly in the rectangle, so that they may be changed by it."""
        top, bottom, _ = window[0].indices(self.shape[0])
        left, right, _ = window[1].indices(self.shape[1])
        asked = Rectangle.between(left, top, right, bottom)
        if self._rectangle.holds(asked):
            return self._samples[asked.relative_to(self._rectangle.corner).slices]
        part = self._below[asked.slices]
        changed = self._rectangle.intersect(asked)
        if 0 in changed.shape:
            return part
        part = part.copy()
        part[changed.relative_to(asked.corner).slices] = self._samples[
            changed.relative_to(self._rectangle.corner).slices
        ]
        return part

    def channels(self, count: int) -> "Overlay":
        """The first channels alone."""
        below = self._below.channels(count) if isinstance(self._below, Overlay) else self._below[..., :count]
        return Overlay(below, self._rectangle, self._samples[..., :count])


#: What only parts are read of.
Pixels = NDArray[Any] | Overlay


def part_of(pixels: Pixels, rectangle: Rectangle) -> NDArray[Any]:
    """(height, width, ...) the samples of a rectangle."""
    return pixels[rectangle.slices]
