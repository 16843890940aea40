"""The pipeline, and the public API: ``Restorer().restore(request) -> Restoration``."""

import os
import platform
import threading
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import statue_models
from statue_models import registry
from statue_models.errors import StatueError
from statue_models.fitting.interpolation import nearest
from statue_models.restoring.compositing import LUMA, composite
from statue_models.restoring.detail import FineDetail, enlarge
from statue_models.restoring.face_frame import FaceFrame, working_size
from statue_models.restoring.face_search import find_face
from statue_models.restoring.landmark_predictor import LandmarkPredictor, predictor
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.method import Answer, Crop, Fill, Method
from statue_models.restoring.request import (
    Progress,
    Restoration,
    RestorationRequest,
    Variant,
    no_progress,
    variant_seed,
)

#: How far the face frame may be widened so that the whole hole lies in it; what is still outside is interpolated.
WIDEST = 2.0
#: The frame of models that know no faces: the selection's box with half its size as margin.
SELECTION_MARGIN = 2.0
LARGEST_SELECTION = 1024
OUTSIDE_METHOD = "telea"
UNCERTAINTY_SCALE = 4 * 255
#: Sums in another order differ in the last bits: one thread gives the same bytes on one core and on sixty-four. The
#: matrices are small, so more threads would not be faster either.
BLAS_THREADS = 1

Rectangle = tuple[int, int, int, int]


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
            return find_face(_rgb8(image), hole, self._find_predictor(), face=face, progress=progress)

    def _restored(self, request: RestorationRequest, progress: Progress) -> Restoration:
        clock = _Clock()
        entry = registry.entry(request.model)
        device = request.device if request.device != "auto" else self._device
        method = self._method(entry.name, _usable(device), request.precision, request.steps)
        seeds = [variant_seed(request.seed, number) for number in range(request.variants)]
        rectangle = _bounding_box(request.mask)
        landmarks: Landmarks | None = None
        progress("finding the face", 0.0)
        if entry.frame == "face":
            landmarks, frame = find_face(
                _rgb8(request.image),
                request.mask,
                self._find_predictor() if request.landmarks is None else _no_predictor(),
                face=request.face,
                landmarks=request.landmarks,
                progress=_part(progress, 0.0, 0.2),
            )
            frame = _widened(frame, rectangle)
            size = working_size(frame)
        else:
            frame, size = _selection_frame(rectangle)
        clock.note("face")
        plugged = replace(request, image=_plugged(request))
        crop = _crop(plugged, frame, size, landmarks)
        answer = method.restore(crop, seeds, _part(progress, 0.2, 0.85))
        clock.note("restoration")
        variants, outside = self._into_photograph(request, plugged, rectangle, frame, crop, answer, seeds, progress)
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
            record=_record(request, entry, landmarks, frame, size, notes, clock),
        )

    def _into_photograph(
        self,
        request: RestorationRequest,
        plugged: RestorationRequest,
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
        unseen = (mask > 0) & ~_seen(frame, rectangle)
        window = _frame_window(frame, request.image.shape)
        luma = _unit(plugged.image, window) @ np.array(LUMA, np.float32)
        detail = FineDetail(luma, window[:2], crop, frame, rectangle, mask > 0)
        plain = self._interpolated(plugged, rectangle) if unseen.any() else None
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
        frame, size = _selection_frame(rectangle)
        crop = _crop(request, frame, size, None)
        answer = self._method(OUTSIDE_METHOD, "cpu", "fp32", None).restore(crop, [0], no_progress)
        return enlarge(_complete(answer.fills[0], crop), frame, rectangle)

    def _method(self, name: str, device: str, precision: str, steps: int | None) -> Method:
        key = (name, device, precision, steps)
        if key not in self._methods:
            self._methods[key] = registry.method(name, device, precision, steps)
        return self._methods[key]

    def _find_predictor(self) -> LandmarkPredictor:
        if self._predictor is None:
            self._predictor = predictor("facemesh", self._landmark_models)
        return self._predictor


class _Clock:
    """Seconds spent in each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase] = round(now - self._last, 4)
        self._last = now


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


def _bounding_box(mask: NDArray[np.uint8] | NDArray[np.bool_]) -> Rectangle:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y


def _widened(frame: FaceFrame, rectangle: Rectangle) -> FaceFrame:
    """The frame, widened about its centre until the rectangle lies in it, but not beyond ``WIDEST``."""
    x, y, width, height = rectangle
    corners = np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]], float)
    reach = np.abs(frame.to_crop(corners, 2) - 1).max()  # 1 = the frame's edge
    return FaceFrame(frame.centre, frame.side * float(np.clip(reach * 1.08, 1, WIDEST)), frame.angle)


def _selection_frame(rectangle: Rectangle) -> tuple[FaceFrame, int]:
    x, y, width, height = rectangle
    side = SELECTION_MARGIN * max(width, height, 16)
    size = min(LARGEST_SELECTION, 16 * int(np.ceil(side / 16)))
    return FaceFrame((x + width / 2, y + height / 2), side, 0.0), size


def _seen(frame: FaceFrame, rectangle: Rectangle) -> NDArray[np.bool_]:
    """(h, w) which of the rectangle's pixels the frame holds."""
    x, y, width, height = rectangle
    columns, rows = np.meshgrid(np.arange(x, x + width) + 0.5, np.arange(y, y + height) + 0.5)
    places = frame.to_crop(np.stack([columns.ravel(), rows.ravel()], 1), 1)
    return ((places >= 0) & (places <= 1)).all(1).reshape(height, width)


def _frame_window(frame: FaceFrame, shape: tuple[int, ...]) -> Rectangle:
    """The part (x, y, width, height) of the photograph that the frame touches."""
    corners = frame.to_photograph(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float), 1)
    limit = np.array([shape[1], shape[0]])
    low = np.clip(np.floor(corners.min(0)), 0, limit - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0)), low + 1, limit).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _unit(image: NDArray[Any], window: Rectangle) -> NDArray[np.float32]:
    """A part of the photograph as (h, w, 3) float32 in [0, 1], without alpha."""
    x, y, width, height = window
    part = image[y : y + height, x : x + width]
    part = part[..., :3] if part.shape[2] >= 3 else np.repeat(part[..., :1], 3, axis=2)
    top = 1.0 if part.dtype == np.float32 else np.iinfo(part.dtype).max
    return np.clip(part / np.float32(top), 0, 1).astype(np.float32)


def _rgb8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """The photograph as (H, W, 3) uint8 for the face search; no copy where it already is that."""
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return image
    part = image[..., :3] if image.shape[2] >= 3 else np.repeat(image[..., :1], 3, axis=2)
    if part.dtype == np.uint16:
        return (part >> 8).astype(np.uint8)
    return (
        np.round(np.clip(part, 0, 1) * 255).astype(np.uint8) if part.dtype == np.float32 else np.ascontiguousarray(part)
    )


def _plugged(request: RestorationRequest) -> NDArray[Any]:
    """The photograph with the nearest visible sample wherever it is missing or fully transparent.

    Resampling mixes neighbours: paint that marks the damage would tint the stone beside the hole, and with it the fill.
    """
    image, nothing = request.image, request.mask > 0
    if image.shape[2] in (2, 4):
        nothing = nothing | (image[..., -1] <= 0)
    x, y, width, height = _bounding_box(nothing)
    box = np.s_[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1]
    colours = 3 if image.shape[2] >= 3 else 1
    out = image.copy()
    out[box][..., :colours] = nearest(image[box][..., :colours], nothing[box])
    return out


def _crop(request: RestorationRequest, frame: FaceFrame, size: int, landmarks: Landmarks | None) -> Crop:
    image = request.image
    colours, inside = frame.crop(image[..., :3] if image.shape[2] >= 3 else image[..., :1], size)
    hole = frame.crop_mask(request.mask, size) > 0
    if image.shape[2] in (2, 4):  # what is fully transparent shows nothing
        clear = (image[..., -1] <= 0).astype(np.uint8)
        inside = inside & (frame.crop_mask(clear, size) == 0)
    return Crop(
        rgb=_unit(colours, (0, 0, size, size)),
        hole=hole,
        known=inside & ~hole,
        landmarks=None if landmarks is None else frame.to_crop(landmarks.points, size),
        hidden=None if landmarks is None else landmarks.hidden,
        scale=frame.side / size,
    )


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


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _record(
    request: RestorationRequest,
    entry: registry.ModelEntry,
    landmarks: Landmarks | None,
    frame: FaceFrame,
    size: int,
    notes: dict[str, object],
    clock: _Clock,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "program": {"name": "restore-statue-face", "version": statue_models.__version__},
        "request": request.to_json(),
        "method": {"name": entry.name, "kind": entry.kind, "weights_sha256": entry.sha256, "notes": notes},
        "landmarks": None if landmarks is None else landmarks.to_json(),
        "frame": frame.to_json() | {"size": size},
        "engine": {
            "name": "torch" if entry.kind == "network" else "numpy",
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "scipy": _installed("scipy"),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "threads": {"blas": BLAS_THREADS, "opencv": cv2.getNumThreads()},
            "cores": os.cpu_count(),
        },
        "seconds": clock.seconds,
    }
