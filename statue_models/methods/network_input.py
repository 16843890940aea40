"""What a network is shown of a crop: the picture at the network's own size, and which of its pixels are missing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.methods.method import Crop

#: A pixel of the network's grid that is partly unknown is unknown: nothing of the hole may look like stone. Chosen: 1,
#: but for rounding.
KNOWN = 0.999


def network_input(crop: Crop, size: int | tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(3, h, w) in [-1, 1], 0 where it is missing, and (1, h, w), 1 = missing; ``size`` is h and w, or both.

    What lies beyond the photograph counts as missing.
    """
    share = resize(crop.known.astype(np.float32), size)
    samples = np.where(crop.known[..., None], crop.rgb, 0).astype(np.float32)
    rgb = resize(samples, size) / np.maximum(share, 1e-3)[..., None]
    missing = share < KNOWN
    picture = np.where(missing[..., None], 0, np.clip(rgb, 0, 1) * 2 - 1).astype(np.float32)
    return np.ascontiguousarray(picture.transpose(2, 0, 1)), missing[None].astype(np.float32)


def missing_at(crop: Crop, size: int) -> NDArray[np.bool_]:
    """(size, size), the pixels that are missing in ``network_input``."""
    return resize(crop.known.astype(np.float32), size) < KNOWN


def resize(image: NDArray[np.float32], size: int | tuple[int, int], keep: bool = False) -> NDArray[np.float32]:
    """An (H, W) or (H, W, C) image at another size: averaged down, interpolated up.

    Args:
        size: height and width, or both.
        keep: a last axis of length 1 stays.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape[:2] != (height, width):
        interpolation = cv2.INTER_AREA if image.shape[0] > height else cv2.INTER_CUBIC
        resized = np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.float32)
        image = resized[..., None] if keep and resized.ndim < image.ndim else resized
    return image
