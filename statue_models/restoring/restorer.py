"""The pipeline, and the public API: ``Restorer().restore(request) -> Restoration``."""

import threading
import time
from collections.abc import Sequence
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
from statue_models.landmarks.search import find_face, find_faces
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.methods.method import Answer, Crop
from statue_models.methods.registry import LoadedMethods, ReadyMethod
from statue_models.phases import Phase
from statue_models.pixels.samples import rgb8
from statue_models.pixels.white import to_full_scale
from statue_models.request import (
    Hypothesis,
    Progress,
    Restoration,
    RestorationRequest,
    face_box_in,
    no_progress,
    part_of_progress,
    split_progress,
)
from statue_models.restoring.answer import FilledGroup, answer
from statue_models.restoring.filling import fill_hole
from statue_models.restoring.groups import HoleGroup, find_groups
from statue_models.threads import one_thread

#: What fills the part of a hole that not even the widest frame shows.
OUTSIDE_METHOD = "telea"
#: What fills a hole without the face that a method needs.
FACELESS_METHOD = "surroundings"
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
        rgb, hole = _searched(image, mask, white)
        box = None if face is None else face_box_in(face, hole)
        with self._lock, one_thread(), report_out_of_memory():
            return find_face(rgb, hole, self._predictor(predictor), face=box, progress=progress)

    def find_all_landmarks(
        self,
        image: NDArray[Any],
        mask: NDArray[np.uint8] | None = None,
        *,
        predictor: str = "default",
        white: float | None = None,
        progress: Progress = no_progress,
    ) -> list[tuple[Landmarks, FaceFrame]]:
        """The landmarks of all faces in a picture, the likeliest first; none where there is no face.

        Arguments and errors as of ``find_landmarks``.
        """
        rgb, hole = _searched(image, mask, white)
        with self._lock, one_thread(), report_out_of_memory():
            return find_faces(rgb, hole, self._predictor(predictor), progress=progress)

    def _restore(self, request: RestorationRequest, progress: Progress) -> Restoration:
        started = time.perf_counter()
        check_predictor(request.predictor)
        method = self._choose(request)
        asked, (whole, request) = request, _narrow(request, method)
        search, fill = split_progress(progress, FOUND)
        search(Phase.FACE, 0.0)
        groups = find_groups(request, method.descriptor.needs, self._predictor, search)
        found = time.perf_counter()
        filled = [
            self._fill(request, group, method, part_of_progress(fill, *share))
            for group, share in zip(groups, _shares(groups), strict=True)
        ]
        seconds = {"face": found - started, "restoration": time.perf_counter() - found}
        result = answer(asked, whole, request, method.descriptor, filled, seconds)
        progress(Phase.DONE, 1.0)
        return result

    def _fill(
        self, request: RestorationRequest, group: HoleGroup, method: ReadyMethod, progress: Progress
    ) -> FilledGroup:
        """All hypotheses for a group of holes; by what knows no faces where there is none that the method needs."""
        by_face = method.descriptor.needs == "landmarks"
        if by_face and group.sight.landmarks is None:
            method = self._methods.ready(registry.descriptor(FACELESS_METHOD), options=method.options)
        beyond = (OUTSIDE_METHOD, self._fill_plainly)
        filling = fill_hole(
            request, group.hole, group.sight, method.restore, request.hypotheses, by_face, beyond, progress
        )
        return FilledGroup(group, filling, method.descriptor.name)

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


def _searched(
    image: NDArray[Any], mask: NDArray[np.uint8] | None, white: float | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture and its mask, or none, as faces are searched in them: (H, W, 3) and (H, W) uint8."""
    image = picture_of(image)
    hole = np.zeros(image.shape[:2], np.uint8) if mask is None else mask_of(mask, image)[0]
    return rgb8(to_full_scale(image, scale_in(image, hole, white))), hole


def _narrow(request: RestorationRequest, method: ReadyMethod) -> tuple[RestorationRequest, RestorationRequest]:
    """The request on the full scale, and with the mask of what the method takes for damage; mostly all of it."""
    whole = request.on_full_scale()
    if method.descriptor.narrow is None:
        return whole, whole
    return whole, replace(whole, mask=method.descriptor.narrow(whole, method.options))


def _shares(groups: Sequence[HoleGroup]) -> list[tuple[float, float]]:
    """From where to where the progress of each group goes: faces take the longer, whatever their size."""
    weights = [1.0 if group.sight.landmarks is not None else 0.3 for group in groups]
    ends = np.cumsum(weights) / sum(weights)
    return [(float(end - weight / sum(weights)), float(end)) for weight, end in zip(weights, ends, strict=True)]


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
