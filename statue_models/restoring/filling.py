"""From a photograph whose face is found to fills at its own resolution.

Thin damage is closed first; then a method restores the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks, interocular_distance
from statue_models.methods.method import Method
from statue_models.pixels.overlay import Overlay, Pixels, part_of
from statue_models.pixels.rectangle import Rectangle, bounding_box, with_margin
from statue_models.request import Progress, RestorationRequest, no_progress
from statue_models.restoring.compositing import Piece
from statue_models.restoring.cracks import THIN_METHOD, ThinDamage, thin_part, thin_width
from statue_models.restoring.cropping import crop_of, plugged, seen, selection_frame
from statue_models.restoring.detail import enlarge
from statue_models.restoring.finish import Finish
from statue_models.restoring.masks import RIM_DIFFERS, RIMS, find_leftover_rim, grow

#: Progress when the face is known, and when a method has restored it.
FOUND, RESTORED = 0.2, 0.85
#: A mask's part that a method is to restore -> the frame that it is restored in, and the crop's side in pixels.
Framing = Callable[[Rectangle], tuple[FaceFrame, int]]


@dataclass(frozen=True, eq=False)
class Filling:
    """All hypotheses for one photograph.

    Attributes:
        pieces: per hypothesis, what is to be laid over the photograph.
        uncertainty: (h, w) float32 over the mask's bounding box, standard deviation of the grey level (0..1); None
            where the method gives none.
        frame, size: of the crop that the method saw; None where it saw none.
        notes: JSON-ready facts for the record.
    """

    pieces: list[list[Piece]]
    uncertainty: NDArray[np.float32] | None
    frame: tuple[FaceFrame, int] | None
    notes: dict[str, object]


def filling(
    request: RestorationRequest,
    method: Method,
    framing: Framing,
    landmarks: Landmarks | None,
    seeds: list[int],
    thin_apart: bool,
    beyond: tuple[str, Method] | None = None,
    progress: Progress = no_progress,
) -> Filling:
    """Fill the hole of a photograph.

    Args:
        request: picture and mask; the rest of it is not looked at.
        method: restores what is not thin.
        framing: gives its frame.
        landmarks: of the face, or None.
        seeds: one per hypothesis.
        thin_apart: close thin damage on its own; else everything is the method's.
        beyond: name and method that fill what the frame does not show; None leaves it to the method.
        progress: called from ``FOUND`` on.
    """
    # Masks are changed in a window alone: a copy of a whole one is as large as a third of the photograph.
    around = left, top, _, _ = with_margin(bounding_box(request.mask), RIMS[-1] + 2, request.mask.shape)
    missing = part_of(request.mask, around)
    thin = np.zeros(missing.shape, bool)
    if thin_apart:
        thin = thin_part(missing, thin_width(request, landmarks))
    clean = plugged(request.image, request.mask)
    pieces: list[list[Piece]] = [[] for _ in seeds]
    notes: dict[str, object] = {}
    own = missing
    if thin.any():
        damage = ThinDamage(clean, request.mask, thin, landmarks, (left, top))
        pieces = [damage.pieces(seed) for seed in seeds]
        damage.close_in(clean)
        notes["thin"] = {"pixels": int(thin.sum()), "method": THIN_METHOD}
        own = np.where(thin, np.uint8(0), missing)
    if not own.any():
        return Filling(pieces, None, None, notes)
    mask = Overlay(request.mask, around, own)
    rectangle = _bounding_box_in(around, own)
    rim = 0
    if landmarks is not None:
        rim = find_leftover_rim(clean, request.mask, mask, rectangle, interocular_distance(landmarks.points))
    wanted = mask
    if rim:
        # What the mask has left over tells nothing of the stone: the fill is made as if it were missing, too.
        own = grow(own, rim + 1)
        mask, rectangle = Overlay(request.mask, around, own), _bounding_box_in(around, own)
        notes[RIM_DIFFERS] = {"width": rim, "remedy": f"--grow {rim + 1}"}
    del thin
    frame, size = framing(rectangle)
    crop = crop_of(clean, mask, frame, size, landmarks)

    def between(phase: str, fraction: float) -> None:
        progress(phase, (1 - fraction) * FOUND + fraction * RESTORED)

    answer = method.restore(crop, seeds, between)
    notes |= answer.notes
    everything: Pixels = Overlay(request.mask, around, np.maximum(missing, own)) if rim else request.mask
    finish = Finish(clean, everything, mask, rectangle, frame, crop)
    hole = part_of(wanted, rectangle) > 0 if rim else finish.hole
    plain = None
    if beyond is not None:
        name, interpolating = beyond
        unseen = hole & ~seen(frame, rectangle)
        if unseen.any():
            plain = _interpolated(clean, mask, rectangle, interpolating)[unseen]
            notes["outside_the_frame"] = {"pixels": len(plain), "method": name}
        else:
            del unseen
    for number, (seed, fill) in enumerate(zip(seeds, answer.fills, strict=True)):
        progress("blending", RESTORED + (1 - RESTORED) * number / len(seeds))
        picture = finish.render(fill, seed)
        if plain is not None:
            picture[unseen] = plain
        pieces[number].append(Piece(rectangle, picture, hole))
    spread = None
    if answer.uncertainty is not None:
        spread = enlarge(answer.uncertainty, frame, bounding_box(request.mask))
    return Filling(pieces, spread, (frame, size), notes)


def _bounding_box_in(window: Rectangle, mask: NDArray[np.uint8]) -> Rectangle:
    """In the photograph, of a mask (h, w) over a window of it."""
    x, y, width, height = bounding_box(mask)
    return window[0] + x, window[1] + y, width, height


def _interpolated(image: Pixels, mask: Pixels, rectangle: Rectangle, method: Method) -> NDArray[np.float32]:
    """The whole hole closed by plain interpolation, (h, w, 3) over the rectangle."""
    frame, size = selection_frame(rectangle)
    crop = crop_of(image, mask, frame, size, None)
    fill = method.restore(crop, [0], no_progress).fills[0]
    whole = np.where(crop.hole[..., None], fill.rgb, crop.rgb).astype(np.float32)
    return enlarge(whole, frame, rectangle)
