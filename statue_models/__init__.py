"""Restores the missing parts of damaged statue faces in photographs.

    from statue_models import Restorer, RestorationRequest

Heavy imports (NumPy, OpenCV, SciPy) happen on first use of a name, so that ``import statue_models`` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Restorer": "statue_models.restoring.restorer",
    "RestorationRequest": "statue_models.request",
    "Restoration": "statue_models.request",
    "Variant": "statue_models.request",
    "Landmarks": "statue_models.face.landmarks68",
    "FaceFrame": "statue_models.face.face_frame",
    "Photograph": "statue_models.pictures.photograph",
    "read_mask": "statue_models.pictures.mask_file",
    "StatueError": "statue_models.errors",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - the keys are names

if TYPE_CHECKING:
    from statue_models.errors import StatueError as StatueError
    from statue_models.face.face_frame import FaceFrame as FaceFrame
    from statue_models.face.landmarks68 import Landmarks as Landmarks
    from statue_models.pictures.mask_file import read_mask as read_mask
    from statue_models.pictures.photograph import Photograph as Photograph
    from statue_models.request import Restoration as Restoration
    from statue_models.request import RestorationRequest as RestorationRequest
    from statue_models.request import Variant as Variant
    from statue_models.restoring.restorer import Restorer as Restorer


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
