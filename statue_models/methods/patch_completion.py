"""Patches of what is visible for what is missing, carried in without a step at the hole's border.

``inpainting.patches`` finds the patches; a membrane carries into them what they differ by from the photograph around.
"""

import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.interpolation import membrane
from statue_models.inpainting.patches import complete
from statue_models.pixels.regions import dilate

MINIMUM = 20  #: pixels: fewer are left to the first guess; set by eye
GREY_STEP, HUE_STEP = 0.25, 0.02  #: sRGB-encoded: larger steps between patches and photograph stay; set by eye


def complete_from_patches(
    guess: NDArray[np.float64],
    guide: NDArray[np.float32],
    hole: NDArray[np.bool_],
    known: NDArray[np.bool_],
    source: NDArray[np.bool_],
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
    """A hole completed from patches, without a step at its border.

    Args:
        guess: (S, S, 3) sRGB-encoded in [0, 1]; the hole holds a first guess.
        guide: (S, S, G) of ``inpainting.patches.complete``.
        hole: (S, S) what is to be filled.
        known: (S, S) what the photograph shows beside it.
        source: (S, S) what patches may come from.
        generator: of the search.

    Returns:
        (S, S, 3) the patches' colours in the hole, so moved that they meet the photograph, and (n, n, 2) where they
        came from (``PatchResult.shift``); None where too little is missing or visible.
    """
    if hole.sum() <= MINIMUM:
        return None
    patches = complete(guess, guide, hole, source, generator)
    if patches is None:
        return None
    ring = dilate(hole, 1) & known
    step = membrane(np.where(ring[..., None], _limit_steps(guess - patches.rgb), 0), hole, ring | hole)
    return patches.rgb + step, patches.shift


def _limit_steps(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps at the border, cut down where they say that something else begins there, not that the light differs."""
    grey = step.mean(2, keepdims=True)
    return np.asarray(np.clip(grey, -GREY_STEP, GREY_STEP) + np.clip(step - grey, -HUE_STEP, HUE_STEP))
