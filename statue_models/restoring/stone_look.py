"""What a fill has to keep to, to look like the stone that a crop shows: how bright it gets, and what dirt does to it.

Creases and pits hold dirt, which is browner than the stone around them: relief that is laid over a fill as luma alone
looks like metal. In visible stone the detail of log(channel) is, but for a rest, proportional to that of log luma, and
the factors hardly differ from place to place on one head. Stone that outshines all that is visible looks like metal,
too: a network, sharpening and grain each add a little to lights.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import face_outline
from statue_models.inpainting.local_means import blur_within
from statue_models.inpainting.soft_knee import soft_knee
from statue_models.methods.method import Crop
from statue_models.pixels.samples import luma

#: Interocular distances: standard deviation of the blur that parts relief from form, and how near to the hole stone
#: speaks for it. Visible stone's relief was measured at this blur (docs/experiments.md); set by eye.
RELIEF, NEAR = 0.05, 0.5
BLACK = 0.03  #: samples 0..1, added before their logarithm is taken: below it a photograph shows noise; set by eye
ENOUGH = 200  #: pixels that must show stone; set by eye
LARGEST = 1.0  #: factor that is believed: visible stone has .2 to .6 (docs/experiments.md)
LEAST = 1e-3  #: a factor or a level that is no more than rounding
#: Robust standard deviations of the luma's relief beyond which an edge or a hole is left out; set by eye.
EDGE = 6.0
#: Of the factors: with all of them colour is further off than with .5 to .7 of them (``native``, docs/quality.md).
SHARE = 0.6
#: Shares of the visible stone that are darker than where lights bend, and than what they never reach: 5 % of a hole
#: outshone the latter, and .5 % of the truth (``native``, "What looked like metal" in docs/experiments.md).
LIGHTS = (0.8, 0.995)
STONE = 0.5  #: of ``Fill.stone``: from here on a pixel shows the head's own


class StoneLook:
    """How the stone near a hole looks.

    Args:
        crop: with landmarks.
        known: (S, S) bool, those of its pixels that the photograph shows; what closes cracks is not among them.
        stone: (S, S) as ``Fill.stone``.

    Attributes:
        factors: (3,) float32 change of log(channel / luma) per change of log luma where relief darkens. Where it
            lightens visible stone is paler, but fills are too pale already: they keep their hue. None where the
            photograph has no colour or shows too little stone.
        lights: luma from which lights bend, and that they never reach; None where it shows too little stone.
    """

    def __init__(self, crop: Crop, known: NDArray[np.bool_], stone: NDArray[np.float32]) -> None:
        interocular = crop.face.interocular
        self._reach = max(1.0, RELIEF * interocular)
        away = cv2.distanceTransform((~crop.hole).astype(np.uint8), cv2.DIST_L2, 5)
        visible = known & (stone > STONE) & (away > 1) & (away < NEAR * interocular)
        visible &= face_outline(crop.face.points, crop.hole.shape)
        self.factors: NDArray[np.float32] | None = None
        self.lights: tuple[float, float] | None = None
        if visible.sum() < ENOUGH:
            return
        factors = _fit_factors(*_relief_and_hue(crop.rgb, visible, self._reach), visible)
        if np.abs(factors).max() >= LEAST:
            self.factors = np.float32(SHARE) * factors
        start, end = np.quantile(luma(crop.rgb[visible]), LIGHTS)
        self.lights = float(start), float(end)

    def tint(
        self, rgb: NDArray[np.float32], hole: NDArray[np.bool_], stone: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(S, S, 3) a fill in [0, 1] whose own relief has the hue that visible relief has; its luma stays.

        Args:
            rgb: (S, S, 3) in [0, 1].
            hole: (S, S) bool, where it is to be.
            stone: (S, S) as ``Fill.stone``.
        """
        inside = hole & (stone > STONE)
        if self.factors is None or inside.sum() < ENOUGH:
            return rgb
        relief, hue = _relief_and_hue(rgb, inside, self._reach)
        lacking = self.factors - np.float32(SHARE) * _fit_factors(relief, hue, inside)
        share = np.clip((stone - STONE) / (1 - STONE), 0, 1)
        changed = rgb * np.exp(lacking * (np.minimum(relief, 0) * share)[..., None])
        changed *= (np.maximum(luma(rgb), 1e-3) / np.maximum(luma(changed), 1e-3))[..., None]
        return np.clip(np.where(inside[..., None], changed, rgb), 0, 1).astype(np.float32)

    def bend_lights(self, picture: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
        """(..., 3) a picture in [0, 1] whose lights bend towards those of visible stone; hue stays.

        Args:
            picture: (..., 3).
            share: (...) in [0, 1], how far they bend.
        """
        if self.lights is None:
            return picture
        start, end = self.lights
        level = luma(picture)
        excess = np.maximum(level - start, 0)
        left = soft_knee(excess, max(end - start, LEAST))
        factor = 1 + share * (left - excess) / np.maximum(level, LEAST)
        return np.asarray(picture * factor[..., None], np.float32)


def _relief_and_hue(
    rgb: NDArray[np.float32], where: NDArray[np.bool_], reach: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(S, S) log luma and (S, S, 3) log(channel / luma), each less its mean around; 0 elsewhere."""
    level = np.log(luma(rgb) + np.float32(BLACK))
    hue = np.log(rgb + np.float32(BLACK)) - level[..., None]
    both = np.where(where[..., None], np.concatenate([level[..., None], hue], 2), np.float32(0))
    both -= blur_within(both, where.astype(np.float32), reach)
    both *= where[..., None]
    return both[..., 0], both[..., 1:]


def _fit_factors(
    relief: NDArray[np.float32], hue: NDArray[np.float32], where: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """(3,) of hue by relief, by least squares; 0 without relief."""
    level = relief[where].astype(np.float64)
    plain = np.abs(level) <= EDGE * 1.4826 * np.median(np.abs(level))
    level = level[plain]
    energy = float(level @ level)
    if not energy:
        return np.zeros(3, np.float32)
    factors = level @ hue[where][plain].astype(np.float64) / energy
    return np.asarray(np.clip(factors, -LARGEST, LARGEST).astype(np.float32))
