"""How far the likeliest fill may be off, pixel by pixel: what heads, carving and stone still allow.

Three independent causes: the heads that the visible landmarks allow, drawn; the carving that the visible stone allows,
in closed form; and what lies beside the head, which varies as the visible picture does. Near the hole's border the
photograph holds the fill.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.head.appearance import render_map
from statue_models.head.light import light_basis, to_encoded
from statue_models.head.morphable_head import MorphableHead
from statue_models.head.pose import HeadFit, sample_fit
from statue_models.head.raster import draw_head
from statue_models.methods.statuefit.closed_crop import ClosedCrop
from statue_models.methods.statuefit.lit_head import LitHead

DRAWS = 6  #: heads whose spread is taken; for time
SIDE = 96  #: pixels: the heads' spread is smooth, and worked out at this size; chosen
#: Encoded grey level over its logarithm's change: the slope of the sRGB curve, a power of about 1 / 2.2.
SLOPE = 1 / 2.2
#: Calibrated on the check suite's five kinds of holes: what errors of a fill, after a blur of .02 interocular
#: distances, are over the spread of heads, the carving's and the visible picture's own deviation. Above 1, since light
#: errs too.
HEADS, CARVING, BESIDE = 2.4, 1.95, 1.3
WHOLLY_UNKNOWN = 0.45  #: natural logarithm: the carving's deviation where nothing is known of it; set by eye
ANCHORED = 0.15  #: interocular distances from the hole's border over which the photograph holds the fill; set by eye
LEAST = 0.02  #: of the range from black to white: the photograph's own noise; set by eye


def expected_error(
    head: MorphableHead,
    fit: HeadFit,
    lit: LitHead,
    closed: ClosedCrop,
    fill: NDArray[np.float32],
    visible: NDArray[np.floating],
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """(S, S) float32 standard deviation of the grey level (0..1) in the hole, 0 outside.

    Args:
        head, fit, lit, closed: of the likeliest hypothesis.
        fill: (S, S, 3) the likeliest fill, sRGB-encoded.
        visible: (N,) grey levels of the visible stone, 0..1.
        generator: made from the request's seed.
    """
    grey = fill.mean(2).astype(np.float64)
    heads = _spread_of_heads(head, fit, lit, generator)
    deviation = np.full(grey.shape, WHOLLY_UNKNOWN)
    if lit.posterior is not None:
        variance = render_map(lit.posterior.variance_map(), lit.posterior.model.learnt, lit.image)
        deviation = np.sqrt(np.maximum(variance, 0))
        deviation = np.where(deviation > 0, deviation, WHOLLY_UNKNOWN)
    carving = CARVING * SLOPE * grey * deviation
    beside = BESIDE * float(visible.std()) if len(visible) else 0.0
    matte = lit.matte
    spread = np.sqrt((HEADS * heads) ** 2 + carving**2) * matte + beside * (1 - matte)
    free = 1 - np.exp(-closed.depth / (ANCHORED * closed.interocular))
    return np.where(closed.depth > 0, np.sqrt((spread * free) ** 2 + LEAST**2), 0).astype(np.float32)


def _spread_of_heads(
    head: MorphableHead, fit: HeadFit, lit: LitHead, generator: np.random.Generator
) -> NDArray[np.float64]:
    """(S, S) standard deviation of the lit head's grey level among heads that the landmarks allow."""
    size = fit.size
    small = replace(fit, size=SIDE, focal=fit.focal * SIDE / size)
    greys = []
    for _ in range(DRAWS):
        image = draw_head(head, sample_fit(head, small, generator))
        grey = to_encoded(np.clip(lit.light.intensity(light_basis(image.normal, image.openness)), 0, 1))
        greys.append(grey * image.coverage)
    spread = np.std(greys, axis=0).astype(np.float32)
    return np.asarray(cv2.resize(spread, (size, size), interpolation=cv2.INTER_LINEAR), np.float64)
