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
from statue_models.methods.method import Crop
from statue_models.methods.statuefit.colour import StoneColour, log_luminance, stone_colour
from statue_models.methods.statuefit.ground import Ground, widened
from statue_models.methods.statuefit.mirror import MirroredDetail, mirrored_detail
from statue_models.methods.statuefit.paint import paint_of
from statue_models.methods.statuefit.skin import WHOLE, hollows, skin_shown

MINIMUM_STONE = 150  # visible face pixels that a light can be learnt from
#: Times that the light is fitted again on the photograph without its carving.
REFITS = 2
#: Share of the visible face that is darker, and that is brighter, than the bare head may be anywhere: what a light that
#: was fitted to it says of other slopes is a guess.
EXTREME = 0.01
#: Share of the visible face that is darker than where lights are held back.
BRIGHT = 0.8
GAP_EDGE = 0.008  # of the crop's side, over which a hollow darkens


@dataclass(frozen=True, eq=False)
class LitHead:
    """A fitted head as a crop's camera sees it, lit and carved.

    Attributes:
        image: the bare head.
        face: (S, S) bool, inside the outline of the face.
        light: as it falls on the bare head.
        bare: (S, S) float64 natural logarithm of the bare head's linear luminance.
        carved: (S, S) float64 what carving and wear add to it.
        given: what is known of the carving beyond that, or None.
        mirrored: detail of the other half.
        colour: of the stone.
        paint: (S, S, 3) float64, what paint adds to the stone's hue.
        gap: (S, S) float32, how much darker it gets (logarithm) between parted lips and in nostrils; 0 elsewhere.
        shown: (S, S) float32 in [0, 1], how far the head itself is to be seen: a soft edge at the hairline.
        lights: natural logarithms of the luminances from which lights are held back, and that they never reach.
    """

    image: HeadImage
    face: NDArray[np.bool_]
    light: Light
    bare: NDArray[np.float64]
    carved: NDArray[np.float64]
    given: ConditionalAppearance | None
    mirrored: MirroredDetail
    colour: StoneColour
    paint: NDArray[np.float64]
    gap: NDArray[np.float32]
    shown: NDArray[np.float32]
    lights: tuple[float, float]

    def painted(self) -> NDArray[np.float64]:
        """(S, S, 3) sRGB-encoded."""
        level = self._held_back(self.bare + self.carved + self.mirrored.log_detail)
        gap = self.gap > 0
        if gap.any():
            # The light was learnt on the face's outside: what it says of hollows is wrong, and too bright.
            depth = cv2.distanceTransform(gap.astype(np.uint8), cv2.DIST_L2, 5)
            level = membrane(level, gap) - self.gap * (1 - np.exp(-depth / max(1.0, GAP_EDGE * len(gap))))
        return self.colour.encoded(level, self.paint)

    def log_ratio(self, ground: Ground) -> NDArray[np.float64]:
        """(S, S) log(photograph / lit bare head): what carving and wear have to explain."""
        return log_luminance(ground.linear) - self.bare

    def _held_back(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        """Luminances that bend towards the brightest visible stone's: cut off there, they would look like metal."""
        start, end = self.lights
        room = max(end - start, 1e-6)
        return np.minimum(level, start + room * np.tanh(np.maximum(level - start, 0) / room))


def light_up(
    crop: Crop, ground: Ground, image: HeadImage, appearance: Appearance, generator: np.random.Generator | None
) -> LitHead | None:
    """The head in the photograph's light; None where too little of the face is visible to learn it from.

    Args:
        crop: with landmarks.
        ground: of the crop.
        image: the bare head.
        appearance: what statues look like beyond it.
        generator: of a draw of the carving; None for the likeliest.
    """
    assert crop.landmarks is not None
    face = (image.coverage > WHOLE) & face_outline(crop.landmarks, crop.hole.shape)
    free = crop.known & ~widened(crop.hole, 1)
    stone = face & free
    if stone.sum() < MINIMUM_STONE:
        return None
    basis = light_basis(image.normal, image.openness)
    level = log_luminance(ground.linear)
    uncarved, likeliest = ground.linear, np.zeros(level.shape)
    for _ in range(1 + REFITS):
        light = fit_light(basis, uncarved, stone, crop.hole, ground.interocular)
        bare = np.log(light.intensity(basis))
        given = appearance.condition_on(unwrap_crop(image, level - bare, free))
        if given is None:
            break
        # What is carved is not the light's: dark lids would turn it to come from below.
        likeliest = render_map(given.mean_map(), appearance.learnt, image)
        uncarved = ground.linear / np.exp(likeliest)[..., None]
    bare = np.clip(bare, *np.quantile(bare[stone], (EXTREME, 1 - EXTREME)))
    ratio = level - bare - likeliest
    carved = likeliest
    if given is not None and generator is not None:
        carved = render_map(given.sample_map(generator), appearance.learnt, image)
    gap = hollows(image, crop.landmarks, ground.interocular)
    mirrored = mirrored_detail(image, ratio, free, crop.hole, ground.depth)
    colour = stone_colour(ground.linear, stone, crop.hole, ground.interocular)
    start, end = np.quantile(level[stone], (BRIGHT, 1 - EXTREME))
    return LitHead(
        image,
        face,
        light,
        bare,
        carved,
        given,
        mirrored,
        colour,
        paint_of(image, ground.linear, colour, face, free, ground.interocular),
        gap,
        skin_shown(image, ratio, free, mirrored, gap > 0),
        (float(start), float(end)),
    )
