"""What was measured of the files that came with the program: ``models.json`` in types. The files lie in ``weights/``.

Publishing writes it. What a method or a landmark predictor *is*, its own folder says (``methods``, ``landmarks``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MODELS = Path(__file__).with_name("models.json")
WEIGHTS = Path(__file__).with_name("weights")


@dataclass(frozen=True)
class Facts:
    """One row of ``models.json``.

    Attributes:
        name: of the method, the landmark predictor, or the part that several are built on.
        weights: file in ``statue_models/weights``, or None.
        sha256: of that file.
        parameters: number of trained parameters; 0 without a network.
        quality: measured by ``training/evaluation``: suite -> metric -> value.
        of: of a part, the names of the methods that are built on it.
    """

    name: str
    weights: str | None = None
    sha256: str | None = None
    parameters: int = 0
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    of: tuple[str, ...] = ()

    @property
    def path(self) -> Path | None:
        """Where the weights lie, or None."""
        return None if self.weights is None else WEIGHTS / self.weights

    def to_json(self) -> dict[str, Any]:
        """What ``statue models --json`` shows of it."""
        shown = ("weights", "sha256", "parameters", "quality")
        return {name: getattr(self, name) for name in shown}


@cache
def _rows() -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(MODELS.read_text(encoding="utf-8"))
    return rows


def _facts(table: str) -> dict[str, Facts]:
    return {row["name"]: Facts(**{**row, "of": tuple(row.get("of", ()))}) for row in _rows()[table]}


def facts_of(name: str) -> Facts:
    """What was measured of a method or a landmark predictor; nothing yet, where there is no row."""
    return (_facts("methods") | _facts("predictors")).get(name, Facts(name))


def parts() -> Mapping[str, Facts]:
    """What several methods are built on, by name: "head" and "appearance"."""
    return _facts("parts")


def preferred(table: str = "methods") -> list[str]:
    """Names of "methods" or "predictors", the best first: the first that can run here is the default."""
    return [str(name) for name in _rows()["preferred"][table]]


def how_to_train(name: str) -> str:
    """What to do where a published system has no weights yet; its recipe has its name."""
    run = f"runs/{name}"
    train = f"python -m training train {name} --reduced --out {run}"
    return f"Train it in a checkout of the project with '{train}', then 'python -m training publish {run}'."


@cache
def has_torch() -> bool:
    """Whether PyTorch is installed; does not load it."""
    return find_spec("torch") is not None
