"""The pictures of ``statue_models/example``."""

from pathlib import Path

import cv2
import numpy as np

import statue_models

EXAMPLE = Path(statue_models.__file__).parent / "example"
SCALE = 6  # the example is worked on at a sixth of its size, 171 x 213 pixels, to be quick


def example(name, scale):
    """A picture of the example at 1/scale: RGB, or the mask in black and white."""
    mode = cv2.IMREAD_GRAYSCALE if name.startswith("mask") else cv2.IMREAD_COLOR
    picture = cv2.imread(str(EXAMPLE / name), mode)
    assert picture is not None, f"the example {name} is not where it belongs, in {EXAMPLE}"
    small = cv2.resize(picture, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    if picture.ndim == 2:
        return np.where(small > 127, 255, 0).astype(np.uint8)
    return np.ascontiguousarray(small[..., ::-1])
