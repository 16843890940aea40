"""``statuefit``: restoration by fitting.

Landmarks -> a morphable head in the photograph's perspective -> light learnt from the visible stone -> the bare head so
lit, carved and worn as statues are -> the stone's colours -> carried into the photograph without a step at the hole's
border. Hair and background beside the head grow from their visible surroundings.
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
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.methods.statuefit.ground import Ground, ground_of
from statue_models.methods.statuefit.lit_head import LitHead, light_up
from statue_models.methods.statuefit.surroundings import with_surroundings
from statue_models.methods.statuefit.uncertainty import expected_error
from statue_models.request import Progress


@dataclass(frozen=True, eq=False)
class Sketch:
    """What the fitted head says about a crop, before anything grows beside it: what a network refines.

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
class _Start:
    """What every hypothesis of one crop begins with; ``likeliest`` is None where too little of the face is visible."""

    crop: Crop
    ground: Ground
    fit: HeadFit
    likeliest: LitHead | None

    def notes(self) -> dict[str, object]:
        """Facts about the fit for the record."""
        return {"residual": round(self.fit.residual, 4), "yaw_degrees": round(float(np.rad2deg(self.fit.yaw)), 1)}


class StatueFit:
    """Restoration by a fitted morphable head. See ``methods.method.Method``."""

    def __init__(self, head: MorphableHead | None = None, appearance: Appearance | None = None) -> None:
        self._head = head or load_head()
        part = models_file.parts()["appearance"]
        self._appearance = appearance or load_appearance(part.weights_path, part.sha256)

    def restore(self, crop: Crop, seeds: Sequence[int], progress: Progress) -> Answer:
        """One fill per seed: the first is the likeliest, the others are draws of head and carving."""
        return self.restored(crop, seeds, progress)[0]

    def restored(self, crop: Crop, seeds: Sequence[int], progress: Progress) -> tuple[Answer, list[Sketch]]:
        """What ``restore`` answers, and the sketches that its fills grew from."""
        start = self._start(crop)
        if start.likeliest is None:
            base, notes = start.ground.base.astype(np.float32), start.notes()
            notes["instead"] = "interpolation: too little of the face is visible to learn its light"
            return Answer(tuple(Fill(base) for _ in seeds), None, notes), [_sketch(start, None)] * len(seeds)
        fills, sketches = [], []
        for number, seed in enumerate(seeds):
            progress("restoring", number / len(seeds))
            generator = np.random.default_rng(seed)
            lit = self._lit(start, number, generator) or start.likeliest
            sketch = _sketch(start, lit)
            rgb, shift = with_surroundings(sketch.rgb.astype(np.float64), start.crop, lit.image, lit.shown, generator)
            fills.append(Fill(np.clip(rgb, 0, 1).astype(np.float32), shift, lit.shown, lit.mirrored.half(lit.shown)))
            sketches.append(sketch)
        progress("uncertainty", 1.0)
        spread = expected_error(
            self._head,
            start.fit,
            start.likeliest,
            start.ground,
            fills[0].rgb,
            start.crop.rgb[start.likeliest.face & start.crop.known].mean(1),
            np.random.default_rng(seeds[0]),
        )
        return Answer(tuple(fills), spread, start.notes()), sketches

    def sketches(self, crop: Crop, seeds: Sequence[int]) -> tuple[list[Sketch], dict[str, object]]:
        """One sketch per seed, of the heads that ``restore`` would take for them, and the notes of the fit."""
        start = self._start(crop)
        lit = [self._lit(start, number, np.random.default_rng(seed)) for number, seed in enumerate(seeds)]
        return [_sketch(start, each or start.likeliest) for each in lit], start.notes()

    def _start(self, crop: Crop) -> _Start:
        if crop.landmarks is None or crop.hidden is None:
            raise ValueError("statuefit works in the face frame: it needs landmarks")
        points, hidden = crop.landmarks, crop.hidden
        # Beyond the photograph's edge blurs meet the edge again, not whatever the crop holds there.
        crop = replace(crop, rgb=nearest(crop.rgb, ~crop.known & ~crop.hole))
        ground = ground_of(crop)
        # Blurs reach across the hole's border: let them meet interpolated stone there, not what the hole holds.
        crop = replace(crop, rgb=ground.base.astype(np.float32))
        fit = fit_head(self._head, points, hidden, crop.hole.shape[0])
        if crop.placed is not None and crop.placed.any():
            fit = deform_to_landmarks(self._head, fit, points, crop.placed)
        image = draw_head(self._head, fit)
        return _Start(crop, ground, fit, light_up(crop, ground, image, self._appearance, None))

    def _lit(self, start: _Start, number: int, generator: np.random.Generator) -> LitHead | None:
        """The lit head of hypothesis ``number``: the most likely one first, then draws of the posterior."""
        if number == 0 or start.likeliest is None:
            return start.likeliest
        image = draw_head(self._head, sample_fit(self._head, start.fit, generator))
        return light_up(start.crop, start.ground, image, self._appearance, generator)


def _sketch(start: _Start, lit: LitHead | None) -> Sketch:
    """The sketch of a lit head; plain interpolation without one."""
    if lit is None:
        nothing = np.zeros(start.crop.hole.shape, np.float32)
        return Sketch(start.ground.base.astype(np.float32), np.zeros_like(start.crop.rgb), nothing, nothing, nothing)
    guess = np.where((lit.shown > 0)[..., None], lit.painted(), start.ground.base)
    coverage = lit.image.coverage
    return Sketch(
        _carried_in(start.crop, start.ground, guess).astype(np.float32),
        lit.image.normal * coverage[..., None],
        coverage,
        lit.image.openness * coverage,
        lit.shown,
    )


def _carried_in(crop: Crop, ground: Ground, guess: NDArray[np.float64]) -> NDArray[np.float64]:
    """The guess, moved by a membrane so that it meets the photograph at the hole's border (Perez et al. 2003)."""
    step = np.where(crop.hole[..., None], 0, crop.rgb - guess)
    own, rest = split_steps(step, step, ground.greatest_depth)
    both = membrane(np.concatenate([own, rest], 2), crop.hole, crop.known | crop.hole)
    beside = np.exp(-ground.depth / reach_of_stains(ground.interocular))[..., None]
    return np.where(crop.hole[..., None], np.clip(guess + both[..., :3] + beside * both[..., 3:], 0, 1), ground.base)
