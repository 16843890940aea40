"""What grows beside the head: hair, headgear and background, from patches of their visible surroundings."""

import numpy as np
from numpy.typing import NDArray

from statue_models.head.raster import HeadImage
from statue_models.inpainting.interpolation import membrane
from statue_models.inpainting.patches import complete
from statue_models.methods.method import Crop
from statue_models.methods.statuefit.ground import widened

MINIMUM = 20  # pixels: fewer are left to the membrane
COVERED = 0.99  # of the head's own share: less is beside the head
GREY_STEP, HUE_STEP = 0.25, 0.02  # sRGB-encoded: larger steps between patches and photograph are not evened out
GUIDE_LENGTH = 20.0  # cm on the mean head that weigh as much in a patch as the step from black to white
GUIDE_COVERAGE = 0.2


def with_surroundings(
    painted: NDArray[np.float64],
    crop: Crop,
    image: HeadImage,
    shown: NDArray[np.float32],
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float32] | None]:
    """The painted crop, in whose hole everything beside the head has grown, and where it grew from (``Fill.borrow``).

    Args:
        painted: (S, S, 3) sRGB-encoded.
        crop: what is missing.
        image: the fitted head.
        shown: (S, S) in [0, 1], how far the head itself is to be seen.
        generator: of the search.
    """
    bare = crop.hole & (shown < COVERED)
    if bare.sum() <= MINIMUM:
        return painted, None
    grown = complete(painted, _guide(image), bare, crop.known & ~widened(crop.hole, 1), generator)
    if grown is None:
        return painted, None
    ring = widened(bare, 1) & crop.known
    step = membrane(np.where(ring[..., None], _limited(painted - grown.rgb), 0), bare, ring | bare)
    joined = np.where(bare[..., None], grown.rgb + step - painted, 0)
    return painted + joined * (1 - shown)[..., None], grown.shift


def _guide(image: HeadImage) -> NDArray[np.float32]:
    """(S, S, 4) where on the mean head a pixel is (left and right alike) and whether the head covers it."""
    place = image.rest * np.float32(1 / GUIDE_LENGTH)
    place[..., 0] = np.abs(place[..., 0])
    covered = image.coverage[..., None]
    return np.concatenate([place * covered, covered * np.float32(GUIDE_COVERAGE)], 2)


def _limited(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps at the border, cut down where they say that something else begins there, not that the light differs."""
    grey = step.mean(2, keepdims=True)
    return np.clip(grey, -GREY_STEP, GREY_STEP) + np.clip(step - grey, -HUE_STEP, HUE_STEP)
