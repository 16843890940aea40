"""How far the hypotheses may differ, pixel by pixel: the spread of heads that the visible landmarks allow."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.fitting.head import MorphableHead
from statue_models.fitting.light import Light, light_basis, to_encoded
from statue_models.fitting.pose import HeadFit, sample_fit
from statue_models.fitting.raster import draw_head

SAMPLES = 6
SIDE = 96  # the spread is smooth: worked out at this size
UNEXPLAINED = 0.5  # of the visible stone's own spread, where the head model says nothing
ANCHORED = 0.15  # interocular distances from the hole's border over which the photograph still holds the fill


def shading_spread(
    head: MorphableHead,
    fit: HeadFit,
    light: Light,
    shown: NDArray[np.float32],
    visible: NDArray[np.floating],
    depth: NDArray[np.float32],
    interocular: float,
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """(S, S) float32 standard deviation of the grey level (0..1) in the hole, 0 outside.

    Args:
        head, fit, light: the fit and the light on it.
        shown: (S, S) in [0, 1], where the head itself is to be seen.
        visible: (N,) grey levels of the visible stone, 0..1.
        depth: (S, S) distance to the hole's border in pixels, 0 outside the hole.
        interocular: pixels.
        generator: made from the request's seed.
    """
    size = fit.size
    small = replace(fit, size=SIDE, focal=fit.focal * SIDE / size)
    greys = []
    for _ in range(SAMPLES):
        image = draw_head(head, sample_fit(head, small, generator))
        lit = to_encoded(np.clip(light.intensity(light_basis(image.normal, image.openness)), 0, 1))
        greys.append(lit * image.coverage)
    spread = cv2.resize(np.std(greys, axis=0).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    unexplained = UNEXPLAINED * float(visible.std()) if len(visible) else 0.0
    free = 1 - np.exp(-depth / (ANCHORED * interocular))
    return ((spread * shown + unexplained * (1 - shown)) * free).astype(np.float32)
