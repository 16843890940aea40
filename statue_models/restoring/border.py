"""No step at the hole's border: what the fill differs by there is carried into it and fades with the distance.

The harmonic extension of a straight border's values is their convolution with a kernel as wide as the distance is
large (Poisson's formula), so blurs of several widths, taken by distance, stand for the membrane of Perez et al. (2003)
at a cost that does not grow with the hole.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

#: Standard deviation in pixels of the blur along the border where the distance is least: the finest grain on both sides
#: is not the same, and is not to be made so.
SHARPEST = 0.5
#: Blur over distance.
SPREAD = 0.6
#: Visible pixels that speak for the border, by their distance from it.
RING = 2


def carried(
    step: NDArray[np.float32], ring: NDArray[np.bool_], hole: NDArray[np.bool_], depth: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What is to be added in the hole so that the ring's steps vanish.

    Args:
        step: (H, W) photograph - fill, of one channel; only samples of the ring are used.
        ring: (H, W) visible pixels beside the hole.
        hole: (H, W) bool.
        depth: (H, W) distance of the hole's pixels from its border in pixels.

    Returns:
        (H, W) float32, 0 outside the hole.
    """
    out = np.zeros(step.shape, np.float32)
    if not ring.any() or not hole.any():
        return out
    # Each level's blur is twice as wide; done on pictures that shrink, so that every level costs the same or less.
    wanted = np.log2(np.maximum(SPREAD * depth / SHARPEST, 1)).astype(np.float32)
    values, weights = np.where(ring, step, 0).astype(np.float32), ring.astype(np.float32)
    below = np.zeros(0, np.float32)
    for level in range(int(np.ceil(float(wanted[hole].max()))) + 1):
        shrink = max(0, level - 1)
        if level > 1:
            values, weights = _halved(values), _halved(weights)
        here = _level(values, weights, SHARPEST * 2.0 ** (level - shrink))
        if shrink:
            size = (here.shape[1] << shrink, here.shape[0] << shrink)
            here = np.asarray(cv2.resize(here, size, interpolation=cv2.INTER_LINEAR), np.float32)
            here = here[: step.shape[0], : step.shape[1]]
        if level == 0:
            chosen = hole & (wanted <= 0)
            out[chosen] = here[chosen]
        else:
            chosen = hole & (wanted > level - 1) & (wanted <= level)
            share = wanted[chosen] - (level - 1)
            out[chosen] = below[chosen] * (1 - share) + here[chosen] * share
        below = here
    return out


def _halved(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = picture.shape
    even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=0)
    size = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.float32)


def _level(values: NDArray[np.float32], weights: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Weighted mean of the ring's values around every pixel."""
    total = cv2.GaussianBlur(weights, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    sums = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(sums / (total + np.float32(1e-12)), np.float32)
