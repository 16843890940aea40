"""The pipeline, and the public API: ``Restorer().restore(request) -> Restoration``."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, report_out_of_memory
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame, working_size
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.registry import predictor
from statue_models.landmarks.search import find_face
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.methods.registry import LoadedMethods
from statue_models.phases import Phase
from statue_models.pixels.overlay import part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import rgb8
from statue_models.request import (
    Progress,
    Restoration,
    RestorationRequest,
    Variant,
    check_mask,
    check_picture,
    no_progress,
    part_of_progress,
)
from statue_models.restoring.compositing import composite_pieces
from statue_models.restoring.cracks import is_thin_without_face
from statue_models.restoring.cropping import selection_frame, widen_to_hold
from statue_models.restoring.filling import FOUND, filling
from statue_models.restoring.record import Clock
from statue_models.restoring.record import record as record_of
from statue_models.threads import one_thread

OUTSIDE_METHOD = "telea"
UNCERTAINTY_SCALE = 4 * 255


class Restorer:
    """Restores photographs; keeps models loaded. Safe to share between threads: one request at a time.

    Args:
        device: for requests that leave it at "auto": "auto", "cpu" or "cuda".
        landmark_models: folder of the landmark predictor's files; None = where the installer put them.
    """

    def __init__(self, device: str = "auto", landmark_models: Path | None = None) -> None:
        self._device = device
        self._landmark_models = landmark_models
        self._methods = LoadedMethods()
        self._predictor: LandmarkPredictor | None = None
        self._lock = threading.Lock()

    def restore(self, request: RestorationRequest, progress: Progress = no_progress) -> Restoration:
        """Fills the hole with ``request.variants`` hypotheses.

        Raises:
            StatueError: for anything wrong with the request, when no face is found, when the model cannot be used
                here, or "interrupted" when ``progress`` asked for it.
        """
        request = request.checked()
        with self._lock, one_thread(), report_out_of_memory():
            return self._restored(request, progress)

    def find_landmarks(
        self,
        image: NDArray[Any],
        mask: NDArray[np.uint8] | None = None,
        face: FaceBox | None = None,
        progress: Progress = no_progress,
    ) -> tuple[Landmarks, FaceFrame]:
        """The 68 landmarks of the face under or next to the mask (of the best face without one).

        Args:
            image: as in ``RestorationRequest``.
            mask: as there, or None.
            face: where it is, or None to search.

        Raises:
            StatueError: for a picture or a mask that is none, when no face is found, or "interrupted".
        """
        check_picture(image)
        hole = np.zeros(image.shape[:2], np.uint8) if mask is None else mask
        check_mask(hole, image)
        with self._lock, one_thread(), report_out_of_memory():
            return find_face(rgb8(image), hole, self._find_predictor(), face=face, progress=progress)

    def _restored(self, request: RestorationRequest, progress: Progress) -> Restoration:
        clock = Clock()
        chosen = self._describe(request.model)
        device = _usable(request.device if request.device != "auto" else self._device)
        options = chosen.options_of(request)
        method, plain = self._methods.get(chosen, device, request.precision), registry.descriptor(OUTSIDE_METHOD)
        outside = self._methods.get(plain, "cpu")
        rectangle = Rectangle.of_mask(request.mask)
        landmarks: Landmarks | None = None
        progress(Phase.FACE, 0.0)
        needs_face = chosen.needs == "landmarks" and not is_thin_without_face(request)
        if needs_face:
            landmarks, frame = find_face(
                rgb8(request.image),
                request.mask,
                self._find_predictor() if request.landmarks is None else _no_predictor(),
                face=request.face,
                landmarks=request.landmarks,
                progress=part_of_progress(progress, 0.0, FOUND),
            )
            size = working_size(frame)
        else:
            frame, size = selection_frame(rectangle)
        clock.note("face")
        done = filling(
            request,
            lambda crop, hypotheses, report: method.restore(crop, hypotheses, options, report),
            lambda part: _framed(frame, part) if needs_face else (frame, size),
            landmarks,
            request.hypotheses,
            thin_apart=chosen.needs == "landmarks",
            beyond=(plain.name, lambda crop, asked, report: outside.restore(crop, asked, plain.options(), report)),
            progress=progress,
        )
        clock.note("restoration")
        variants = tuple(
            Variant(composite_pieces(request.image, rectangle, request.mask, pieces), hypothesis)
            for hypothesis, pieces in zip(request.hypotheses, done.pieces, strict=True)
        )
        clock.note("photograph")
        progress(Phase.DONE, 1.0)
        frame, size = done.frame or (frame, size)
        return Restoration(
            variants=variants,
            rectangle=rectangle,
            landmarks=landmarks,
            frame=frame,
            size=size,
            uncertainty=_uncertainty(done.uncertainty, rectangle, request.mask),
            record=record_of(request, chosen, landmarks, frame, size, done.notes, clock),
        )

    def _describe(self, name: str) -> MethodDescriptor:
        return registry.descriptor(name)

    def _find_predictor(self) -> LandmarkPredictor:
        if self._predictor is None:
            self._predictor = predictor("default", self._landmark_models)
        return self._predictor


def _no_predictor() -> Any:
    """Given landmarks need no predictor, so its files need not be there either."""
    return None


def _usable(device: str) -> str:
    """The device to run on: "cpu" or "cuda".

    Raises:
        StatueError: ``no-cuda`` when CUDA was asked for and is not there.
    """
    if device == "cuda":
        try:
            import torch
        except ImportError:
            raise StatueError("no-cuda") from None
        if not torch.cuda.is_available():
            raise StatueError("no-cuda")
    return device


def _framed(frame: FaceFrame, rectangle: Rectangle) -> tuple[FaceFrame, int]:
    wide = widen_to_hold(frame, rectangle)
    return wide, working_size(wide)


def _uncertainty(
    spread: NDArray[np.float32] | None, rectangle: Rectangle, mask: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    if spread is None:
        return None
    out = np.zeros(spread.shape, np.uint8)
    for row, (levels, missing) in enumerate(zip(spread, part_of(mask, rectangle) > 0, strict=True)):
        np.copyto(out[row], np.round(np.clip(levels * UNCERTAINTY_SCALE, 0, 255)), where=missing, casting="unsafe")
    return out
