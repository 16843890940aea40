"""From a photograph that is looked at to fills at its own resolution.

Thin damage is closed first; then a method restores the rest, and the finish brings its fills into the photograph.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.method import Answer, Crop
from statue_models.notes import Note
from statue_models.phases import Phase
from statue_models.pixels.overlay import Overlay, Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, Progress, no_progress, part_of_progress
from statue_models.restoring.compositing import Piece
from statue_models.restoring.cracks import THIN_METHOD, ThinDamage, thin_part, thin_width
from statue_models.restoring.cropping import crop_of, fill_nearest, pixels_in_frame
from statue_models.restoring.finish import LOOKED_AT, Finish
from statue_models.restoring.holes import Hole
from statue_models.restoring.masks import RIMS, find_leftover_rim, grow
from statue_models.restoring.sight import Sight

#: Progress when a method has restored the crop; the rest is the finish. A share; chosen.
RESTORED = 0.8
#: A method with its options: a crop and hypotheses in, fills out.
Restore = Callable[[Crop, Sequence[Hypothesis], Progress], Answer]


@dataclass(eq=False)
class Filling:
    """All hypotheses for one hole.

    Attributes:
        rectangle: the hole's bounding box.
        pieces: per hypothesis, what is to be laid over the photograph.
        uncertainty: (h, w) float32 over the rectangle, standard deviation of the grey level (0..1); None
            where the method gives none.
        sight: what the method saw; None where nothing was left for it.
        facts: JSON-ready, of the method's work, for the record.
        notes: for the user.
    """

    rectangle: Rectangle
    pieces: list[list[Piece]]
    uncertainty: NDArray[np.float32] | None = None
    sight: Sight | None = None
    facts: dict[str, object] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Damage:
    """A hole of a photograph, and what of it is still to be filled.

    Masks are changed in a window alone: a copy of a whole one is as large as a third of the photograph.

    Attributes:
        photograph: with the nearest visible sample, or what closes thin damage, wherever something is missing that
            will be looked at.
        mask: (H, W) uint8, > 0 = missing, here or in another hole.
        hole: the one that is filled.
        window: around it.
        unfilled: (h, w) uint8 over the window, > 0 = still to be filled.
        rim: width in pixels of damage that the mask has left over, which ``unfilled`` holds as well.
    """

    photograph: Pixels
    mask: Pixels
    hole: Hole
    window: Rectangle
    unfilled: NDArray[np.uint8]
    rim: int = 0

    @classmethod
    def of(cls, image: NDArray[Any], mask: Pixels, hole: Hole) -> "_Damage":
        window = hole.rectangle.expand(RIMS[-1] + 2, mask.shape)
        return cls(image, mask, hole, window, hole.mask_over(window))

    @property
    def rectangle(self) -> Rectangle:
        """Of the photograph, the bounding box of what is still to be filled."""
        return Rectangle.of_mask(self.unfilled).move(*self.window.corner)

    @property
    def unfilled_mask(self) -> Overlay:
        """(H, W) uint8, > 0 = still to be filled."""
        return Overlay(np.broadcast_to(np.uint8(0), self.mask.shape), self.window, self.unfilled)

    @property
    def missing(self) -> Pixels:
        """(H, W) uint8, > 0 = missing or left over, whoever fills it."""
        if not self.rim:
            return self.mask
        return Overlay(self.mask, self.window, np.maximum(part_of(self.mask, self.window), self.unfilled))

    def elsewhere(self, seen: Rectangle) -> Pixels | None:
        """(H, W) uint8, right in a rectangle: > 0 = missing in other holes; None where nothing is."""
        others = part_of(self.mask, seen).copy()
        shared = seen.intersect(self.hole.rectangle)
        own = part_of(self.hole.where, shared.relative_to(self.hole.rectangle.corner))
        part_of(others, shared.relative_to(seen.corner))[own] = 0
        return Overlay(self.mask, seen, others) if others.any() else None


def fill_hole(
    image: NDArray[Any],
    mask: Pixels,
    hole: Hole,
    sight: Sight,
    restore: Restore,
    hypotheses: Sequence[Hypothesis],
    thin_apart: bool,
    beyond: tuple[str, Restore] | None = None,
    progress: Progress = no_progress,
) -> Filling:
    """Fill one hole of a photograph.

    What is missing elsewhere shows nothing, where it is in sight; else it is no matter.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing, here or elsewhere.
        hole: of it.
        sight: where its face is, or its surroundings.
        restore: fills a crop with what is not thin.
        hypotheses: which are wanted.
        thin_apart: close thin damage on its own; else everything is the method's.
        beyond: name and what fills what the frame does not show; None leaves it to ``restore``.
        progress: called from 0 to 1.
    """
    damage = _Damage.of(image, mask, hole)
    filling = Filling(hole.rectangle, [[] for _ in hypotheses])
    thin = np.zeros(damage.unfilled.shape, bool)
    if thin_apart:
        thin = thin_part(damage.unfilled, thin_width(mask.shape, sight.landmarks))
    is_left = bool((damage.unfilled[~thin]).any())
    if is_left or image.shape[2] in (2, 4):
        seen = sight.widen_to(hole.rectangle).seen(mask.shape)
        around = hole.rectangle.expand(LOOKED_AT, mask.shape)
        damage = replace(damage, photograph=fill_nearest(image, mask, seen.unite(around)))
    if thin.any():
        damage = _close_thin_damage(damage, thin, sight.landmarks, hypotheses, filling)
    if is_left:
        _fill_rest(damage, sight, restore, hypotheses, beyond, progress, filling)
    return filling


def _close_thin_damage(
    damage: _Damage,
    thin: NDArray[np.bool_],
    landmarks: Landmarks | None,
    hypotheses: Sequence[Hypothesis],
    filling: Filling,
) -> _Damage:
    """Fill cracks and pits; what is left."""
    closed = ThinDamage(damage.photograph, damage.mask, thin, landmarks, damage.window.corner)
    filling.pieces = [closed.pieces(hypothesis) for hypothesis in hypotheses]
    if isinstance(damage.photograph, Overlay):
        closed.close_in(damage.photograph)
    filling.facts["thin"] = {"pixels": int(thin.sum()), "method": THIN_METHOD}
    return replace(damage, unfilled=np.where(thin, np.uint8(0), damage.unfilled))


def _take_leftover_rim(damage: _Damage, landmarks: Landmarks | None, filling: Filling) -> _Damage:
    """What a mask has left over tells nothing of the stone: the fill is made as if it were missing, too."""
    if landmarks is None:
        return damage
    rim, sure = find_leftover_rim(
        damage.photograph, damage.mask, damage.unfilled_mask, damage.rectangle, landmarks.interocular
    )
    if not rim:
        return damage
    filling.notes.append(Note.of("rim-differs", width=rim, grow=rim + 1))
    if not sure:
        return damage
    return replace(damage, unfilled=grow(damage.unfilled, rim + 1), rim=rim)


def _fill_rest(
    wanted: _Damage,
    sight: Sight,
    restore: Restore,
    hypotheses: Sequence[Hypothesis],
    beyond: tuple[str, Restore] | None,
    progress: Progress,
    filling: Filling,
) -> None:
    """Fill what is left by the method, at the crop's size and then at the photograph's own."""
    damage = _take_leftover_rim(wanted, sight.landmarks, filling)
    rectangle = damage.rectangle
    filling.sight = sight = sight.widen_to(rectangle)
    elsewhere = damage.elsewhere(sight.seen(damage.mask.shape))
    crop = crop_of(damage.photograph, damage.unfilled_mask, sight.frame, sight.size, sight.landmarks, elsewhere)
    answer = restore(crop, hypotheses, part_of_progress(progress, 0.0, RESTORED))
    filling.facts |= answer.notes
    finish = Finish(damage.photograph, damage.missing, damage.unfilled_mask, rectangle, sight.frame, crop, answer.stone)
    hole = part_of(wanted.unfilled_mask, rectangle) > 0 if damage.rim else finish.hole
    outside, plain = _fill_beyond(damage, hole, sight, beyond, filling)
    for number, (hypothesis, fill) in enumerate(zip(hypotheses, answer.fills, strict=True)):
        progress(Phase.BLENDING, RESTORED + (1 - RESTORED) * number / len(hypotheses))
        picture = finish.render(fill, hypothesis)
        if outside is not None:
            picture[outside] = plain
        filling.pieces[number].append(Piece(rectangle, picture, hole))
    if answer.uncertainty is not None:
        filling.uncertainty = sight.frame.uncrop(answer.uncertainty, filling.rectangle)


def _fill_beyond(
    damage: _Damage,
    hole: NDArray[np.bool_],
    sight: Sight,
    beyond: tuple[str, Restore] | None,
    filling: Filling,
) -> tuple[NDArray[np.bool_] | None, NDArray[np.float32] | None]:
    """(h, w) which pixels of the hole the frame does not show, and their (N, 3) colours; None where there are none."""
    if beyond is None:
        return None, None
    rectangle = damage.rectangle
    outside = hole & ~pixels_in_frame(sight.frame, rectangle)
    if not outside.any():
        return None, None
    name, restore = beyond
    around = Sight.of_selection(rectangle)
    elsewhere = damage.elsewhere(around.seen(damage.mask.shape))
    crop = crop_of(damage.photograph, damage.unfilled_mask, around.frame, around.size, None, elsewhere)
    fill = restore(crop, [Hypothesis(0, 0)], no_progress).fills[0]
    whole = np.where(crop.hole[..., None], fill.rgb, crop.rgb).astype(np.float32)
    plain = around.frame.uncrop(whole, rectangle)[outside]
    filling.notes.append(Note.of("outside-the-frame", pixels=len(plain), method=name))
    return outside, plain
