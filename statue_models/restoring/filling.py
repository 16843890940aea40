"""From a photograph whose face is found to fills at its own resolution.

Thin damage is closed first; then a method restores the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.method import Answer, Crop
from statue_models.phases import Phase
from statue_models.pixels.overlay import Overlay, Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Hypothesis, Progress, RestorationRequest, no_progress, part_of_progress
from statue_models.restoring.compositing import Piece
from statue_models.restoring.cracks import THIN_METHOD, ThinDamage, thin_part, thin_width
from statue_models.restoring.cropping import crop_of, fill_nearest, pixels_in_frame, selection_frame
from statue_models.restoring.finish import Finish
from statue_models.restoring.masks import RIM_DIFFERS, RIMS, find_leftover_rim, grow

#: Progress when the face is known, and when a method has restored it.
FOUND, RESTORED = 0.2, 0.85
#: A method with its options: a crop and hypotheses in, fills out.
Restore = Callable[[Crop, Sequence[Hypothesis], Progress], Answer]
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
    restore: Restore,
    framing: Framing,
    landmarks: Landmarks | None,
    hypotheses: Sequence[Hypothesis],
    thin_apart: bool,
    beyond: tuple[str, Restore] | None = None,
    progress: Progress = no_progress,
) -> Filling:
    """Fill the hole of a photograph.

    Args:
        request: picture and mask; the rest of it is not looked at.
        restore: fills a crop with what is not thin.
        framing: gives its frame.
        landmarks: of the face, or None.
        hypotheses: which are wanted.
        thin_apart: close thin damage on its own; else everything is the method's.
        beyond: name and what fills what the frame does not show; None leaves it to ``restore``.
        progress: called from ``FOUND`` on.
    """
    # Masks are changed in a window alone: a copy of a whole one is as large as a third of the photograph.
    whole = Rectangle.of_mask(request.mask)
    around = whole.expand(RIMS[-1] + 2, request.mask.shape)
    missing = part_of(request.mask, around)
    thin = np.zeros(missing.shape, bool)
    if thin_apart:
        thin = thin_part(missing, thin_width(request, landmarks))
    clean = fill_nearest(request.image, request.mask)
    pieces: list[list[Piece]] = [[] for _ in hypotheses]
    notes: dict[str, object] = {}
    own = missing
    if thin.any():
        damage = ThinDamage(clean, request.mask, thin, landmarks, around.corner)
        pieces = [damage.pieces(hypothesis) for hypothesis in hypotheses]
        damage.close_in(clean)
        notes["thin"] = {"pixels": int(thin.sum()), "method": THIN_METHOD}
        own = np.where(thin, np.uint8(0), missing)
    if not own.any():
        return Filling(pieces, None, None, notes)
    mask = Overlay(request.mask, around, own)
    rectangle = Rectangle.of_mask(own).move(*around.corner)
    rim = 0
    if landmarks is not None:
        rim = find_leftover_rim(clean, request.mask, mask, rectangle, landmarks.interocular)
    wanted = mask
    if rim:
        # What the mask has left over tells nothing of the stone: the fill is made as if it were missing, too.
        own = grow(own, rim + 1)
        mask, rectangle = Overlay(request.mask, around, own), Rectangle.of_mask(own).move(*around.corner)
        notes[RIM_DIFFERS] = {"width": rim, "remedy": f"--grow {rim + 1}"}
    del thin
    frame, size = framing(rectangle)
    crop = crop_of(clean, mask, frame, size, landmarks)
    answer = restore(crop, hypotheses, part_of_progress(progress, FOUND, RESTORED))
    notes |= answer.notes
    everything: Pixels = Overlay(request.mask, around, np.maximum(missing, own)) if rim else request.mask
    finish = Finish(clean, everything, mask, rectangle, frame, crop, answer.stone)
    hole = part_of(wanted, rectangle) > 0 if rim else finish.hole
    plain = None
    if beyond is not None:
        name, interpolating = beyond
        unseen = hole & ~pixels_in_frame(frame, rectangle)
        if unseen.any():
            plain = _interpolated(clean, mask, rectangle, interpolating)[unseen]
            notes["outside_the_frame"] = {"pixels": len(plain), "method": name}
        else:
            del unseen
    for number, (hypothesis, fill) in enumerate(zip(hypotheses, answer.fills, strict=True)):
        progress(Phase.BLENDING, RESTORED + (1 - RESTORED) * number / len(hypotheses))
        picture = finish.render(fill, hypothesis)
        if plain is not None:
            picture[unseen] = plain
        pieces[number].append(Piece(rectangle, picture, hole))
    spread = None
    if answer.uncertainty is not None:
        spread = frame.uncrop(answer.uncertainty, whole)
    return Filling(pieces, spread, (frame, size), notes)


def _interpolated(image: Pixels, mask: Pixels, rectangle: Rectangle, restore: Restore) -> NDArray[np.float32]:
    """The whole hole closed by plain interpolation, (h, w, 3) over the rectangle."""
    frame, size = selection_frame(rectangle)
    crop = crop_of(image, mask, frame, size, None)
    fill = restore(crop, [Hypothesis(0, 0)], no_progress).fills[0]
    whole = np.where(crop.hole[..., None], fill.rgb, crop.rgb).astype(np.float32)
    return frame.uncrop(whole, rectangle)
