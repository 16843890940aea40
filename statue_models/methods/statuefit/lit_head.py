"""The fitted head with the photograph's light on it, carved, worn and painted as statues are."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import face_outline
from statue_models.head.appearance import Appearance, ConditionalAppearance, render_map, unwrap_crop
from statue_models.head.light import Light, fit_light, light_basis
from statue_models.head.raster import HeadImage
from statue_models.inpainting.interpolation import membrane
from statue_models.inpainting.soft_knee import soft_knee
from statue_models.methods.method import Crop
from statue_models.methods.statuefit.closed_crop import ClosedCrop
from statue_models.methods.statuefit.colour import StoneColour, fit_stone_colour, log_luminance
from statue_models.methods.statuefit.mirror import MirrorDetail, mirror_detail
from statue_models.methods.statuefit.paint import estimate_paint
from statue_models.methods.statuefit.skin import WHOLE, estimate_matte, shade_hollows
from statue_models.pixels.regions import dilate

MINIMUM_STONE = 150  #: visible face pixels that a light can be learnt from; set by eye
#: Times that the light is fitted again on the photograph without its carving: three are no better on ``check``
#: (docs/experiments.md, "Appearance").
REFITS = 2
#: Share of the visible face that is darker, and that is brighter, than the bare head may be anywhere: what a light that
#: was fitted to it says of other slopes is a guess. With it, and darker nostrils, noses gained .13 dB on ``check``; the
#: value set by eye.
EXTREME = 0.01
#: Share of the visible face that is darker than where lights begin to bend (``native``: .7 and .9 were tried, too,
#: docs/experiments.md).
BRIGHT = 0.8
LEAST_ROOM = 1e-6  #: natural logarithm: keeps the division finite where all stone is as bright
HOLLOW_EDGE = 0.008  #: of the crop's side, over which a hollow darkens; set by eye


@dataclass(frozen=True, eq=False)
class LitHead:
    """A fitted head as a crop's camera sees it, lit and carved.

    Attributes:
        image: the bare head.
        face: (S, S) bool, inside the outline of the face.
        light: as it falls on the bare head.
        bare: (S, S) float64 natural logarithm of the bare head's linear luminance.
        carving: (S, S) float64 what carving and wear add to it.
        posterior: what the visible stone says of all carving, or None where it says nothing.
        mirror: detail of the other half.
        colour: of the stone.
        paint: (S, S, 3) float64, what paint adds to the stone's hue.
        hollow: (S, S) float32, how much darker it gets (logarithm) between parted lips and in nostrils; 0 elsewhere.
        matte: (S, S) float32 in [0, 1], how far the head itself is to be seen: a soft edge at the hairline.
        lights: natural logarithms of the luminances from which lights bend, and that they never reach.
    """

    image: HeadImage
    face: NDArray[np.bool_]
    light: Light
    bare: NDArray[np.float64]
    carving: NDArray[np.float64]
    posterior: ConditionalAppearance | None
    mirror: MirrorDetail
    colour: StoneColour
    paint: NDArray[np.float64]
    hollow: NDArray[np.float32]
    matte: NDArray[np.float32]
    lights: tuple[float, float]

    def render(self) -> NDArray[np.float64]:
        """(S, S, 3) sRGB-encoded."""
        level = self._bend_lights(self.bare + self.carving + self.mirror.log_detail)
        hollow = self.hollow > 0
        if hollow.any():
            # The light was learnt on the face's outside: what it says of hollows is wrong, and too bright.
            depth = cv2.distanceTransform(hollow.astype(np.uint8), cv2.DIST_L2, 5)
            level = membrane(level, hollow) - self.hollow * (1 - np.exp(-depth / max(1.0, HOLLOW_EDGE * len(hollow))))
        return self.colour.encode(level, self.paint)

    def log_ratio(self, closed: ClosedCrop) -> NDArray[np.float64]:
        """(S, S) log(photograph / lit bare head): what carving and wear have to explain."""
        return log_luminance(closed.linear) - self.bare

    def _bend_lights(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        """Luminances (logarithm) that bend towards the brightest visible stone's."""
        start, end = self.lights
        return np.asarray(
            np.minimum(level, start + soft_knee(np.maximum(level - start, 0), max(end - start, LEAST_ROOM)))
        )


def light_up(
    crop: Crop, closed: ClosedCrop, image: HeadImage, appearance: Appearance, generator: np.random.Generator | None
) -> LitHead | None:
    """The head in the photograph's light; None where too little of the face is visible to learn it from.

    Args:
        crop: with landmarks.
        closed: of the crop.
        image: the bare head.
        appearance: what statues look like beyond it.
        generator: of a draw of the carving; None for the likeliest.
    """
    face = (image.coverage > WHOLE) & face_outline(crop.face.points, crop.hole.shape)
    free = crop.known & ~dilate(crop.hole, 1)
    stone = face & free
    if stone.sum() < MINIMUM_STONE:
        return None
    light, bare, posterior = _part_light_from_carving(crop, closed, image, appearance, stone, free)
    bare = np.clip(bare, *np.quantile(bare[stone], (EXTREME, 1 - EXTREME)))
    level = log_luminance(closed.linear)
    mean = carving = np.zeros(level.shape)
    if posterior is not None:
        mean = carving = render_map(posterior.mean_map(), appearance.learnt, image)
        if generator is not None:
            carving = render_map(posterior.sample_map(generator), appearance.learnt, image)
    ratio = level - bare - mean
    hollow = shade_hollows(image, crop.face.points, closed.interocular)
    mirror = mirror_detail(image, ratio, free, crop.hole, closed.depth)
    colour = fit_stone_colour(closed.linear, stone, crop.hole, closed.interocular)
    start, end = np.quantile(level[stone], (BRIGHT, 1 - EXTREME))
    return LitHead(
        image,
        face,
        light,
        bare,
        carving,
        posterior,
        mirror,
        colour,
        estimate_paint(image, closed.linear, colour, face, free, closed.interocular),
        hollow,
        estimate_matte(image, ratio, free, mirror, hollow > 0),
        (float(start), float(end)),
    )


def _part_light_from_carving(
    crop: Crop,
    closed: ClosedCrop,
    image: HeadImage,
    appearance: Appearance,
    stone: NDArray[np.bool_],
    free: NDArray[np.bool_],
) -> tuple[Light, NDArray[np.float64], ConditionalAppearance | None]:
    """The light, (S, S) log luminance of the bare head in it, and what the visible stone says of the carving.

    What is carved is not the light's: dark lids would turn it to come from below. So both are fitted in turn.
    """
    basis = light_basis(image.normal, image.openness)
    level, uncarved = log_luminance(closed.linear), closed.linear
    for _ in range(1 + REFITS):
        light = fit_light(basis, uncarved, stone, crop.hole, closed.interocular)
        bare = np.log(light.intensity(basis))
        posterior = appearance.condition_on(unwrap_crop(image, level - bare, free))
        if posterior is None:
            break
        uncarved = closed.linear / np.exp(render_map(posterior.mean_map(), appearance.learnt, image))[..., None]
    return light, bare, posterior
