"""``statuefit``: restoration by fitting, in the order of this file.

1. Fit: landmarks -> a morphable head in the photograph's perspective.
2. Light: learnt from the visible stone.
3. Appearance: the bare head so lit, carved, worn and painted as statues are, in the stone's colours; carried into the
   photograph without a step at the hole's border, it is the sketch.
4. Completion: hair, headgear and background beside the head, from their visible surroundings.
5. Finish: the likeliest fill and the draws, and how far they may be off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from statue_models import models_file
from statue_models.head.appearance import Appearance, load_appearance
from statue_models.head.deformation import deform_to_landmarks
from statue_models.head.morphable_head import MorphableHead, load_head
from statue_models.head.pose import HeadFit, fit_head, sample_fit
from statue_models.head.raster import draw_head
from statue_models.inpainting.interpolation import membrane, nearest
from statue_models.inpainting.steps import reach_of_stains, split_steps
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.statuefit.closed_crop import ClosedCrop, close_hole
from statue_models.methods.statuefit.lit_head import LitHead, light_up
from statue_models.methods.statuefit.surroundings import complete_surroundings
from statue_models.methods.statuefit.uncertainty import expected_error
from statue_models.phases import Phase
from statue_models.request import Hypothesis, Progress


@dataclass(frozen=True, eq=False)
class Sketch:
    """What the fitted head says about a crop, before anything beside it is completed.

    Attributes:
        rgb: (S, S, 3) float32 in [0, 1]: the lit head carried into the hole, interpolation where it shows nothing; the
            photograph elsewhere.
        normal: (S, S, 3) float32 unit normals in camera space (x right, y down, z away), 0 beside the head.
        coverage: (S, S) float32 in [0, 1], share of the pixel that the head covers.
        openness: (S, S) float32 in [0, 1], share of the sky that the head leaves open there, 0 beside it.
        stone: (S, S) float32 in [0, 1], as ``Fill.stone``.
    """

    rgb: NDArray[np.float32]
    normal: NDArray[np.float32]
    coverage: NDArray[np.float32]
    openness: NDArray[np.float32]
    stone: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Draft:
    """What a network refines.

    Attributes:
        answer: as ``StatueFit.restore`` gives it; in a preview its fills are the sketches, and it has no uncertainty.
        sketches: one per fill, the head alone.
    """

    answer: Answer
    sketches: list[Sketch]


@dataclass(frozen=True, eq=False)
class _FittedCrop:
    """A crop with its hole closed, and the head that was fitted to it: what every hypothesis begins with."""

    crop: Crop
    closed: ClosedCrop
    fit: HeadFit

    def notes(self) -> dict[str, object]:
        """Facts about the fit for the record."""
        return {"residual": round(self.fit.residual, 4), "yaw_degrees": round(float(np.rad2deg(self.fit.yaw)), 1)}


class StatueFit:
    """Restoration by a fitted morphable head. See ``methods.method.Method``."""

    def __init__(self, head: MorphableHead | None = None, appearance: Appearance | None = None) -> None:
        parts = models_file.parts()
        self._head = head or load_head(sha256=parts["head"].sha256)
        self._appearance = appearance or load_appearance(sha256=parts["appearance"].sha256)

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """The likeliest hypothesis is the fit itself, the others are draws of head and carving.

        A preview is the lit and carved head without the stone's texture, and beside it plain interpolation.
        """
        answer = self.draft(crop, hypotheses, progress, options.preview).answer
        if not options.preview:
            return answer
        return replace(answer, fills=tuple(replace(fill, textured=False) for fill in answer.fills))

    def draft(self, crop: Crop, hypotheses: Sequence[Hypothesis], progress: Progress, preview: bool = False) -> Draft:
        """What ``restore`` answers, and the sketches under its fills; in a preview the sketches alone, sooner."""
        fitted = self._fit(crop)
        likeliest = self._light(fitted, fitted.fit, None)
        fills, sketches = [], []
        for done, hypothesis in enumerate(hypotheses):
            progress(Phase.FITTING, done / len(hypotheses))
            generator = np.random.default_rng(hypothesis.seed)
            lit = likeliest
            if hypothesis.index > 0 and likeliest is not None:
                lit = self._light(fitted, sample_fit(self._head, fitted.fit, generator), generator) or likeliest
            sketch = _sketch(fitted, lit)
            fill = Fill(sketch.rgb, None, sketch.stone) if preview else _complete(fitted, lit, sketch, generator)
            sketches.append(sketch)
            fills.append(fill)
        notes, spread = fitted.notes(), None
        if likeliest is None:
            notes["instead"] = "interpolation: too little of the face is visible to learn its light"
        elif not preview and hypotheses[0].index == 0:
            progress(Phase.UNCERTAINTY, 1.0)
            visible = fitted.crop.rgb[likeliest.face & fitted.crop.known].mean(1)
            generator = np.random.default_rng(hypotheses[0].seed)
            spread = expected_error(self._head, fitted.fit, likeliest, fitted.closed, fills[0].rgb, visible, generator)
        stone = fills[0].stone if likeliest is None else likeliest.matte
        return Draft(Answer(tuple(fills), spread, notes, stone), sketches)

    def _fit(self, crop: Crop) -> _FittedCrop:
        """Fit: pose, identity and expression of the head; landmarks that a user placed are met."""
        face = crop.face
        # Beyond the photograph's edge blurs meet the edge again, not whatever the crop holds there.
        crop = replace(crop, rgb=nearest(crop.rgb, ~crop.known & ~crop.hole))
        closed = close_hole(crop)
        # Blurs reach across the hole's border: let them meet interpolated stone there, not what the hole holds.
        crop = replace(crop, rgb=closed.encoded.astype(np.float32))
        fit = fit_head(self._head, face.points, face.hidden, crop.size)
        if face.placed is not None and face.placed.any():
            fit = deform_to_landmarks(self._head, fit, face.points, face.placed)
        return _FittedCrop(crop, closed, fit)

    def _light(self, fitted: _FittedCrop, fit: HeadFit, generator: np.random.Generator | None) -> LitHead | None:
        """Light and appearance of one head, its carving the likeliest or drawn; None where too little is visible."""
        return light_up(fitted.crop, fitted.closed, draw_head(self._head, fit), self._appearance, generator)


def _sketch(fitted: _FittedCrop, lit: LitHead | None) -> Sketch:
    """Appearance, carried into the photograph; plain interpolation without a lit head."""
    if lit is None:
        nothing = np.zeros(fitted.crop.hole.shape, np.float32)
        rgb = fitted.closed.encoded.astype(np.float32)
        return Sketch(rgb, np.zeros_like(fitted.crop.rgb), nothing, nothing, nothing)
    painted = np.where((lit.matte > 0)[..., None], lit.render(), fitted.closed.encoded)
    coverage = lit.image.coverage
    return Sketch(
        _meet_border(fitted.crop, fitted.closed, painted).astype(np.float32),
        lit.image.normal * coverage[..., None],
        coverage,
        lit.image.openness * coverage,
        lit.matte,
    )


def _meet_border(crop: Crop, closed: ClosedCrop, painted: NDArray[np.float64]) -> NDArray[np.float64]:
    """(S, S, 3) moved by a membrane so that it meets the photograph at the hole's border (Perez et al. 2003)."""
    step = np.where(crop.hole[..., None], 0, crop.rgb - painted)
    light, stain = split_steps(step, step, closed.greatest_depth)
    both = membrane(np.concatenate([light, stain], 2), crop.hole, crop.known | crop.hole)
    beside = np.exp(-closed.depth / reach_of_stains(closed.interocular))[..., None]
    moved = np.clip(painted + both[..., :3] + beside * both[..., 3:], 0, 1)
    return np.where(crop.hole[..., None], moved, closed.encoded)


def _complete(fitted: _FittedCrop, lit: LitHead | None, sketch: Sketch, generator: np.random.Generator) -> Fill:
    """Completion: the sketch with what lies beside the head, and what the photograph's own resolution needs."""
    if lit is None:
        return Fill(sketch.rgb)
    facing = fitted.fit.rotation[:2, 2]
    rgb, shift = complete_surroundings(
        sketch.rgb.astype(np.float64), fitted.crop, lit.image, lit.matte, facing, generator
    )
    return Fill(np.clip(rgb, 0, 1).astype(np.float32), shift, lit.matte, lit.mirror.other_half(lit.matte))
