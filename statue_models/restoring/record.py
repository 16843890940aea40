"""The record of a restoration: what was asked, what was done, with what, and how long it took."""

import os
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import cv2
import numpy as np

import statue_models
from statue_models import places
from statue_models.landmarks.predictor import notes_of
from statue_models.methods.descriptor import MethodDescriptor
from statue_models.models_file import parts
from statue_models.notes import Note
from statue_models.request import RestorationRequest, RestoredGroup
from statue_models.threads import THREADS


@cache
def _installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def record(
    request: RestorationRequest,
    method: MethodDescriptor,
    groups: Sequence[tuple[RestoredGroup, Mapping[str, object]]],
    notes: Sequence[Note],
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """All that a restoration was made of, JSON-ready.

    Args:
        request: what was asked. method: what restored.
        groups: of the holes, with the facts of the work on each; the first is shown in front, too.
        notes: of the restoration; those of what the request was made from and of how the landmarks were found come
            before them.
        seconds: spent in each part of the work.
    """
    found = [note for group, _ in groups if group.landmarks is not None for note in notes_of(group.landmarks)]
    told = [{**group.to_json(), "facts": dict(facts)} for group, facts in groups]
    return {
        "schema": 1,
        "program": {"name": places.NAME, "version": statue_models.__version__},
        "request": request.to_json(),
        "method": {
            "name": method.name,
            "kind": method.kind,
            "weights_sha256": method.facts.sha256,
            "parts_sha256": {part.name: part.sha256 for part in parts().values() if method.name in part.of},
            "notes": told[0]["facts"],
        },
        "notes": [note.to_json() for note in _once((*request.notes, *found, *notes))],
        "landmarks": told[0]["landmarks"],
        "frame": told[0]["frame"],
        "groups": told,
        "engine": {
            "name": "torch" if method.kind == "network" else "numpy",
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "scipy": _installed_version("scipy"),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "threads": dict(THREADS),
            "cores": os.cpu_count(),
        },
        "seconds": {part: round(spent, 4) for part, spent in seconds.items()},
    }


def _once(notes: Sequence[Note]) -> list[Note]:
    """The notes in their order, none twice."""
    return [note for number, note in enumerate(notes) if note not in notes[:number]]
