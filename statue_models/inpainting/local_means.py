"""Means around every pixel in which some pixels count and others do not: normalised convolution.

A Gaussian blur of samples, each times its weight, over the same blur of the weights (Knutsson and Westin, "Normalized
and Differential Convolution", 1993).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.bands import ROWS, bands

#: Pixels: standard deviation to which wide blurs are brought by making the picture smaller; below twice as much it
#: stays as it is. For time; set by eye.
WIDE = 4.0
#: Blurred weight below which a mean fades to 0: hardly anything counts there. Keeps the division finite. Chosen.
LEAST_WEIGHT = 1e-3


def normalise_blur(sums: NDArray[np.float32], weights: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """The blur of samples that are weighted already, over the blur of their weights.

    Args:
        sums: (H, W) or (H, W, C) samples times their weights.
        weights: (H, W) in [0, 1].
        reach: standard deviation in pixels.

    Returns:
        As ``sums``; fading to 0 where hardly anything counts.
    """
    total = np.asarray(cv2.GaussianBlur(weights, (0, 0), reach), np.float32)
    np.maximum(total, LEAST_WEIGHT, out=total)
    means = np.asarray(cv2.GaussianBlur(sums, (0, 0), reach), np.float32)
    return np.divide(means, total[..., None] if means.ndim == 3 else total, out=means)


def blur_within(values: NDArray[np.float32], weight: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Gaussian mean in which a sample counts by its weight.

    Args:
        values: (H, W) or (H, W, C).
        weight: (H, W) in [0, 1].
        reach: standard deviation in pixels.

    Returns:
        As ``values``; fading to 0 where hardly anything counts.
    """
    return normalise_blur(values * (weight[..., None] if values.ndim == 3 else weight), weight, reach)


def local_mean(
    values: NDArray[np.float32], where: NDArray[np.bool_], reach: float, squared: bool = False
) -> NDArray[np.float32]:
    """(H, W) Gaussian mean of the values there, or of their squares; large pictures in little memory."""
    if int(reach / WIDE) >= 2:
        # Divided while they are small: neither sums nor weights are ever as large as the picture.
        sums, narrow = _shrink(_mask(values, where, squared), reach)
        del values  # a plane less where the caller has no use for them
        return _enlarge(normalise_blur(sums, _shrink(where.astype(np.float32), reach)[0], narrow), where.shape)
    # Blurs that are not shrunken are the same in bands of rows, with as many beside them as the Gaussian reaches.
    out, beside = np.empty(values.shape, np.float32), int(4 * reach) + 2
    for band in bands(len(out), max(ROWS, 8 * beside)):
        around = slice(max(0, band.start - beside), band.stop + beside)
        weights = where[around].astype(np.float32)
        means = normalise_blur(_mask(values[around], where[around], squared), weights, reach)
        out[band] = means[band.start - around.start : band.stop - around.start]
    return out


def blur(values: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """(H, W) Gaussian blur; a wide one is worked out on a smaller picture.

    Args:
        values: (H, W) float32.
        reach: standard deviation in pixels.
    """
    shape = values.shape
    small, narrow = _shrink(values, reach)
    del values  # a plane less while the blur is enlarged, where the caller has no use for them
    return _enlarge(np.asarray(cv2.GaussianBlur(small, (0, 0), narrow), np.float32), shape)


def _shrink(values: NDArray[np.float32], reach: float) -> tuple[NDArray[np.float32], float]:
    """(h, w) a picture that is smaller the wider its blur, and the standard deviation of the blur there."""
    shrink = max(1, int(reach / WIDE))
    if shrink > 1:
        height, width = values.shape
        size = (-(-width // shrink), -(-height // shrink))
        values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    return values, reach / shrink


def _enlarge(small: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    if small.shape == shape:
        return small
    return np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _mask(values: NDArray[np.float32], where: NDArray[np.bool_], squared: bool) -> NDArray[np.float32]:
    out = np.where(where, values, np.float32(0))
    return np.multiply(out, out, out=out) if squared else out
