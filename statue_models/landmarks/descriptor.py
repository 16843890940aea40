"""What a landmark predictor's folder says of it, without loading anything.

A folder of this room exports ``DESCRIPTOR``; registry, front ends and evaluation find predictors by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from statue_models.errors import StatueError, require_package
from statue_models.models_file import Facts, facts_of, has_torch

if TYPE_CHECKING:
    from statue_models.landmarks.predictor import LandmarkPredictor

#: (weights file or None, its sha256 or None, folder of FaceMesh's files or None = the usual places) -> the predictor.
Load = Callable[[Path | None, str | None, Path | None], "LandmarkPredictor"]


@dataclass(frozen=True)
class PredictorDescriptor:
    """A landmark predictor, before it is loaded.

    Attributes:
        name: what ``--predictor`` takes.
        kind: "network" (needs PyTorch and weights of our own) or "files" (reads files that the installer fetched).
        licence: of code and weights, SPDX names.
        how: one sentence on how it works.
        load: makes it; its imports happen there.
        shares: (scores, shares), both rising: what a score is worth, the share of frames found with it that are right.
            ``python -m training frames --calibrate`` measures them.
        untrained: of a network whose weights are not published, what to do instead.
        published: a system of others, here to be compared with.
    """

    name: str
    kind: Literal["network", "files"]
    licence: str
    how: str
    load: Load = field(repr=False, compare=False)
    shares: tuple[tuple[float, ...], tuple[float, ...]]
    untrained: str = "Choose the landmark predictor facemesh."
    published: bool = False

    @property
    def facts(self) -> Facts:
        """What was measured of it."""
        return facts_of(self.name)

    @property
    def trained(self) -> bool:
        """Whether this version can run it."""
        return self.kind != "network" or self.facts.weights is not None

    @property
    def runs_here(self) -> bool:
        """Whether this machine can run it, as far as can be told without looking for its files."""
        return self.trained and (self.kind != "network" or has_torch())

    def probability(self, score: float) -> float:
        """The share of right frames among those that this predictor gives a score."""
        return float(np.interp(score, *self.shares))

    def to_json(self) -> dict[str, Any]:
        """What ``statue models --json`` shows."""
        return {
            "name": self.name,
            "kind": self.kind,
            "trained": self.trained,
            **self.facts.to_json(),
            "licence": self.licence,
            "how": self.how,
            "published": self.published,
            "untrained": "" if self.trained else self.untrained,
        }

    def open(
        self, models: Path | None = None, weights: Path | None = None, sha256: str | None = None
    ) -> "LandmarkPredictor":
        """The predictor, ready to use.

        Args:
            models: folder of FaceMesh's files; None = the usual places.
            weights: other weights than the published ones; networks only. sha256: their checksum, or None.

        Raises:
            StatueError: ``untrained-model``, ``missing-package``, ``weights-missing``, or another of the weights'.
        """
        if weights is None:
            weights, sha256 = self.facts.path, self.facts.sha256
        if self.kind == "network" and weights is None:
            raise StatueError("untrained-model", name=self.name, how=self.untrained)
        with require_package("torch", "Choose the landmark predictor facemesh, or install PyTorch."):
            return self.load(weights, sha256, models)
