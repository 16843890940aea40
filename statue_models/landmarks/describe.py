"""How a published landmark regressor describes itself: a row, and a loader that imports its network when opened."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.landmarks.descriptor import PredictorDescriptor
from statue_models.models_file import how_to_train

if TYPE_CHECKING:
    from statue_models.landmarks.predictor import LandmarkPredictor

#: What a score of theirs is taken to be worth: no weights have been calibrated yet, so less than it says. Chosen.
DOUBTED = ((0.05, 0.5, 0.9), (0.1, 0.3, 0.5))


def published(
    name: str, how: str, network: str, shares: tuple[tuple[float, ...], tuple[float, ...]] = DOUBTED
) -> PredictorDescriptor:
    """The descriptor of a published landmark regressor.

    Args:
        name: with hyphens; its recipe has the same.
        how: one sentence on whose it is and how it works.
        network: "module:class" in ``statue_models.networks.published``.
        shares: as ``PredictorDescriptor`` has them.
    """

    def load(weights: Path | None, sha256: str | None, models: Path | None) -> "LandmarkPredictor":
        from statue_models.landmarks.regression import RegressedLandmarks
        from statue_models.networks.loading import read_published

        assert weights is not None, "the door opens no network without weights"
        return RegressedLandmarks(name, read_published(network, weights, sha256))

    return PredictorDescriptor(
        name, "network", "Apache-2.0", how, load, shares, untrained=how_to_train(name), published=True
    )
