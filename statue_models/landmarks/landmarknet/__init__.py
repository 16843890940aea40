"""``landmarknet``: our own network, guided by what FaceMesh sees where that is there."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.landmarks.descriptor import PredictorDescriptor

if TYPE_CHECKING:
    from statue_models.landmarks.predictor import LandmarkPredictor


def _load(weights: Path | None, sha256: str | None, models: Path | None) -> "LandmarkPredictor":
    from statue_models.landmarks.landmarknet.predictor import from_file

    assert weights is not None, "the door opens no network without weights"
    return from_file(weights, sha256, models)


DESCRIPTOR = PredictorDescriptor(
    name="landmarknet",
    kind="network",
    licence="Apache-2.0",
    how="A network sees the masked crop and FaceMesh's answer; it gives each point an ellipse.",
    load=_load,
    # 280 composed pictures, 56 heads in profile (never right) and 180 cases of check.
    shares=(
        (0.02, 0.258, 0.543, 0.663, 0.718, 0.753, 0.851),
        (0.067, 0.267, 0.556, 0.711, 0.867, 0.889, 0.919),
    ),
)
