"""The pipeline, and the public API: ``Restorer().restore(request) -> Restoration``."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from statue_models import registry
from statue_models.errors import StatueError
from statue_models.restoring.compositing import LUMA, composite
from statue_models.restoring.cropping import (
    Rectangle,
    bounding_box,
    crop_of,
    frame_window,
    plugged,
    rgb8,
    seen,
    selection_frame,
    unit_samples,
    widened,
)
from statue_models.restoring.detail import FineDetail, enlarge
from statue_models.restoring.face_frame import FaceFrame, working_size
from statue_models.restoring.face_search import find_face
from statue_models.restoring.landmark_predictor import LandmarkPredictor, predictor
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.method import Answer, Crop, Fill, Method
from statue_models.restoring.record import BLAS_THREADS, Clock
from statue_models.restoring.record import record as record_of
from statue_models.restoring.request import (
    Progress,
    Restoration,
    RestorationRequest,
    Variant,
    no_progress,
    variant_seed,
)

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
        self._methods: dict[tuple[str, str, str, int | None], Method] = {}
        self._predictor: LandmarkPredictor | None = None
        self._lock = threading.Lock()

    def restore(self, request: RestorationRequest, progress: Progress = no_progress) -> Restoration:
        """Fills the hole with ``request.variants`` hypotheses.

        Raises:
            StatueError: for anything wrong with the request, when no face is found, when the model cannot be used
                here, or "interrupted" when ``progress`` asked for it.
        """
        request = request.checked()
        with self._lock, threadpool_limits(BLAS_THREADS, user_api="blas"):
            try:
                return self._restored(request, progress)
            except MemoryError:
                raise StatueError("out-of-memory") from None
            except cv2.error as error:
                if error.code == cv2.Error.StsNoMem:
                    raise StatueError("out-of-memory") from None
                raise

    def find_landmarks(
        self,
        image: NDArray[Any],
        mask: NDArray[np.uint8] | None = None,
        face: tuple[float, float, float, float] | None = None,
        progress: Progress = no_progress,
    ) -> tuple[Landmarks, FaceFrame]:
        """The 68 landmarks of the face under or next to the mask (of the best face without one).

        Args:
            image: as in ``RestorationRequest``.
            mask: as there, or None.
            face: (x, y, width, height) in pixels, or None to search.
        """
        hole = np.zeros(image.shape[:2], np.uint8) if mask is None else mask
        with self._lock:
            return find_face(rgb8(image), hole, self._find_predictor(), face=face, progress=progress)

    def _restored(self, request: RestorationRequest, progress: Progress) -> Restoration:
        clock = Clock()
        entry = registry.entry(request.model)
        device = request.device if request.device != "auto" else self._device
        method = self._method(entry.name, _usable(device), request.precision, request.steps)
        seeds = [variant_seed(request.seed, number) for number in range(request.variants)]
        rectangle = bounding_box(request.mask)
        landmarks: Landmarks | None = None
        progress("finding the face", 0.0)
        if entry.frame == "face":
            landmarks, frame = find_face(
                rgb8(request.image),
                request.mask,
                self._find_predictor() if request.landmarks is None else _no_predictor(),
                face=request.face,
                landmarks=request.landmarks,
                progress=_part(progress, 0.0, 0.2),
            )
            frame = widened(frame, rectangle)
            size = working_size(frame)
        else:
            frame, size = selection_frame(rectangle)
        clock.note("face")
        clean = replace(request, image=plugged(request))
        crop = crop_of(clean, frame, size, landmarks)
        answer = method.restore(crop, seeds, _part(progress, 0.2, 0.85))
        clock.note("restoration")
        variants, outside = self._into_photograph(request, clean, rectangle, frame, crop, answer, seeds, progress)
        clock.note("photograph")
        progress("done", 1.0)
        notes = dict(answer.notes)
        if outside:
            notes["outside_the_frame"] = {"pixels": outside, "method": OUTSIDE_METHOD}
        return Restoration(
            variants=variants,
            rectangle=rectangle,
            landmarks=landmarks,
            frame=frame.to_json() | {"size": size},
            uncertainty=_uncertainty(answer, frame, rectangle, request.mask),
            record=record_of(request, entry, landmarks, frame, size, notes, clock),
        )

    def _into_photograph(
        self,
        request: RestorationRequest,
        clean: RestorationRequest,
        rectangle: Rectangle,
        frame: FaceFrame,
        crop: Crop,
        answer: Answer,
        seeds: list[int],
        progress: Progress,
    ) -> tuple[tuple[Variant, ...], int]:
        """Every fill at the photograph's resolution, and the number of hole pixels that the frame did not see."""
        x, y, width, height = rectangle
        mask = request.mask[y : y + height, x : x + width]
        unseen = (mask > 0) & ~seen(frame, rectangle)
        window = frame_window(frame, request.image.shape)
        luma = unit_samples(clean.image, window) @ np.array(LUMA, np.float32)
        detail = FineDetail(luma, window[:2], crop, frame, rectangle, mask > 0)
        plain = self._interpolated(clean, rectangle) if unseen.any() else None
        variants = []
        for number, (seed, fill) in enumerate(zip(seeds, answer.fills, strict=True)):
            progress("blending", 0.85 + 0.15 * number / len(seeds))
            picture = enlarge(_complete(fill, crop), frame, rectangle)
            picture += detail.of(fill)[..., None]
            if plain is not None:
                picture[unseen] = plain[unseen]
            pixels = composite(request.image, rectangle, np.clip(picture, 0, 1), mask)
            variants.append(Variant(pixels, seed))
        return tuple(variants), int(unseen.sum())

    def _interpolated(self, request: RestorationRequest, rectangle: Rectangle) -> NDArray[np.float32]:
        """The whole hole closed by plain interpolation, (h, w, 3) over the rectangle."""
        frame, size = selection_frame(rectangle)
        crop = crop_of(request, frame, size, None)
        answer = self._method(OUTSIDE_METHOD, "cpu", "fp32", None).restore(crop, [0], no_progress)
        return enlarge(_complete(answer.fills[0], crop), frame, rectangle)

    def _method(self, name: str, device: str, precision: str, steps: int | None) -> Method:
        key = (name, device, precision, steps)
        if key not in self._methods:
            self._methods[key] = registry.method(name, device, precision, steps)
        return self._methods[key]

    def _find_predictor(self) -> LandmarkPredictor:
        if self._predictor is None:
            self._predictor = predictor("default", self._landmark_models)
        return self._predictor


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda phase, fraction: progress(phase, start + (end - start) * fraction)


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


def _complete(fill: Fill, crop: Crop) -> NDArray[np.float32]:
    """The fill in the hole and the photograph around it, so that enlarging does not mix in anything else."""
    return np.where(crop.hole[..., None], fill.rgb, crop.rgb).astype(np.float32)


def _uncertainty(
    answer: Answer, frame: FaceFrame, rectangle: Rectangle, mask: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    if answer.uncertainty is None:
        return None
    x, y, width, height = rectangle
    spread = np.clip(enlarge(answer.uncertainty, frame, rectangle) * UNCERTAINTY_SCALE, 0, 255)
    return np.where(mask[y : y + height, x : x + width] > 0, np.round(spread), 0).astype(np.uint8)
