"""``statuefit``: restoration by fitting, without training.

Landmarks -> a morphable head in the photograph's perspective -> light learnt from the visible stone -> the bare head so
lit, with the detail of the other half -> carried into the photograph without a step at the hole's border -> grain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.fitting.beard import beard
from statue_models.fitting.bending import bent
from statue_models.fitting.head import MorphableHead, load_head
from statue_models.fitting.interpolation import biharmonic, membrane, nearest
from statue_models.fitting.light import Light, fit_light, light_basis, to_linear
from statue_models.fitting.mirror import MirroredDetail, mirrored_detail
from statue_models.fitting.patches import Grown, complete, texture
from statue_models.fitting.pose import HeadFit, fit_head, sample_fit
from statue_models.fitting.raster import HeadImage, draw_head
from statue_models.fitting.uncertainty import shading_spread
from statue_models.restoring.landmarks68 import interocular_distance
from statue_models.restoring.method import Answer, Crop, Fill
from statue_models.restoring.request import Progress

THIN = 0.075  # of the eye distance: half the width below which a crack is closed by interpolation alone
MINIMUM_STONE = 150  # visible face pixels that a light can be learnt from
SURE = 0.3  # confidence of mirrored detail that stands even where the head shows no skin
SKIN_EDGE = 0.023  # of the crop's side: softness of the edge between the shaded head and what grows beside it
GREY_STEP, HUE_STEP = 0.25, 0.02  # sRGB-encoded: larger steps between patches and photograph are not evened out
MINIMUM_GROWN = 20  # pixels
GUIDE_LENGTH = 20.0  # cm on the mean head that weigh as much in a patch as the step from black to white
GUIDE_COVERAGE = 0.2


@dataclass(frozen=True, eq=False)
class _Ground:
    """What every hypothesis of one crop shares.

    Attributes:
        thick: (S, S) hole pixels whose part of the hole is wider than a crack.
        depth: (S, S) float32 distance to the hole's border in pixels.
        base: (S, S, 3) float64 interpolation from the border, for what the head does not cover.
        linear: (S, S, 3) float64 the photograph in linear light.
        interocular: pixels.
    """

    thick: NDArray[np.bool_]
    depth: NDArray[np.float32]
    base: NDArray[np.float64]
    linear: NDArray[np.float64]
    interocular: float


@dataclass(frozen=True, eq=False)
class _Lit:
    """A fitted head with the photograph's light on it."""

    image: HeadImage
    face: NDArray[np.bool_]
    light: Light
    basis: NDArray[np.float32]
    detail: MirroredDetail
    beard: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sketch:
    """What the fitted head says about a crop, before texture: what a network refines.

    Attributes:
        rgb: (S, S, 3) float32 in [0, 1]: the lit head carried into the hole, interpolation where it shows nothing; the
            photograph elsewhere.
        normal: (S, S, 3) float32 unit normals in camera space (x right, y down, z away), 0 beside the head.
        coverage: (S, S) float32 in [0, 1], share of the pixel that the head covers.
        openness: (S, S) float32 in [0, 1], share of the sky that the head leaves open there, 0 beside it.
        thin: (S, S) bool, holes as thin as cracks and pits, which are interpolated: nothing comes nearer to the truth.
    """

    rgb: NDArray[np.float32]
    normal: NDArray[np.float32]
    coverage: NDArray[np.float32]
    openness: NDArray[np.float32]
    thin: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Start:
    """What every hypothesis of one crop begins with; ``likeliest`` is None where too little of the face is visible."""

    crop: Crop
    ground: _Ground
    fit: HeadFit
    likeliest: _Lit | None

    def notes(self) -> dict[str, object]:
        """Facts about the fit for the record."""
        return {"residual": round(self.fit.residual, 4), "yaw_degrees": round(float(np.rad2deg(self.fit.yaw)), 1)}


class StatueFit:
    """Restoration by a fitted morphable head. See ``restoring.method.Method``."""

    def __init__(self, head: MorphableHead | None = None) -> None:
        self._head = head or load_head()

    def restore(self, crop: Crop, seeds: Sequence[int], progress: Progress) -> Answer:
        """One fill per seed: the first is the most likely head, the others are draws from its posterior."""
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
            fills.append(_fill(start.crop, start.ground, lit, generator))
            sketches.append(_sketch(start, lit))
        progress("uncertainty", 1.0)
        spread = shading_spread(
            self._head,
            start.fit,
            start.likeliest.light,
            _shown(start.likeliest),
            start.crop.rgb[start.likeliest.face & start.crop.known].mean(1),
            start.ground.depth,
            start.ground.interocular,
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
        ground = _ground(crop)
        # Blurs reach across the hole's border: let them meet interpolated stone there, not what the hole holds.
        crop = replace(crop, rgb=ground.base.astype(np.float32))
        fit = fit_head(self._head, points, hidden, crop.hole.shape[0])
        if crop.placed is not None and crop.placed.any():
            fit = bent(self._head, fit, points, crop.placed)
        return _Start(crop, ground, fit, _light_up(self._head, crop, ground, draw_head(self._head, fit)))

    def _lit(self, start: _Start, number: int, generator: np.random.Generator) -> _Lit | None:
        """The lit head of hypothesis ``number``: the most likely one first, then draws of the posterior."""
        if number == 0 or start.likeliest is None:
            return start.likeliest
        image = draw_head(self._head, sample_fit(self._head, start.fit, generator))
        return _light_up(self._head, start.crop, start.ground, image)


def _sketch(start: _Start, lit: _Lit | None) -> Sketch:
    """The sketch of a lit head; plain interpolation without one."""
    thin = start.crop.hole & ~start.ground.thick
    if lit is None:
        nothing = np.zeros(start.crop.hole.shape, np.float32)
        return Sketch(start.ground.base.astype(np.float32), np.zeros_like(start.crop.rgb), nothing, nothing, thin)
    painted = _carry_in(start.crop, start.ground, _paint(lit, start.ground, _shown(lit)))
    coverage = lit.image.coverage
    return Sketch(
        painted.astype(np.float32),
        lit.image.normal * coverage[..., None],
        coverage,
        lit.image.openness * coverage,
        thin,
    )


def _fill(crop: Crop, ground: _Ground, lit: _Lit, generator: np.random.Generator) -> Fill:
    """One hypothesis: the lit head carried into the photograph, what grows beside it, and fine texture."""
    shown = _shown(lit)
    painted = _carry_in(crop, ground, _paint(lit, ground, shown))
    guide = _guide(lit.image)
    bare = ground.thick & (shown < 0.99)
    grown = None
    if bare.sum() > MINIMUM_GROWN:
        grown = complete(painted, guide, bare, crop.known & ~_widened(crop.hole, 1), generator)
    if grown is not None:
        painted = painted + _joined(grown, painted, bare, crop.known) * (1 - shown)[..., None]
    skin = ground.thick & (shown > 0)
    fine = None
    if skin.any():
        fine = texture(painted, crop.rgb, guide, skin, crop.known & ~_widened(crop.hole, 3), generator)
    if fine is not None:
        trust = np.clip(cv2.GaussianBlur(lit.detail.confidence, (0, 0), 1.0), 0, 1)
        painted = painted + fine.rgb * (shown * (1 - trust))[..., None]
    return Fill(np.clip(painted, 0, 1).astype(np.float32), _borrowed(grown, fine, shown))


def _ground(crop: Crop) -> _Ground:
    assert crop.landmarks is not None
    interocular = interocular_distance(crop.landmarks)
    hole = crop.hole.astype(np.uint8)
    depth = np.asarray(cv2.distanceTransform(hole, cv2.DIST_L2, 5), np.float32)
    count, labels = cv2.connectedComponents(hole)
    parts = np.asarray(labels, np.int64)
    widest = np.zeros(count)
    np.maximum.at(widest, parts, depth)
    thick = (widest > THIN * interocular)[parts] & crop.hole
    base = crop.rgb.astype(np.float64)
    if thick.any():
        base[thick] = membrane(base, crop.hole, crop.known | crop.hole)[thick]
    if (crop.hole & ~thick).any():
        thin = crop.hole & ~thick
        base[thin] = biharmonic(base, thin)[thin]
    return _Ground(thick, depth, base, to_linear(base), interocular)


def _face_outline(points: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    """(S, S) hull of the landmarks, with the brows raised by a fifth of the face's height."""
    raised = points[17:27] + (points[17:27].mean(0) - points[8]) * 0.18
    outline = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.concatenate([points, raised]).astype(np.int32)), 1)
    return outline.astype(bool)


def _light_up(head: MorphableHead, crop: Crop, ground: _Ground, image: HeadImage) -> _Lit | None:
    assert crop.landmarks is not None
    face = (image.coverage > 0.99) & _face_outline(crop.landmarks, crop.hole.shape[0])
    free = crop.known & ~_widened(crop.hole, 1)
    if (face & free).sum() < MINIMUM_STONE:
        return None
    basis = light_basis(image.normal, image.openness)
    light = fit_light(basis, ground.linear, face & free, crop.hole, ground.interocular)
    log_ratio = np.log(np.maximum(ground.linear.mean(2), 0.002)) - np.log(light.intensity(basis))
    detail = mirrored_detail(image, log_ratio, free, crop.hole, ground.depth)
    hair = beard(head, image, log_ratio, free, ground.thick)
    return _Lit(image, face, light, basis, detail, hair)


def _skin(image: HeadImage) -> NDArray[np.bool_]:
    """Where the mean head shows skin: the face up to the hairline, and the neck."""
    height, front = image.rest[..., 1], image.rest[..., 2]
    return (image.coverage > 0.99) & (((front > 3.0) & (height < 7.5)) | (height < -4.0))


def _shown(lit: _Lit) -> NDArray[np.float32]:
    """(S, S) in [0, 1]: how far the head itself is to be seen: a soft edge at the hairline, a sharp silhouette."""
    coverage = lit.image.coverage
    region = (_skin(lit.image) | (lit.detail.confidence > SURE)).astype(np.float32)
    blur = lambda array: cv2.GaussianBlur(array, (0, 0), SKIN_EDGE * len(region))  # noqa: E731
    soft = blur(region * coverage) / np.maximum(blur(coverage), 1e-3)
    return (np.clip(soft * 2 - 1, 0, 1) * coverage * (1 - lit.beard)).astype(np.float32)


def _paint(lit: _Lit, ground: _Ground, shown: NDArray[np.float32]) -> NDArray[np.float64]:
    """(S, S, 3) sRGB-encoded guess: the shaded head with detail, interpolation where the head is not to be seen."""
    shaded = lit.light.colour(np.exp(lit.detail.log_detail) * lit.light.intensity(lit.basis))
    return np.where((shown > 0)[..., None], shaded, ground.base)


def _guide(image: HeadImage) -> NDArray[np.float32]:
    """(S, S, 4) where on the mean head a pixel is (left and right alike) and whether the head covers it."""
    place = image.rest * np.float32(1 / GUIDE_LENGTH)
    place[..., 0] = np.abs(place[..., 0])
    covered = image.coverage[..., None]
    return np.concatenate([place * covered, covered * np.float32(GUIDE_COVERAGE)], 2)


def _widened(region: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return cv2.dilate(region.astype(np.uint8), kernel).astype(bool)


def _limited(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps at the border, cut down where they say that something else begins there, not that the light differs."""
    grey = step.mean(2, keepdims=True)
    return np.clip(grey, -GREY_STEP, GREY_STEP) + np.clip(step - grey, -HUE_STEP, HUE_STEP)


def _joined(
    grown: Grown, painted: NDArray[np.float64], bare: NDArray[np.bool_], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(S, S, 3) what turns the painted picture into the grown one in ``bare``, without a step to the photograph."""
    ring = _widened(bare, 1) & known
    step = membrane(np.where(ring[..., None], _limited(painted - grown.rgb), 0), bare, ring | bare)
    return np.where(bare[..., None], grown.rgb + step - painted, 0)


def _borrowed(grown: Grown | None, fine: Grown | None, shown: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Where structure finer than the crop may be borrowed: from the patches that made the fill."""
    if grown is None or fine is None:
        return fine.shift if grown is None and fine is not None else grown.shift if grown is not None else None
    head = cv2.resize(shown, fine.shift.shape[:2], interpolation=cv2.INTER_AREA) > 0.5
    return np.where((head | np.isnan(grown.shift[..., 0]))[..., None], fine.shift, grown.shift)


def _carry_in(crop: Crop, ground: _Ground, guess: NDArray[np.float64]) -> NDArray[np.float64]:
    """The guess, moved by a membrane so that it meets the photograph at the hole's border (Perez et al. 2003)."""
    result = ground.base.copy()
    if ground.thick.any():
        step = np.where(crop.hole[..., None], 0, crop.rgb - guess)
        step = membrane(step, crop.hole, crop.known | crop.hole)
        result[ground.thick] = np.clip(guess + step, 0, 1)[ground.thick]
    return result
