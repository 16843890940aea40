"""Any hole from what is visible around it: structure and texture go on in patches, and meet the border.

Patches follow a smooth first guess, so that outlines go on; a ground of strong speckles becomes calmer than it is. A
guess that held the speckles was tried: it broke outlines.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.interpolation import membrane
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.patch_completion import complete_from_patches
from statue_models.phases import Phase
from statue_models.pixels.regions import dilate
from statue_models.request import Hypothesis, Progress


class Surroundings:
    """Restoration by patches. See ``methods.method.Method``."""

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """Every hypothesis is a search of its own; a preview is plain interpolation, the same for all."""
        guess = np.clip(membrane(crop.rgb, crop.hole, crop.known | crop.hole), 0, 1)
        if options.preview:
            return Answer((Fill(guess.astype(np.float32)),) * len(hypotheses), None, {})
        fills = []
        for done, hypothesis in enumerate(hypotheses):
            progress(Phase.FILLING, done / len(hypotheses))
            fills.append(_complete(crop, guess, np.random.default_rng(hypothesis.seed)))
        return Answer(tuple(fills), None, {})


def _complete(crop: Crop, guess: NDArray[np.float64], generator: np.random.Generator) -> Fill:
    """The hole from patches; the guess where too little is missing or visible."""
    nowhere = np.zeros((*crop.hole.shape, 1), np.float32)  # no place is like another but by what it shows
    source = crop.known & ~dilate(crop.hole, 1)
    patches = complete_from_patches(guess, nowhere, crop.hole, crop.known, source, generator)
    if patches is None:
        return Fill(guess.astype(np.float32))
    rgb, shift = patches
    return Fill(np.clip(rgb, 0, 1).astype(np.float32), shift)
