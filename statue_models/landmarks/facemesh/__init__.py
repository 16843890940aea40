"""``facemesh``: MediaPipe's face detector and face mesh, run by OpenCV."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.landmarks.descriptor import PredictorDescriptor

if TYPE_CHECKING:
    from statue_models.landmarks.predictor import LandmarkPredictor


def _load(weights: Path | None, sha256: str | None, models: Path | None) -> "LandmarkPredictor":
    from statue_models.landmarks.facemesh.facemesh import load

    return load(models)


DESCRIPTOR = PredictorDescriptor(
    name="facemesh",
    kind="files",
    licence="Apache-2.0 (MediaPipe)",
    how="BlazeFace finds faces, FaceMesh puts 468 vertices on each; the hole is filled before they look.",
    load=_load,
    # 280 composed pictures, 40 heads in profile (never right) and the 275 cases of check: it is sure of heads that it
    # sees half of, and often places them wrongly.
    shares=(
        (0.001, 0.024, 0.179, 0.41, 0.641, 0.793, 0.852, 0.912, 0.958),
        (0.067, 0.089, 0.222, 0.4, 0.58, 0.756, 0.818, 0.836, 0.891),
    ),
)
