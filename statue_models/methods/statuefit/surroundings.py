"""What lies beside the head: hair, headgear and background, completed from patches of their visible surroundings."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from statue_models.face.landmarks68 import unturned_eye_distance
from statue_models.head.raster import HeadImage
from statue_models.inpainting.interpolation import membrane
from statue_models.methods.method import Crop
from statue_models.methods.patch_completion import complete_from_patches
from statue_models.pixels.regions import dilate

COVERED = 0.99  #: of the head's own share: less is beside the head; chosen
#: cm on the mean head that weigh as much in a patch as the step from black to white. 3, 5 and 10 were tried on
#: ``native`` and ``check`` and not kept (docs/quality.md).
GUIDE_LENGTH = 20.0
#: Of the direction from the head to a pixel beside it, the part along which the head looks: from this on the pixel lies
#: in front of it. Heads turned by less than 30 degrees have none. Chosen.
AHEAD = 0.5
OFF = 0.025  #: eye distances beyond the fitted silhouette that may still be face; chosen on turned heads
GUIDE_COVERAGE = 0.2  #: what being covered by the head weighs, of that step; set by eye


def complete_surroundings(
    painted: NDArray[np.float64],
    crop: Crop,
    image: HeadImage,
    matte: NDArray[np.float32],
    facing: NDArray[np.float64],
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float32] | None]:
    """Complete everything beside the head.

    Args:
        painted: (S, S, 3) sRGB-encoded: the crop with the lit head in its hole.
        crop: what is missing.
        image: the fitted head.
        matte: (S, S) in [0, 1], how far the head itself is to be seen.
        facing: (2,) where the head looks, (x right, y down) of the unit vector in camera space.
        generator: of the search.

    Returns:
        (S, S, 3) the crop so completed, and where the patches came from (``Fill.borrow``); None, and the first guess,
        where too little is missing or visible.
    """
    beside = crop.hole & (matte < COVERED)
    source = crop.known & ~dilate(crop.hole, 1)
    guess = guess_in_front(painted, crop, image.coverage, facing)
    patches = complete_from_patches(guess, _guide(image), beside, crop.known, source, generator)
    rgb, shift = (guess, None) if patches is None else patches
    change = np.where(beside[..., None], rgb - painted, 0)
    return painted + change * (1 - matte)[..., None], shift


def guess_in_front(
    painted: NDArray[np.float64], crop: Crop, coverage: NDArray[np.float32], facing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(S, S, 3) with a membrane in front of the head, from what is visible beside it.

    In front of a profile there is the ground. From all of the hole's border a bright face would shine far into a dark
    one, and patches of stone be found there. To the sides, and below the chin, more of the statue may follow: there the
    guess stays as it is.
    """
    head = coverage >= 0.5
    if np.hypot(*facing) <= AHEAD or not head.any():
        return painted
    reach, (rows, columns) = distance_transform_edt(~head, return_indices=True)
    y, x = np.indices(head.shape)
    ahead = facing[0] * (x - columns) + facing[1] * (y - rows) > AHEAD * reach
    beside = crop.hole & ~head & ahead
    face = dilate(coverage > 0, round(OFF * unturned_eye_distance(crop.face.points)))
    closed = membrane(painted, beside, beside | (crop.known & ~face))
    return np.where(beside[..., None], closed, painted)


def _guide(image: HeadImage) -> NDArray[np.float32]:
    """(S, S, 4) where on the mean head a pixel is (left and right alike) and whether the head covers it."""
    place = image.rest * np.float32(1 / GUIDE_LENGTH)
    place[..., 0] = np.abs(place[..., 0])
    covered = image.coverage[..., None]
    return np.concatenate([place * covered, covered * np.float32(GUIDE_COVERAGE)], 2)
