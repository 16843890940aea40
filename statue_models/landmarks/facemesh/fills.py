"""What stands in for the hole while FaceMesh, which knows no masks, looks at a face. Nothing here reaches a result."""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import MIRROR
from statue_models.pixels.grid import warp

#: Share of a picture that may be missing for its border to be continued into it: Telea's fill takes as long as the hole
#: is large, a quarter of a second for one square of an inverted mask. Chosen.
MOST_CONTINUED = 0.6


def plain_fills(rgb: NDArray[np.uint8], mask: NDArray[np.uint8], only_even: bool = False) -> list[NDArray[np.uint8]]:
    """The picture without its hole: continued from the border (Telea 2004), and in the mean colour of the rest.

    Neither is better throughout: continued stone suits noses and half faces, an even patch suits mouths and eyes.

    Args:
        rgb: (H, W, 3) uint8.
        mask: (H, W) uint8, > 0 = missing.
        only_even: leave the slower one out.

    Returns:
        Two pictures; one where most is missing, since nothing is left to be continued, or if so asked; the picture
        itself where nothing, or everything, is missing.
    """
    hole = mask > 0
    if not hole.any() or hole.all():
        return [rgb]
    even = rgb.copy()
    even[hole] = rgb[~hole].mean(axis=0).round()
    if only_even or hole.mean() > MOST_CONTINUED:
        return [even]
    continued = np.asarray(cv2.inpaint(rgb, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.uint8)
    return [continued, even]


def mirrored_fill(filled: NDArray[np.uint8], mask: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The filled picture, with the other half of the face where the hole's mirror image is known.

    The mirror image of a face is taken to be the affine map that best carries its 68 points to their mirror partners.

    Args:
        filled: (H, W, 3) uint8, one of ``plain_fills``.
        mask: (H, W) uint8, > 0 = missing.
        points: (68, 2) landmarks, as far as they are known by now.
    """
    hole = (mask > 0).astype(np.float32)
    if not hole.any():
        return filled
    partners = np.linalg.lstsq(np.column_stack([points, np.ones(len(points))]), points[MIRROR], rcond=None)[0].T
    size = (mask.shape[1], mask.shape[0])
    other = warp(filled, partners, size, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
    known = warp(1 - hole, partners, size, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    # Fading towards the border keeps a step in brightness between the halves from looking like an edge.
    weight = cv2.GaussianBlur(cv2.erode(known, np.ones((3, 3))) * hole, (0, 0), 3) * hole
    blend = filled + (other.astype(np.float32) - filled) * weight[..., None]
    return blend.round().astype(np.uint8)
