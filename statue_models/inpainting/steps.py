"""What of a step at the hole's border is light's, and what another thing's: a stain, hair, the wall behind the head."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.interpolation import nearest

#: sRGB-encoded, 0..1: the largest step in grey that light on stone makes. .2 of .1 to .4 tried on ``native`` for light
#: and colour, and on ``check``, where .1 and .15 cost similarity (docs/quality.md).
GREY_STEP = 0.2
#: The same for hue: on the head's stone, and on what is not, where a little more is another thing already. Measured on
#: ``native`` (docs/quality.md).
HUE_STEP, BESIDE_HUE_STEP = 0.05, 0.02
#: Interocular distances: how far a stain reaches into a hole. ``native`` had .03; set by eye since.
STAIN = 0.02
#: Interocular distances: greatest depth of holes below which every step is the hole's own, since all of it lies at the
#: border, and from which on none but light's is. Small chips need it (``native``, docs/quality.md); values set by eye.
NARROW, WIDE = 0.12, 0.2
TINY = 1e-6  #: sRGB-encoded: keeps divisions finite


def split_steps(
    step: NDArray[Any], judged: NDArray[Any], depth: NDArray[Any], stone: NDArray[Any] | float = 1.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The part of steps that light on stone makes, and the rest, which reaches no further into a hole than a stain.

    Nothing of a step is light's, whose hue is another thing's; and its hue is nobody's where it is no stone either: red
    next to a wall would be answered by green.

    Args:
        step: (..., 3) sRGB-encoded, photograph - fill.
        judged: (..., 3) the same without the noise of single pixels.
        depth: (...) greatest depth of the hole beside which a step is, in interocular distances.
        stone: (...) in [0, 1], how far it shows the head's stone.
    """
    stone = np.asarray(stone, step.dtype)[..., None]
    limit = BESIDE_HUE_STEP + (HUE_STEP - BESIDE_HUE_STEP) * stone
    looks = judged.mean(-1, keepdims=True)
    tint = np.abs(judged - looks).max(-1, keepdims=True)
    same = np.clip(2 - tint / limit, 0, 1)
    grey = step.mean(-1, keepdims=True)
    hue = step - grey
    light = grey * np.minimum(1, GREY_STEP / np.maximum(np.abs(looks), TINY))
    light = same * (light + hue * np.minimum(1, limit / np.maximum(tint, TINY)))
    wide = np.clip((depth - NARROW) / (WIDE - NARROW), 0, 1).astype(step.dtype)[..., None]
    own = wide * light + (1 - wide) * step
    rest = step - own
    grey = rest.mean(-1, keepdims=True)
    return own, grey + (rest - grey) * np.maximum(stone, same)


def reach_of_stains(interocular: float) -> float:
    """Pixels, for an interocular distance in pixels."""
    return max(1.0, STAIN * interocular)


def greatest_depth(hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(H, W) the greatest depth in pixels of the nearest connected hole.

    Args:
        hole: (H, W) bool.
        known: (H, W) bool, what is visible; the picture's edge is no border of a hole.
    """
    depth = np.asarray(cv2.distanceTransform((~known).view(np.uint8), cv2.DIST_L2, 5), np.float32)
    count, found = cv2.connectedComponents(hole.view(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    greatest = np.zeros(count, np.float32)
    np.maximum.at(greatest, labels[hole], depth[hole])
    return np.asarray(nearest(greatest[labels][..., None], ~hole)[..., 0], np.float32)
