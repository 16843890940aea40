"""The record of a restoration: what was asked, what was done, with what, and how long it took."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import cv2
import numpy as np

import statue_models
from statue_models import places
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.models_file import parts
from statue_models.request import RestorationRequest
from statue_models.threads import THREADS


class Clock:
    """Seconds spent in each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, phase: str) -> None:
        """What has passed since the last call, or since the clock was made, was spent in this phase."""
        now = time.perf_counter()
        self.seconds[phase] = round(now - self._last, 4)
        self._last = now


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def record(
    request: RestorationRequest,
    method: MethodDescriptor,
    landmarks: Landmarks | None,
    frame: FaceFrame,
    size: int,
    notes: dict[str, object],
    clock: Clock,
) -> dict[str, Any]:
    """The record, ready for JSON; docs/cli.md says what ``--report`` writes of it.

    Args:
        request: what was asked. method: what answered. landmarks: given or found, or None.
        frame, size: of the crop that the method saw, its side in crop pixels.
        notes: the method's own facts. clock: the seconds of each phase.
    """
    return {
        "schema": 1,
        "program": {"name": places.NAME, "version": statue_models.__version__},
        "request": request.to_json(),
        "method": {
            "name": method.name,
            "kind": method.kind,
            "weights_sha256": method.facts.sha256,
            "parts_sha256": {part.name: part.sha256 for part in parts().values() if method.name in part.of},
            "notes": notes,
        },
        "landmarks": None if landmarks is None else landmarks.to_json(),
        "frame": frame.to_json(size),
        "engine": {
            "name": "torch" if method.kind == "network" else "numpy",
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "scipy": _installed("scipy"),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "threads": dict(THREADS),
            "cores": os.cpu_count(),
        },
        "seconds": clock.seconds,
    }
