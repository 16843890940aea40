"""From filled holes to the answer: variants, uncertainty, notes and record of all groups."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from statue_models.methods.descriptor import MethodDescriptor, Needs
from statue_models.notes import Note
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.white import full_white
from statue_models.request import Restoration, RestorationRequest, RestoredGroup, Variant
from statue_models.restoring.compositing import composite_hypotheses
from statue_models.restoring.filling import Filling
from statue_models.restoring.groups import HoleGroup
from statue_models.restoring.record import record

#: Of standard deviations of grey levels (0..1), which go out as 8-bit grey levels times 4.
UNCERTAINTY_SCALE = 4 * 255
#: Of what was filled without the face that it may belong to: anything may have been there.
UNKNOWN = 255
#: Holes whose places a note names; of more it says how many.
NAMED = 3


class FilledGroup(NamedTuple):
    """A group of holes, what fills it, and the name of the method that did."""

    group: HoleGroup
    filling: Filling
    method: str

    def told(self) -> RestoredGroup:
        """What a caller learns of it."""
        hole, sight = self.group.hole, self.filling.sight or self.group.sight
        return RestoredGroup(hole.rectangle, hole.pixels, self.method, sight.landmarks, sight.frame, sight.size)


def answer(
    asked: RestorationRequest,
    whole: RestorationRequest,
    request: RestorationRequest,
    method: MethodDescriptor,
    filled: Sequence[FilledGroup],
    seconds: Mapping[str, float],
) -> Restoration:
    """What a caller gets.

    Args:
        asked: what the record is of.
        whole: the same on the full scale of its samples, if that is another.
        request: the same with the mask of what the method takes for damage, if that is less.
        method: what was asked for.
        filled: all groups of the request's holes.
        seconds: spent in each part of the work.
    """
    notes = _faceless_notes(filled, method.needs) + [note for one in filled for note in one.filling.notes]
    if asked.white is None and whole is not asked:
        notes.extend(_scale_notes(asked))
    if request is not whole:
        notes.append(Note.of("narrowed", pixels=int(np.count_nonzero(request.mask))))
    rectangle = Rectangle.of_mask(request.mask)
    pieces = [[piece for one in filled for piece in one.filling.pieces[k]] for k in range(len(request.hypotheses))]
    laid, palette = composite_hypotheses(asked, rectangle, request.mask, request.hypotheses, pieces)
    if palette is not None:
        notes.append(Note.of("own-palette", colours=len(palette)))
    variants = tuple(Variant(*each) for each in zip(laid, request.hypotheses, strict=True))
    if _all_equal(variants):
        notes.append(Note.of("one-answer", variants=len(variants)))
        variants = variants[:1]
    groups = [one.told() for one in filled]
    facts = [one.filling.facts for one in filled]
    return Restoration(
        variants=variants,
        rectangle=rectangle,
        groups=tuple(groups),
        uncertainty=_uncertainty_over(rectangle, request.mask, filled),
        record=record(asked, method, list(zip(groups, facts, strict=True)), notes, seconds),
    )


def _scale_notes(request: RestorationRequest) -> list[Note]:
    """What was taken for white of a picture with a scale of its own."""
    notes = [Note.of("own-white", white=request.scale.white, full=full_white(request.image.dtype))]
    return [*notes, Note("linear-light")] if request.scale.linear else notes


def _all_equal(variants: Sequence[Variant]) -> bool:
    """Whether several variants are one."""
    first = variants[0].pixels
    return len(variants) > 1 and all((one.pixels == first).all() for one in variants[1:])


def _faceless_notes(filled: Sequence[FilledGroup], needs: Needs) -> list[Note]:
    """What is to be said of holes without a face: one note of each kind."""
    alone = [(one.group.faceless, one.group.hole.rectangle) for one in filled if one.group.faceless]
    if needs == "face":  # such a method has filled them itself
        return [Note.of("framed-on-selection", where=_places([box for _, box in alone]))] if alone else []
    where: dict[str, list[Rectangle]] = {}
    for code, box in alone:
        where.setdefault(code, []).append(box)
    return [_faceless_note(code, _places(boxes), [list(box) for box in boxes]) for code, boxes in where.items()]


def _faceless_note(code: str, where: str, holes: list[list[int]]) -> Note:
    if code == "profile":
        return Note.of("profile", where=where, holes=holes)
    if code == "hole-off-face":
        return Note.of("hole-off-face", where=where, holes=holes)
    return Note.of("no-face", where=where, holes=holes)


def _places(boxes: Sequence[Rectangle]) -> str:
    """Where holes lie, in words."""
    named = "; ".join(f"{box.x}, {box.y} ({box.width} x {box.height} pixels)" for box in boxes[:NAMED])
    return named + (f" and {len(boxes) - NAMED} more" if len(boxes) > NAMED else "")


def _uncertainty_over(
    rectangle: Rectangle, mask: NDArray[np.uint8], filled: Sequence[FilledGroup]
) -> NDArray[np.uint8] | None:
    """(h, w) as ``Restoration.uncertainty``."""
    if all(one.filling.uncertainty is None for one in filled):
        return None
    out = np.zeros(rectangle.shape, np.uint8)
    for group, filling, _ in filled:
        hole = group.hole
        own = part_of(out, hole.rectangle.relative_to(rectangle.corner))
        missing = hole.where & (part_of(mask, hole.rectangle) > 0)
        if filling.uncertainty is None:
            own[missing] = UNKNOWN if group.faceless else 0
            continue
        for row, levels, here in zip(own, filling.uncertainty, missing, strict=True):
            np.copyto(row, np.round(np.clip(levels * UNCERTAINTY_SCALE, 0, 255)), where=here, casting="unsafe")
    return out
