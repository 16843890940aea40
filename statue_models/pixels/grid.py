"""The half pixel. Positions are (x, y), y down, and the centre of the first pixel is (0.5, 0.5).

OpenCV and array indices count pixel centres at integers instead. Half a pixel is added and removed here and nowhere
else, but for Warp's kernels, which cannot call this; everything that samples a picture at positions does.
"""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.rectangle import Rectangle

#: Pixels: by definition.
HALF = 0.5
#: Arrays, tensors and floats.
Numbers = TypeVar("Numbers", bound=Any)


def centres_of(cells: Numbers) -> Numbers:
    """Positions of the centres of pixels with these indices; floating arrays and tensors keep their dtype."""
    return cells + HALF  # type: ignore[no-any-return]


def cells_at(positions: Numbers) -> Numbers:
    """Fractional pixel indices of positions: what OpenCV calls coordinates."""
    return positions - HALF  # type: ignore[no-any-return]


def centres_in(rectangle: Rectangle) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions x and y, each (height, width), of the centres of a rectangle's pixels."""
    x, y = np.arange(rectangle.x, rectangle.right) + HALF, np.arange(rectangle.y, rectangle.bottom) + HALF
    columns, rows = np.meshgrid(x, y)
    return columns, rows


def opencv_matrix(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """An affine map of positions, (2, 3), as the same map of pixel indices."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (HALF, HALF) - HALF
    return shifted


def warp(
    source: NDArray[Any], matrix: NDArray[np.float64], size: tuple[int, int], how: int, border: int
) -> NDArray[Any]:
    """A picture (H, W) or (H, W, C), C at most 4, seen through an affine map.

    Args:
        source: of a dtype that OpenCV warps.
        matrix: (2, 3) float64, takes positions (x, y, 1) in the answer to positions in the source.
        size: (width, height) of the answer.
        how: ``cv2.INTER_NEAREST``, ``cv2.INTER_LINEAR`` or ``cv2.INTER_CUBIC``.
        border: one of OpenCV's border modes, for what lies beyond the source.
    """
    flags = how | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(source, opencv_matrix(matrix), size, flags=flags, borderMode=border)
