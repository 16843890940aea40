"""Where the head itself is to be seen: skin, without hair, throats, or a neck that is not there."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from statue_models.face.landmarks68 import MOUTH
from statue_models.head.raster import HeadImage
from statue_models.inpainting.local_means import blur_within
from statue_models.methods.statuefit.mirror import MirrorDetail
from statue_models.pixels.grid import centres_of
from statue_models.pixels.regions import dilate

WHOLE = 0.99  #: coverage: less is the head's edge; chosen

# Where skin is, set by eye on the mean head: z towards the viewer, y up.
FRONT = 3.0  #: cm, z: the front of the head lies before this plane
HAIRLINE, NECK = 7.5, -4.0  #: cm, y: above one there is hair, below the other the neck
CHIN_FRONT, CHIN_END = 5.0, -7.5  #: cm, z and y: the chin lies before one and above the other
#: Median of |log(photograph / lit neck)| from which on it shows something else: no neck is painted on a wall
#: (``native``, 4.67 -> 4.62, docs/quality.md). Visible pixels that can tell. Values set by eye.
NECK_OFF, MINIMUM_NECK = 1.4, 150
SURE = 0.3  #: confidence of mirrored detail that stands even where the head shows no skin; set by eye
SKIN_EDGE = 0.023  #: of the crop's side: softness of the edge between the head and what lies beside it; set by eye

# Hollows.
LIPS = 9.5  #: cm, z: the mouth's hollow lies behind the lips; set by eye
HIDDEN = 0.3  #: openness: less is a hollow's; set by eye
NOSTRILS = slice(30, 36)  #: landmarks: the tip and what lies under it
AROUND_FEATURE = 0.08  #: interocular distances around its landmarks; set by eye
#: Natural logarithm: how much darker it gets between a mouth's lips and in nostrils. Measured on ``check`` against .6
#: and 1.2 (docs/experiments.md, "The finish").
PARTED, DRILLED = 0.35, 0.8


def shade_hollows(image: HeadImage, points: NDArray[np.float64], interocular: float) -> NDArray[np.float32]:
    """(S, S) how much darker it gets (logarithm) between parted lips and in nostrils; 0 elsewhere.

    With the edges of these, which belong to neither side.

    Args:
        image: the fitted head.
        points: (68, 2) landmarks on the crop.
        interocular: distance of the outer eye corners in pixels.
    """
    out = np.zeros(image.coverage.shape, np.float32)
    # Statues' mouths are a line or a shallow cut, no hollow with a throat.
    mouth = (image.coverage < WHOLE) | (image.rest[..., 2] < LIPS)
    nostrils = (image.coverage > WHOLE) & (image.openness < HIDDEN)
    y, x = centres_of(np.mgrid[: len(out), : len(out)])
    for hollow, feature, darker in ((mouth, MOUTH, PARTED), (nostrils, NOSTRILS, DRILLED)):
        low, high = points[feature].min(0), points[feature].max(0)
        low, high = low - AROUND_FEATURE * interocular, high + AROUND_FEATURE * interocular
        there = hollow & (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
        if there.any():
            out[dilate(ndimage.binary_fill_holes(there), 1)] = darker
    return out


def estimate_matte(
    image: HeadImage,
    ratio: NDArray[np.float64],
    free: NDArray[np.bool_],
    mirror: MirrorDetail,
    hollow: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """(S, S) in [0, 1], how far the head itself is to be seen: a soft edge at the hairline.

    Args:
        image: the fitted head.
        ratio: (S, S) log(photograph / lit head).
        free: (S, S) visible pixels.
        mirror: detail of the other half.
        hollow: (S, S) mouth and nostrils.
    """
    height, front = image.rest[..., 1], image.rest[..., 2]
    covered = np.where(hollow, 1, image.coverage).astype(np.float32)
    skin = hollow | (covered > WHOLE) & (((front > FRONT) & (height < HAIRLINE)) | (height < NECK))
    if not _neck_is_there(image, ratio, free):
        skin &= ~neck_region(image)
    region = (skin | (mirror.confidence > SURE)).astype(np.float32)
    soft = blur_within(region, covered, SKIN_EDGE * len(region))
    return (np.clip(soft * 2 - 1, 0, 1) * covered).astype(np.float32)


def neck_region(image: HeadImage) -> NDArray[np.bool_]:
    """(S, S) the neck and what is under it, without chin and jaw."""
    height, front = image.rest[..., 1], image.rest[..., 2]
    return (height < NECK) & (front < CHIN_FRONT) | (height < CHIN_END)


def _neck_is_there(image: HeadImage, ratio: NDArray[np.float64], free: NDArray[np.bool_]) -> bool:
    """Whether what is visible where a neck would be looks like one: broken heads stand on pins, before walls."""
    beside = (image.coverage > WHOLE) & neck_region(image) & free
    return beside.sum() < MINIMUM_NECK or float(np.median(np.abs(ratio[beside]))) < NECK_OFF
