"""Thin damage: cracks, pits, scratches, the letters of a watermark, closed at the photograph's own resolution.

What is thinner than anything that is carved on a face needs no face: light and form run on across it (biharmonic
continuation), with the grain of the stone beside it. Decided per connected hole, so that a crack beside a lost nose is
closed as a crack.
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import Landmarks
from statue_models.inpainting.border import diffuse_steps
from statue_models.inpainting.border_range import keep_in_range
from statue_models.inpainting.interpolation import biharmonic
from statue_models.inpainting.local_means import blur_within, local_mean
from statue_models.inpainting.texture import Grain, add_log_luma, log_luma, measure_grain, synthesise_grain
from statue_models.pixels.atlas import Atlas
from statue_models.pixels.bands import bands
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.regions import dilate
from statue_models.pixels.samples import as_unit, luma, unit_samples
from statue_models.pixels.white import full_white
from statue_models.request import Hypothesis
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
#: Pixels: thin damage is closed in groups, neighbours of one tile of so many, counted from its own box; for time.
TILE = 1024
#: Pixels beside a hole that are cut out with it, at least, and over what its depth and the blur need. Chosen.
BESIDE = 8
#: Interocular distances around a group whose grain it takes, and bounds in pixels; set by eye.
AROUND, LEAST_AROUND, MOST_AROUND = 0.4, 24, 256
#: Pixels: side of the part of a group's surroundings in which grain is measured, at most; for time.
LARGEST_AROUND = 320
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


def thin_width(shape: tuple[int, ...], landmarks: Landmarks | None) -> float:
    """Pixels up to which damage is thin in a photograph (H, W, ...)."""
    if landmarks is None:
        return float(WITHOUT_FACE * min(shape[:2]))
    return WIDTH * landmarks.interocular


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
        mask: Pixels,
        thin: NDArray[np.bool_],
        landmarks: Landmarks | None,
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        usual = USUAL * min(mask.shape)
        interocular = usual if landmarks is None else landmarks.interocular
        self._groups = [_Group(image, mask, members, interocular) for members in _group_by_tile(thin, corner)]

    def pieces(self, hypothesis: Hypothesis) -> list[Piece]:
        """The fill of one hypothesis."""
        return [
            piece
            for number, group in enumerate(self._groups)
            for piece in group.pieces(np.random.default_rng([hypothesis.seed, number]))
        ]

    def close_in(self, image: Pixels) -> None:
        """Close the damage in a photograph (H, W, C), smoothly, so that a method sees none of it.

        The samples of an ``Overlay`` must hold the damage.
        """
        top = full_white(image.dtype)
        for group in self._groups:
            for piece in group.pieces(None):
                values = piece.picture[piece.where]
                values = values if image.shape[2] >= 3 else luma(values)[:, None]
                values = values * top if image.dtype == np.float32 else np.rint(values * top)
                part_of(image, piece.rectangle)[piece.where, : values.shape[1]] = values.astype(image.dtype)


class _Group:
    """Thin holes of one neighbourhood, each cut out with what is beside it.

    Args:
        image, mask: of the photograph.
        holes: per connected hole its box in the photograph and (h, w) which pixels are its own.
        interocular: of the face in pixels, or what stands for it.
    """

    def __init__(self, image: Pixels, mask: Pixels, holes: Sequence["_Thin"], interocular: float) -> None:
        beside = BESIDE + int(2 * max(hole.depth for hole in holes) + 4 * CALM * interocular)
        self._atlas = Atlas([hole.box.expand(beside, mask.shape) for hole in holes])
        self._hole = np.zeros(self._atlas.shape, bool)
        for hole, there, here in zip(holes, self._atlas.rectangles, self._atlas.places, strict=True):
            own = hole.box.relative_to(there.corner).move(*here.corner)
            part_of(self._hole, own)[...] = hole.where
        rgb = as_unit(self._atlas.gather(image))
        known = self._atlas.gather(mask, 1) == 0
        calm = _smooth_known(rgb, known, self._hole, CALM * interocular)
        closed = biharmonic(calm, self._hole, known | self._hole).astype(np.float32)
        depth = np.asarray(cv2.distanceTransform(self._hole.view(np.uint8), cv2.DIST_L2, 5), np.float32)
        ring = dilate(self._hole, 1) & known
        diffuse_steps(closed, rgb[ring] - calm[ring], ring, self._hole, depth)
        keep_in_range(closed, self._hole, rgb, known)
        self._closed = np.where(self._hole[..., None], np.clip(closed, 0, 1), rgb)
        self._grain = _grain_beside(image, mask, holes, interocular) if interocular >= GRAINED else None

    def pieces(self, generator: np.random.Generator | None) -> list[Piece]:
        """What closes each hole, with grain where a generator draws it."""
        picture = self._closed
        if self._grain is not None and generator is not None:
            added = synthesise_grain(self._grain, log_luma(luma(picture)), self._hole, generator, ROUGHER)
            # A narrow hole shows parts of windows, whose mean is not 0: the continuation knows better how light it is.
            added -= local_mean(added, self._hole, WIDER * self._grain.reach) * self._hole
            picture = np.clip(add_log_luma(picture, added), 0, 1)
        return [
            Piece(there, part_of(picture, here), part_of(self._hole, here))
            for there, here in zip(self._atlas.rectangles, self._atlas.places, strict=True)
        ]


class _Thin(NamedTuple):
    """A connected thin hole: its box in the photograph, (h, w) which pixels are its own, and how deep it is."""

    box: Rectangle
    where: NDArray[np.bool_]
    depth: float

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of its pixels' mean."""
        rows, columns = np.nonzero(self.where)
        return self.box.x + float(columns.mean()), self.box.y + float(rows.mean())


def _grain_beside(image: Pixels, mask: Pixels, holes: Sequence[_Thin], interocular: float) -> Grain | None:
    """The grain of the stone beside holes, measured around the one in the middle of them."""
    boxes = [hole.box for hole in holes]
    whole, margin = reduce(Rectangle.unite, boxes), int(np.clip(AROUND * interocular, LEAST_AROUND, MOST_AROUND))
    around = whole.expand(margin, mask.shape)
    if max(around.shape) > LARGEST_AROUND:
        x, y = whole.x + whole.width / 2, whole.y + whole.height / 2
        middle = min(holes, key=lambda hole: math.hypot(hole.centre[0] - x, hole.centre[1] - y))
        cx, cy = (int(value) for value in middle.centre)
        half = Rectangle(cx, cy, 1, 1).expand(LARGEST_AROUND // 2, mask.shape)
        around = around.intersect(half)
    known = part_of(mask, around) == 0
    missing = np.zeros(known.shape, np.uint8)
    for hole in holes:
        shared = hole.box.intersect(around)
        if 0 not in shared.shape:
            own = part_of(hole.where, shared.relative_to(hole.box.corner))
            part_of(missing, shared.relative_to(around.corner))[own] = 1
    near = cv2.distanceTransform(1 - missing, cv2.DIST_L2, 5)
    beside = known & (near > 1) & (near <= margin)
    return measure_grain(log_luma(luma(unit_samples(image, around))), known, beside, interocular)


def _smooth_known(
    rgb: NDArray[np.float32], known: NDArray[np.bool_], hole: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """(H, W, 3) without its grain near the hole: a continuation of slopes would make a form of it."""
    smooth = blur_within(rgb, known.astype(np.float32), reach)
    return np.where(known[..., None], smooth, rgb)


def _group_by_tile(thin: NDArray[np.bool_], corner: tuple[int, int]) -> list[list[_Thin]]:
    """The connected holes whose middles lie in one tile, counted from their common box, tiles row by row."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(thin.view(np.uint8), connectivity=8)
    first = Rectangle.of_mask(thin).corner
    tiles: dict[tuple[int, int], list[_Thin]] = {}
    for number in range(1, count):
        box = Rectangle(*(int(value) for value in stats[number, :4]))
        where = part_of(np.asarray(labels), box) == number
        framed = cv2.copyMakeBorder(where.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        depth = float(cv2.distanceTransform(framed, cv2.DIST_L2, 5).max())
        column, row = (centres[number] - first) // TILE
        tiles.setdefault((int(row), int(column)), []).append(_Thin(box.move(*corner), where, depth))
    return [members for _, members in sorted(tiles.items())]
