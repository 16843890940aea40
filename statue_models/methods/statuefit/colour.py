"""The stone's colour as a function of its luminance, as the visible stone near the hole shows it.

Shadows are not the colour of lights: they are lit by the sky, the wall, a second lamp. A single hue for all of them
tints a restored nose brown or grey.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.head.light import to_encoded

# Hue by luminance was measured on ``native``, with the learnt appearance (colour 2.1 for 2.4, docs/quality.md); the
# numbers are set by eye.
DARKEST = 0.002  #: linear light: below this a photograph shows noise, not colour
BINS = 8  #: of luminance, equally many pixels in each
NEAR = 0.5  #: interocular distances from the hole within which stone speaks for it
ENOUGH = 200  #: pixels there, or else all visible stone speaks


@dataclass(frozen=True, eq=False)
class StoneColour:
    """Colour over luminance.

    Attributes:
        knots: (N,) increasing natural logarithms of linear luminance.
        hues: (N, 3) logarithms of channel / luminance at the knots; constant beyond the first and the last.
    """

    knots: NDArray[np.float64]
    hues: NDArray[np.float64]

    def hue(self, log_luminance: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 3) logarithm of channel / luminance."""
        return np.stack([np.interp(log_luminance, self.knots, self.hues[:, c]) for c in range(3)], -1)

    def encode(
        self, log_luminance: NDArray[np.float64], paint: NDArray[np.float64] | float = 0.0
    ) -> NDArray[np.float64]:
        """(..., 3) sRGB-encoded 0..1 of stone of these luminances, with (..., 3) added to its hue."""
        return to_encoded(np.clip(np.exp(log_luminance[..., None] + self.hue(log_luminance) + paint), 0, 1))


def log_luminance(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) natural logarithm of the mean of (..., 3) linear light."""
    return np.asarray(np.log(np.maximum(linear.mean(-1), DARKEST)))


def fit_stone_colour(
    linear: NDArray[np.float64], stone: NDArray[np.bool_], hole: NDArray[np.bool_], interocular: float
) -> StoneColour:
    """What the stone near the hole shows.

    Args:
        linear: (S, S, 3) the photograph in linear light.
        stone: (S, S) visible pixels of the face's stone, at least one.
        hole: (S, S) missing pixels.
        interocular: distance of the outer eye corners in pixels.
    """
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    near = stone & (distance < NEAR * interocular)
    use = near if near.sum() >= ENOUGH else stone
    level = log_luminance(linear[use])
    hue = np.log(np.maximum(linear[use], DARKEST)) - level[:, None]
    edges = np.quantile(level, np.linspace(0, 1, BINS + 1))
    knots, hues = [], []
    for low, high in pairwise(edges):
        inside = (level >= low) & (level <= high)
        knots.append(float(np.median(level[inside])))
        hues.append(np.median(hue[inside], 0))
    keep = np.concatenate([[True], np.diff(knots) > 1e-6])
    return StoneColour(np.array(knots)[keep], np.array(hues)[keep])
