"""What every hypothesis for one crop shares: the hole's parts and depth, and what interpolation makes of it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.head.light import to_linear
from statue_models.inpainting.interpolation import membrane
from statue_models.inpainting.steps import greatest_depth
from statue_models.methods.method import Crop


@dataclass(frozen=True, eq=False)
class ClosedCrop:
    """A crop with its hole closed by a membrane.

    Attributes:
        depth: (S, S) float32 distance of the hole's pixels to its border, in pixels.
        greatest_depth: (S, S) float32 the greatest depth of the nearest connected hole, in interocular distances.
        encoded: (S, S, 3) float64 sRGB-encoded: the photograph, in the hole a membrane, for what the head does not
            cover.
        linear: (S, S, 3) float64 the same in linear light.
        interocular: distance of the outer eye corners in pixels.
    """

    depth: NDArray[np.float32]
    greatest_depth: NDArray[np.float32]
    encoded: NDArray[np.float64]
    linear: NDArray[np.float64]
    interocular: float


def close_hole(crop: Crop) -> ClosedCrop:
    """Close the hole of a crop with landmarks."""
    depth = np.asarray(cv2.distanceTransform(crop.hole.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    encoded = membrane(crop.rgb.astype(np.float64), crop.hole, crop.known | crop.hole)
    interocular = crop.face.interocular
    greatest = greatest_depth(crop.hole, crop.known) / interocular
    return ClosedCrop(depth, greatest, encoded, to_linear(encoded), interocular)
