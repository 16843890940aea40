"""Thin damage: cracks, pits, scratches, the letters of a watermark, closed at the photograph's own resolution.

What is thinner than anything that is carved on a face needs no face: light and form run on across it (biharmonic
continuation), with the grain of the stone beside it. Decided per connected hole, so that a crack beside a lost nose is
closed as a crack.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import Landmarks
from statue_models.inpainting.border import diffuse_steps
from statue_models.inpainting.border_range import keep_in_range
from statue_models.inpainting.interpolation import biharmonic
from statue_models.inpainting.local_means import blur_within, local_mean
from statue_models.inpainting.texture import Grain, add_log_luma, log_luma, measure_grain, synthesise_grain
from statue_models.pixels.bands import bands
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import luma, unit_samples
from statue_models.request import Hypothesis, RestorationRequest
from statue_models.restoring.compositing import Piece

# What is thin; set by eye.
#: Interocular distances: greatest width of thin damage.
WIDTH = 0.15
#: Without a face: greatest width, as a share of the photograph's shorter side. Faces that fill less than an eighth of
#: it are smaller than that. Set by eye.
WITHOUT_FACE = 0.012
#: What stands for the interocular distance without a face, in photograph's shorter sides. Set by eye.
USUAL = 0.15

# How it is closed.
#: Pixels: thin damage is closed in groups, neighbours of one tile of so many; for time.
TILE = 512
#: Interocular distances around a group whose grain it takes, and bounds in pixels; set by eye.
AROUND, LEAST_AROUND, MOST_AROUND = 0.4, 24, 256
#: Interocular distances: standard deviation of the blur that keeps grain out of what is continued (light 1.1 for 1.2 on
#: ``native``, docs/experiments.md).
CALM = 0.003
#: Grain's mean square, over that of the stone beside the damage: a continuation has less relief than it. Set by eye.
ROUGHER = 1.05
#: Pixels: interocular distance below which a photograph shows no grain that a continuation would lack; set by eye.
GRAINED = 96
#: Over the blur that parts grain from form: what of grain is no level (light 1.15 -> 1.12 on ``native``,
#: docs/experiments.md).
WIDER = 1.5
THIN_METHOD = "biharmonic continuation, with the grain of the stone beside it"


def thin_part(mask: NDArray[np.uint8], width: float) -> NDArray[np.bool_]:
    """(H, W) bool, the connected parts of a mask that are nowhere wider than ``width`` pixels.

    Args:
        mask: (H, W) uint8, > 0 = missing.
        width: pixels.
    """
    out = np.zeros(mask.shape, bool)
    box = Rectangle.of_mask(mask).expand(1, mask.shape)
    # The picture's edge is no border of the hole: what reaches it may be as wide again beyond.
    hole = cv2.copyMakeBorder((part_of(mask, box) > 0).view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    wide = cv2.distanceTransform(hole, cv2.DIST_L2, 5) > (width + 1) / 2
    count, labels = cv2.connectedComponents(hole, connectivity=8)
    is_thin = np.ones(count, bool)
    for band in bands(len(hole)):
        is_thin[np.asarray(labels)[band][wide[band]]] = False
    is_thin[0] = False  # what is not missing
    for band in bands(len(hole)):
        wide[band] = is_thin[np.asarray(labels)[band]]
    part_of(out, box)[...] = wide[1:-1, 1:-1]
    return out


def thin_width(request: RestorationRequest, landmarks: Landmarks | None) -> float:
    """Pixels up to which damage is thin."""
    if landmarks is None:
        return float(WITHOUT_FACE * min(request.mask.shape))
    return WIDTH * landmarks.interocular


def is_thin_without_face(request: RestorationRequest) -> bool:
    """Whether all damage is thin for any face that may be meant, so that none need be found."""
    if request.landmarks is not None or request.face is not None:
        return False
    return bool(thin_part(request.mask, thin_width(request, None))[request.mask > 0].all())


class ThinDamage:
    """Closes thin damage in one photograph.

    Args:
        image: (H, W, C) the photograph; samples where the mask is > 0 are not looked at.
        mask: (H, W) uint8, > 0 = missing.
        thin: (h, w) bool, the part of it that is to be closed; beyond these pixels nothing is.
        landmarks: of the face, or None.
        corner: (x, y) of the upper left pixel of ``thin`` in the photograph.
    """

    def __init__(
        self,
        image: Pixels,
        mask: NDArray[np.uint8],
        thin: NDArray[np.bool_],
        landmarks: Landmarks | None,
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        usual = USUAL * min(mask.shape)
        interocular = usual if landmarks is None else landmarks.interocular
        margin = int(np.clip(AROUND * interocular, LEAST_AROUND, MOST_AROUND))
        self._groups = [
            _Group.of(image, mask, members, margin, interocular) for members in _group_by_tile(thin, corner)
        ]

    def pieces(self, hypothesis: Hypothesis) -> list[Piece]:
        """The fill of one hypothesis."""
        return [
            Piece(group.rectangle, group.fill(np.random.default_rng([hypothesis.seed, number])), group.hole)
            for number, group in enumerate(self._groups)
        ]

    def close_in(self, image: Pixels) -> None:
        """Close the damage in a photograph (H, W, C), smoothly, so that a method sees none of it.

        The samples of an ``Overlay`` must hold the damage.
        """
        top = 1.0 if image.dtype == np.float32 else float(np.iinfo(image.dtype).max)
        for group in self._groups:
            own = group.box.relative_to(group.rectangle.corner)
            closed, hole = part_of(group.closed, own)[part_of(group.hole, own)], part_of(group.hole, own)
            values = closed if image.shape[2] >= 3 else luma(closed)[:, None]
            values = values * top if image.dtype == np.float32 else np.rint(values * top)
            part_of(image, group.box)[hole, : values.shape[1]] = values.astype(image.dtype)


class _Group:
    """Thin holes of one neighbourhood: their bounding box, and the rectangle that is worked on."""

    def __init__(
        self,
        box: Rectangle,
        rectangle: Rectangle,
        closed: NDArray[np.float32],
        hole: NDArray[np.bool_],
        grain: Grain | None,
    ) -> None:
        self.box, self.rectangle, self.closed, self.hole, self._grain = box, rectangle, closed, hole, grain

    @classmethod
    def of(
        cls,
        image: Pixels,
        mask: NDArray[np.uint8],
        members: tuple[Rectangle, NDArray[np.bool_]],
        margin: int,
        interocular: float,
    ) -> "_Group":
        box, own = members
        around = box.expand(margin, mask.shape)
        rgb = unit_samples(image, around)
        known = part_of(mask, around) == 0
        hole = np.zeros(known.shape, bool)
        hole[box.relative_to(around.corner).slices] = own
        calm = _smooth_known(rgb, known, hole, CALM * interocular)
        closed = biharmonic(calm, hole, known | hole).astype(np.float32)
        depth = np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
        ring = (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & known
        diffuse_steps(closed, rgb[ring] - calm[ring], ring, hole, depth)
        keep_in_range(closed, hole, rgb, known)
        closed = np.where(hole[..., None], np.clip(closed, 0, 1), rgb)
        grain = None
        if interocular >= GRAINED:
            near = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
            grain = measure_grain(log_luma(luma(rgb)), known, known & (near > 1) & (near <= margin), interocular)
        return cls(box, around, closed, hole, grain)

    def fill(self, generator: np.random.Generator) -> NDArray[np.float32]:
        if self._grain is None:
            return self.closed
        added = synthesise_grain(self._grain, log_luma(luma(self.closed)), self.hole, generator, ROUGHER)
        # A narrow hole shows parts of windows, whose mean is not 0: the continuation knows better how light it is.
        added -= local_mean(added, self.hole, WIDER * self._grain.reach) * self.hole
        return add_log_luma(self.closed, added)


def _smooth_known(
    rgb: NDArray[np.float32], known: NDArray[np.bool_], hole: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """(H, W, 3) without its grain near the hole: a continuation of slopes would make a form of it."""
    smooth = blur_within(rgb, known.astype(np.float32), reach)
    return np.where(known[..., None], smooth, rgb)


def _group_by_tile(thin: NDArray[np.bool_], corner: tuple[int, int]) -> list[tuple[Rectangle, NDArray[np.bool_]]]:
    """(rectangle, (h, w) bool) of the holes whose middles lie in one tile of the photograph, tiles row by row."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(thin.view(np.uint8), connectivity=8)
    tiles: dict[tuple[int, int], list[int]] = {}
    for number in range(1, count):
        middle = (centres[number] + corner) // TILE
        tiles.setdefault((int(middle[1]), int(middle[0])), []).append(number)
    groups = []
    for _, members in sorted(tiles.items()):
        boxes = stats[members]
        x, y = int(boxes[:, cv2.CC_STAT_LEFT].min()), int(boxes[:, cv2.CC_STAT_TOP].min())
        right = int((boxes[:, cv2.CC_STAT_LEFT] + boxes[:, cv2.CC_STAT_WIDTH]).max())
        low = int((boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT]).max())
        part = np.isin(labels[y:low, x:right], members)
        groups.append((Rectangle.between(x, y, right, low).move(*corner), part))
    return groups
