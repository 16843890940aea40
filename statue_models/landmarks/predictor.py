"""What finds 68 landmarks: the protocol that predictors follow, and the registry that loads them once.

A predictor sees small pictures with their masks and knows nothing of photographs; the search (``search.py``)
decides where to look. Whatever it needs in place of the hole is its own affair: FaceMesh, which knows no masks, fills
it; a network trained on masked crops takes picture and mask as they are.
"""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks


class LandmarkPredictor(Protocol):
    """Finds landmarks in small pictures; deterministic.

    Attributes:
        name: what ``Landmarks.source`` will say.
        lowest_score: below it nothing is a face.
        sure_score: from it on, looking further is not worth the time.
    """

    name: str
    lowest_score: float
    sure_score: float

    def propose(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> list[Landmarks]:
        """The faces that a picture may show, in pixels of it, in any order; an empty list where there is none.

        Args:
            rgb: (H, W, 3) uint8.
            mask: (H, W) uint8, > 0 = missing.
        """
        ...

    def refine(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        """The face that lies in ``frame`` (as ``frame_of_landmarks`` would put it, following the roll), with sigma.

        Args:
            rgb: (H, W, 3) uint8.
            mask: (H, W) uint8, > 0 = missing.
            frame: in pixels of the picture.
        """
        ...


Loader = Callable[[Path | None], LandmarkPredictor]

#: Name -> "module:function" of its loader, which takes the directory of the model files or None (the usual places).
LOADERS = {
    "facemesh": "statue_models.landmarks.facemesh:load",
    "landmarknet": "statue_models.landmarks.landmarknet:load",
}


def default_predictor() -> str:
    """The best one that can run here: our own network, or FaceMesh where PyTorch is not installed."""
    trained = models_file.predictor_entry("landmarknet").weights is not None
    return "landmarknet" if trained and models_file.has_torch() else "facemesh"


def check_predictor(name: str) -> None:
    """Whether there is a predictor of that name, loaded or not.

    Raises:
        StatueError: ``unknown-predictor``.
    """
    known = ("default", *LOADERS)
    if name not in known:
        raise StatueError("unknown-predictor", name=name, known=", ".join(known))


def predictor(name: str = "default", models: Path | None = None) -> LandmarkPredictor:
    """A landmark predictor by its name, loaded once per process and directory.

    Args:
        name: a key of ``LOADERS``, or "default".
        models: directory of its model files; None = the usual places.

    Raises:
        StatueError: ``unknown-predictor``, or what the loader raises (``weights-missing``, ``weights-hash``).
    """
    check_predictor(name)
    return _load(default_predictor() if name == "default" else name, None if models is None else Path(models).resolve())


@cache
def _load(name: str, models: Path | None) -> LandmarkPredictor:
    module, function = LOADERS[name].split(":")
    loader: Loader = getattr(importlib.import_module(module), function)
    return loader(models)
