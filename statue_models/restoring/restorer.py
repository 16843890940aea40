"""The pipeline, and the public API: ``Restorer().restore(request) -> Restoration``."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.arrays import mask_of, picture_of, scale_in
from statue_models.errors import StatueError, report_out_of_memory
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.registry import check_predictor
from statue_models.landmarks.registry import predictor as load_predictor
from statue_models.landmarks.search import find_face
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.methods.method import Answer, Crop
from statue_models.methods.registry import LoadedMethods, ReadyMethod
from statue_models.notes import Note
from statue_models.phases import Phase
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import rgb8
from statue_models.pixels.white import full_white, to_full_scale
from statue_models.request import (
    Hypothesis,
    Progress,
    Restoration,
    RestorationRequest,
    Variant,
    face_box_in,
    no_progress,
    split_progress,
)
from statue_models.restoring.compositing import composite_hypotheses
from statue_models.restoring.filling import Filling, fill_hole
from statue_models.restoring.record import record
from statue_models.restoring.sight import Sight, find_sight
from statue_models.threads import one_thread

#: What fills the part of a hole that not even the widest frame shows.
OUTSIDE_METHOD = "telea"
#: Of standard deviations of grey levels (0..1), which go out as 8-bit grey levels times 4.
UNCERTAINTY_SCALE = 4 * 255
#: Progress when the face is known. A share; chosen.
FOUND = 0.2


class Restorer:
    """Restores photographs; keeps models loaded. Safe to share between threads: one request at a time.

    Args:
        device: for requests that leave it at "auto": "auto", "cpu" or "cuda".
        landmark_models: folder of the landmark predictors' files; None = where the installer put them.
    """

    def __init__(self, device: str = "auto", landmark_models: Path | None = None) -> None:
        self._device = device
        self._landmark_models = landmark_models
        self._methods = LoadedMethods()
        self._predictors: dict[str, LandmarkPredictor] = {}
        self._lock = threading.Lock()

    def restore(self, request: RestorationRequest, progress: Progress = no_progress) -> Restoration:
        """Fills the hole with ``request.variants`` hypotheses.

        Raises:
            StatueError: when no face is found, when the model cannot be used here, or "interrupted" when ``progress``
                asked for it.
        """
        with self._lock, one_thread(), report_out_of_memory():
            return self._restore(request, progress)

    def find_landmarks(
        self,
        image: NDArray[Any],
        mask: NDArray[np.uint8] | None = None,
        *,
        face: FaceBox | None = None,
        predictor: str = "default",
        white: float | None = None,
        progress: Progress = no_progress,
    ) -> tuple[Landmarks, FaceFrame]:
        """The 68 landmarks of the face under or next to the mask (of the best face without one).

        Args:
            image: as in ``RestorationRequest``.
            mask: as there, or None.
            face: where it is, or None to search.
            predictor: a name of the registry, or "default".
            white: the sample value of white, or None to read it from the picture's values.
            progress: called with phases and fractions.

        Raises:
            StatueError: for a picture or a mask that is none, a predictor that is unknown, when no face is found, or
                "interrupted".
        """
        image = picture_of(image)
        hole = np.zeros(image.shape[:2], np.uint8) if mask is None else mask_of(mask, image)[0]
        image = to_full_scale(image, scale_in(image, hole, white))
        box = None if face is None else face_box_in(face, hole)
        with self._lock, one_thread(), report_out_of_memory():
            return find_face(rgb8(image), hole, self._predictor(predictor), face=box, progress=progress)

    def _restore(self, request: RestorationRequest, progress: Progress) -> Restoration:
        started = time.perf_counter()
        check_predictor(request.predictor)
        method = self._choose(request)
        needs = method.descriptor.needs
        asked, (whole, request) = request, _narrow(request, method)
        hypotheses = request.hypotheses
        search, fill = split_progress(progress, FOUND)
        search(Phase.FACE, 0.0)
        sight = find_sight(request, needs, self._predictor, search)
        found = time.perf_counter()
        beyond = (OUTSIDE_METHOD, self._fill_plainly)
        filling = fill_hole(request, sight, method.restore, hypotheses, needs == "landmarks", beyond, fill)
        if needs == "face" and sight.landmarks is None:
            filling.notes.append(Note("framed-on-selection"))
        if asked.white is None and whole is not asked:
            filling.notes.extend(_scale_notes(asked))
        if request is not whole:
            filling.notes.append(Note.of("narrowed", pixels=int(np.count_nonzero(request.mask))))
        filled = time.perf_counter()
        variants = _different(_lay_over(asked, request.mask, hypotheses, filling), filling.notes)
        progress(Phase.DONE, 1.0)
        seconds = {"face": found - started, "restoration": filled - found, "photograph": time.perf_counter() - filled}
        return _answer(request, asked, method, filling, filling.sight or sight, variants, seconds)

    def _choose(self, request: RestorationRequest) -> ReadyMethod:
        """The method that a request names, loaded, with what the request asks of it."""
        chosen = self._describe(request.model)
        device = _resolve(request.device if request.device != "auto" else self._device, chosen.kind == "network")
        return self._methods.ready(chosen, device, request.precision, chosen.options_of(request))

    def _fill_plainly(self, crop: Crop, hypotheses: Sequence[Hypothesis], progress: Progress) -> Answer:
        """What not even the widest frame shows; loaded where it is needed first."""
        return self._methods.ready(registry.descriptor(OUTSIDE_METHOD), "cpu").restore(crop, hypotheses, progress)

    def _describe(self, name: str) -> MethodDescriptor:
        return registry.descriptor(name)

    def _predictor(self, name: str) -> LandmarkPredictor:
        if name not in self._predictors:
            self._predictors[name] = load_predictor(name, self._landmark_models)
        return self._predictors[name]


def _narrow(request: RestorationRequest, method: ReadyMethod) -> tuple[RestorationRequest, RestorationRequest]:
    """The request on the full scale, and with the mask of what the method takes for damage; mostly all of it."""
    whole = request.on_full_scale()
    if method.descriptor.narrow is None:
        return whole, whole
    return whole, replace(whole, mask=method.descriptor.narrow(whole, method.options))


def _lay_over(
    asked: RestorationRequest, mask: NDArray[np.uint8], hypotheses: Sequence[Hypothesis], filling: Filling
) -> tuple[Variant, ...]:
    """The mask's bounding box of the photograph on its own scale, once per hypothesis, its pieces laid over it."""
    laid, palette = composite_hypotheses(asked, filling.rectangle, mask, hypotheses, filling.pieces)
    if palette is not None:
        filling.notes.append(Note.of("own-palette", colours=len(palette)))
    return tuple(Variant(*each) for each in zip(laid, hypotheses, strict=True))


def _scale_notes(request: RestorationRequest) -> list[Note]:
    """What was taken for white of a picture with a scale of its own."""
    notes = [Note.of("own-white", white=request.scale.white, full=full_white(request.image.dtype))]
    return [*notes, Note("linear-light")] if request.scale.linear else notes


def _different(variants: tuple[Variant, ...], notes: list[Note]) -> tuple[Variant, ...]:
    """The variants, or, where all are the same, one of them."""
    first = variants[0].pixels
    if len(variants) == 1 or any((one.pixels != first).any() for one in variants[1:]):
        return variants
    notes.append(Note.of("one-answer", variants=len(variants)))
    return variants[:1]


def _answer(
    request: RestorationRequest,
    asked: RestorationRequest,
    method: ReadyMethod,
    filling: Filling,
    sight: Sight,
    variants: tuple[Variant, ...],
    seconds: Mapping[str, float],
) -> Restoration:
    """What a caller gets: the variants, and all that is known of them; the record is of what was asked."""
    return Restoration(
        variants=variants,
        rectangle=filling.rectangle,
        landmarks=sight.landmarks,
        frame=sight.frame,
        size=sight.size,
        uncertainty=_uncertainty(filling.uncertainty, filling.rectangle, request.mask),
        record=record(asked, method.descriptor, sight, filling.facts, filling.notes, seconds),
    )


def _resolve(device: str, network: bool) -> str:
    """The device to run on, "cpu" or "cuda"; "auto" stays what it is for what is no network.

    Raises:
        StatueError: ``no-cuda`` when CUDA was asked for and is not there.
    """
    if device == "cpu" or (device == "auto" and not network):
        return device
    try:
        import torch
    except ImportError:
        if device == "auto":
            return device  # the method says which package it lacks
        raise StatueError("no-cuda") from None
    if torch.cuda.is_available():
        return "cuda"
    if device == "auto":
        return "cpu"
    raise StatueError("no-cuda")


def _uncertainty(
    spread: NDArray[np.float32] | None, rectangle: Rectangle, mask: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    if spread is None:
        return None
    out = np.zeros(spread.shape, np.uint8)
    for row, (levels, missing) in enumerate(zip(spread, part_of(mask, rectangle) > 0, strict=True)):
        np.copyto(out[row], np.round(np.clip(levels * UNCERTAINTY_SCALE, 0, 255)), where=missing, casting="unsafe")
    return out
