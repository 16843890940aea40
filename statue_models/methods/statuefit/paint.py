"""Paint on statues: red lips and coloured eyes go on in the hole as their visible part shows them.

Paint is what a feature's hue has beyond the stone's of that luminance, where it stands out from what the stone's own
hue varies by. An eye's is the other eye's, place by place; a mouth's is that of its other half and, where that is not
visible, either, the mean of what is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from statue_models.head.raster import HeadImage
from statue_models.inpainting.local_means import blur_within
from statue_models.methods.statuefit.colour import DARKEST, StoneColour, log_luminance


class Feature(NamedTuple):
    """An ellipse on the mean head seen from the front, left and right alike.

    Attributes:
        x, y: its centre in cm.
        across, down: half axes in cm.
        whole: whether it is painted all over, if at all, so that a part of it speaks for the rest.
    """

    x: float
    y: float
    across: float
    down: float
    whole: bool


FEATURES = (Feature(0.0, -3.43, 2.7, 1.1, True), Feature(3.15, 3.35, 1.5, 0.8, False))  # mouth, eyes
FRONT = 6.0  #: cm: z from which on the mean head has them
INTEROCULAR = 8.9  #: cm: distance of the mean head's outer eye corners
# The ellipses and both lines above are read off the mean head; all that follows is set by eye.
#: Between so many times the stone's usual distance from its own hue (1.48 medians) paint is told from it; the least of
#: that distance (logarithm).
STONE, PAINTED, LEAST = 2.5, 5.0, 0.02
#: cm on the mean head: a place's neighbourhood, and the distance over which it speaks for another.
SMOOTH, REACH = 0.12, 0.5
NEIGHBOURS = 4  #: nearest visible pixels that a place's paint is the mean of
ENOUGH, SHARE = 12, 0.15  #: least visible pixels of a feature, and which part of it they must be
EDGE = 0.15  #: of an ellipse's radius, over which paint fades


def estimate_paint(
    image: HeadImage,
    linear: NDArray[np.float64],
    colour: StoneColour,
    face: NDArray[np.bool_],
    free: NDArray[np.bool_],
    interocular: float,
) -> NDArray[np.float64]:
    """(S, S, 3) logarithm of channel / luminance that paint adds to the stone's hue; 0 where there is none.

    Args:
        image: the fitted head.
        linear: (S, S, 3) the photograph in linear light.
        colour: of the stone.
        face: (S, S) inside the outline of the face.
        free: (S, S) visible pixels.
        interocular: distance of the outer eye corners in pixels.
    """
    out = np.zeros(linear.shape)
    place = np.concatenate([np.abs(image.rest[..., :1]), image.rest[..., 1:]], 2)
    weights = [_feature_weight(place, feature) for feature in FEATURES]
    visible, plain = face & free, face & free & (np.max(weights, axis=0) == 0)
    if not any(((weight > 0) & ~free).any() for weight in weights) or plain.sum() < ENOUGH:
        return out
    level = log_luminance(linear)
    beyond = np.log(np.maximum(linear, DARKEST)) - level[..., None] - colour.hue(level)
    hue = blur_within(
        np.where(visible[..., None], beyond, 0).astype(np.float32),
        visible.astype(np.float32),
        max(0.7, SMOOTH * interocular / INTEROCULAR),
    )
    deviation = max(LEAST, 1.4826 * float(np.median(np.linalg.norm(hue[plain], axis=1))))
    for feature, weight in zip(FEATURES, weights, strict=True):
        sources, targets = visible & (weight > 0.5), (weight > 0) & ~free
        if targets.any() and sources.sum() >= max(ENOUGH, SHARE * (weight > 0.5).sum()):
            found = _transfer_paint(place[sources], hue[sources], place[targets], feature.whole, deviation)
            out[targets] = found * weight[targets][:, None]
    return out


def _transfer_paint(
    sources: NDArray[np.float32],
    hue: NDArray[np.float32],
    targets: NDArray[np.float32],
    whole: bool,
    deviation: float,
) -> NDArray[np.float64]:
    """(M, 3) paint at (M, 3) places of a feature of which (N, 3) places show (N, 3) hues."""
    distance, index = cKDTree(sources).query(targets, k=NEIGHBOURS)
    near = np.exp(-((distance / REACH) ** 2)) + 1e-9
    found = (hue[index] * near[..., None]).sum(1) / near.sum(1)[:, None]
    sure, typical = near.max(1)[:, None], np.median(hue, 0)
    found = sure * found + (1 - sure) * (typical if whole else 0)
    strength = np.clip((np.linalg.norm(found, axis=1) / deviation - STONE) / (PAINTED - STONE), 0, 1)
    if whole:
        strength *= np.clip(np.linalg.norm(typical) / deviation / STONE, 0, 1) ** 2
    return np.asarray(found * strength[:, None])


def _feature_weight(place: NDArray[np.float32], feature: Feature) -> NDArray[np.float32]:
    """(S, S) 1 inside a feature, fading over its edge."""
    radius = np.hypot((place[..., 0] - feature.x) / feature.across, (place[..., 1] - feature.y) / feature.down)
    return np.asarray(np.clip((1 - radius) / EDGE, 0, 1) * (place[..., 2] > FRONT), np.float32)
