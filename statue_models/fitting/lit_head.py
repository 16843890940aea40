"""The fitted head with the photograph's light on it, carved and worn as statues are."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from statue_models.fitting.appearance import Appearance, GivenAppearance, on_crop, seen_map
from statue_models.fitting.colour import StoneColour, log_luminance, stone_colour
from statue_models.fitting.ground import Ground, widened
from statue_models.fitting.interpolation import blurred_within, membrane
from statue_models.fitting.light import Light, fit_light, light_basis
from statue_models.fitting.mirror import MirroredDetail, mirrored_detail
from statue_models.fitting.raster import HeadImage
from statue_models.restoring.landmarks68 import MOUTH, face_outline
from statue_models.restoring.method import Crop

MINIMUM_STONE = 150  # visible face pixels that a light can be learnt from
#: Skin on the mean head in cm: the front of the head below the hairline, and the neck.
FRONT, HAIRLINE, NECK = 3.0, 7.5, -4.0
CHIN_FRONT, CHIN_END = 5.0, -7.5  # cm: the chin lies before one and above the other
NECK_OFF = 1.4  # median of |log(photograph / lit neck)| from which on it shows something else
WHOLE = 0.99  # coverage: less is the head's edge
LIPS = 9.5  # cm: the mouth's hollow lies behind the lips
HIDDEN = 0.3  # openness: less is a hollow's
NOSTRILS = slice(30, 36)  # landmarks: the tip and what lies under it
AROUND_FEATURE = 0.08  # interocular distances around its landmarks
#: How much darker it gets between a mouth's lips and in nostrils (logarithm), and over what share of the crop's side.
PARTED, DRILLED, GAP_EDGE = 0.35, 0.8, 0.008
SURE = 0.3  # confidence of mirrored detail that stands even where the head shows no skin
SKIN_EDGE = 0.023  # of the crop's side: softness of the edge between the head and what grows beside it
#: Times that the light is fitted again on the photograph without its carving.
REFITS = 2
#: Share of the visible face that is darker, and that is brighter, than the bare head may be anywhere: what a light that
#: was fitted to it says of other slopes is a guess.
EXTREME = 0.01


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
        gap: (S, S) float32, how much darker it gets (logarithm) between parted lips and in nostrils; 0 elsewhere.
        shown: (S, S) float32 in [0, 1], how far the head itself is to be seen: a soft edge at the hairline.
        brightest: natural logarithm of the luminance that hardly any visible stone exceeds.
    """

    image: HeadImage
    face: NDArray[np.bool_]
    light: Light
    bare: NDArray[np.float64]
    carved: NDArray[np.float64]
    given: GivenAppearance | None
    mirrored: MirroredDetail
    colour: StoneColour
    gap: NDArray[np.float32]
    shown: NDArray[np.float32]
    brightest: float

    def painted(self) -> NDArray[np.float64]:
        """(S, S, 3) sRGB-encoded."""
        level = np.minimum(self.bare + self.carved + self.mirrored.log_detail, self.brightest)
        gap = self.gap > 0
        if gap.any():
            # The light was learnt on the face's outside: what it says of hollows is wrong, and too bright.
            depth = cv2.distanceTransform(gap.astype(np.uint8), cv2.DIST_L2, 5)
            level = membrane(level, gap) - self.gap * (1 - np.exp(-depth / max(1.0, GAP_EDGE * len(gap))))
        return self.colour.encoded(level)

    def log_ratio(self, ground: Ground) -> NDArray[np.float64]:
        """(S, S) log(photograph / lit bare head): what carving and wear have to explain."""
        return log_luminance(ground.linear) - self.bare


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
    if (face & free).sum() < MINIMUM_STONE:
        return None
    basis = light_basis(image.normal, image.openness)
    level = log_luminance(ground.linear)
    uncarved, likeliest = ground.linear, np.zeros(level.shape)
    for _ in range(1 + REFITS):
        light = fit_light(basis, uncarved, face & free, crop.hole, ground.interocular)
        bare = np.log(light.intensity(basis))
        given = appearance.given(seen_map(image, level - bare, free))
        if given is None:
            break
        # What is carved is not the light's: dark lids would turn it to come from below.
        likeliest = on_crop(given.likeliest(), appearance.learnt, image)
        uncarved = ground.linear / np.exp(likeliest)[..., None]
    bare = np.clip(bare, *np.quantile(bare[face & free], (EXTREME, 1 - EXTREME)))
    ratio = level - bare - likeliest
    carved = likeliest
    if given is not None and generator is not None:
        carved = on_crop(given.drawn(generator), appearance.learnt, image)
    gap = _gaps(image, crop.landmarks, ground.interocular)
    neck = _neck_is_there(image, ratio, free)
    mirrored = mirrored_detail(image, ratio, free, crop.hole, ground.depth)
    return LitHead(
        image,
        face,
        light,
        bare,
        carved,
        given,
        mirrored,
        stone_colour(ground.linear, face & free, crop.hole, ground.interocular),
        gap,
        _shown(image, mirrored, gap, neck),
        float(np.quantile(level[face & free], 1 - EXTREME)),
    )


def _gaps(image: HeadImage, points: NDArray[np.float64], interocular: float) -> NDArray[np.float32]:
    """(S, S) ``LitHead.gap``, with the edges of hollows, which belong to neither side."""
    out = np.zeros(image.coverage.shape, np.float32)
    # Statues' mouths are a line or a shallow cut, no hollow with a throat.
    mouth = (image.coverage < WHOLE) | (image.rest[..., 2] < LIPS)
    nostrils = (image.coverage > WHOLE) & (image.openness < HIDDEN)
    y, x = np.mgrid[: len(out), : len(out)] + 0.5
    for hollow, feature, darker in ((mouth, MOUTH, PARTED), (nostrils, NOSTRILS, DRILLED)):
        low, high = points[feature].min(0), points[feature].max(0)
        low, high = low - AROUND_FEATURE * interocular, high + AROUND_FEATURE * interocular
        there = hollow & (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
        if there.any():
            out[widened(ndimage.binary_fill_holes(there), 1)] = darker
    return out


def _on_neck(image: HeadImage) -> NDArray[np.bool_]:
    """(S, S) the neck and what is under it, without chin and jaw."""
    height, front = image.rest[..., 1], image.rest[..., 2]
    return (height < NECK) & (front < CHIN_FRONT) | (height < CHIN_END)


def _neck_is_there(image: HeadImage, ratio: NDArray[np.float64], free: NDArray[np.bool_]) -> bool:
    """Whether what is visible where a neck would be looks like one: broken heads stand on pins, before walls."""
    beside = (image.coverage > WHOLE) & _on_neck(image) & free
    return beside.sum() < MINIMUM_STONE or float(np.median(np.abs(ratio[beside]))) < NECK_OFF


def _shown(image: HeadImage, mirrored: MirroredDetail, gap: NDArray[np.float32], neck: bool) -> NDArray[np.float32]:
    height, front = image.rest[..., 1], image.rest[..., 2]
    covered = np.where(gap > 0, 1, image.coverage).astype(np.float32)
    skin = (gap > 0) | (covered > WHOLE) & (((front > FRONT) & (height < HAIRLINE)) | (height < NECK))
    if not neck:
        skin &= ~_on_neck(image)
    region = (skin | (mirrored.confidence > SURE)).astype(np.float32)
    soft = blurred_within(region, covered, SKIN_EDGE * len(region))
    return (np.clip(soft * 2 - 1, 0, 1) * covered).astype(np.float32)
