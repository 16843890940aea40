"""What came with the program: ``models.json`` in types. Its weights lie in ``weights/``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from statue_models.errors import StatueError

MODELS = Path(__file__).with_name("models.json")
WEIGHTS = Path(__file__).with_name("weights")


@dataclass(frozen=True)
class ModelEntry:
    """One row of ``models.json``.

    Attributes:
        name: what ``--model`` takes.
        title: for menus.
        kind: "fit" (a model fitted to the photograph), "network" or "classical".
        frame: "face" (needs landmarks) or "selection" (looks at the surroundings of the hole only).
        trained: whether this version can run it.
        weights: file in ``statue_models/weights``, or None.
        sha256: of that file.
        parameters: number of trained parameters; 0 for methods without a network.
        licence: of code and weights, SPDX names.
        quality: measured on the suites of ``training/evaluation``: suite -> metric -> value.
        how: one sentence on how it works; for an untrained model, what to do instead.
    """

    name: str
    title: str
    kind: Literal["fit", "network", "classical"]
    frame: Literal["face", "selection"]
    trained: bool
    weights: str | None
    sha256: str | None
    parameters: int
    licence: str
    quality: Mapping[str, Mapping[str, float]]
    how: str

    @property
    def weights_path(self) -> Path | None:
        """Where the weights lie, or None."""
        return None if self.weights is None else WEIGHTS / self.weights

    def to_json(self) -> dict[str, Any]:
        """What ``statue models --json`` shows."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class PredictorEntry:
    """One landmark predictor of ``models.json`` that has weights of its own.

    Attributes:
        name, weights, sha256, parameters, licence, quality, how: as for ``ModelEntry``.
    """

    name: str
    weights: str | None
    sha256: str | None
    parameters: int
    licence: str
    quality: Mapping[str, Mapping[str, float]]
    how: str

    @property
    def weights_path(self) -> Path | None:
        """Where the weights lie, or None."""
        return None if self.weights is None else WEIGHTS / self.weights


def predictor_entry(name: str) -> PredictorEntry:
    """The entry of a landmark predictor.

    Raises:
        StatueError: ``unknown-model``.
    """
    for row in json.loads(MODELS.read_text(encoding="utf-8"))["predictors"]:
        if row["name"] == name:
            return PredictorEntry(**row)
    raise StatueError("unknown-model", name=name)


@dataclass(frozen=True)
class Part:
    """What several models are built on, as ``models.json`` names it.

    Attributes:
        name: "head" or "appearance".
        weights, sha256: as for ``ModelEntry``.
        of: names of the models.
    """

    name: str
    weights: str
    sha256: str
    of: tuple[str, ...]

    @property
    def weights_path(self) -> Path:
        """Where the weights lie."""
        return WEIGHTS / self.weights


@cache
def parts() -> Mapping[str, Part]:
    """All parts by name."""
    rows = json.loads(MODELS.read_text(encoding="utf-8"))["parts"]
    return {row["name"]: Part(row["name"], row["weights"], row["sha256"], tuple(row["of"])) for row in rows}


@cache
def _file() -> tuple[str, tuple[ModelEntry, ...]]:
    """The default's name and all entries.

    The default is the first of the preferred models that can run here: trained, and with PyTorch where it is a network.
    """
    data = json.loads(MODELS.read_text(encoding="utf-8"))
    entries = {row["name"]: ModelEntry(**row) for row in data["models"]}
    usable = [n for n in data["preferred"] if entries[n].trained and (entries[n].kind != "network" or has_torch())]
    return usable[0], tuple(entries.values())


def has_torch() -> bool:
    """Whether PyTorch is installed; does not load it."""
    return find_spec("torch") is not None


def models() -> tuple[ModelEntry, ...]:
    """All entries, the default first."""
    default, entries = _file()
    return tuple(sorted(entries, key=lambda row: row.name != default))


def entry(name: str) -> ModelEntry:
    """The entry of a model; "default" names the one that is used when nobody chooses.

    Raises:
        StatueError: ``unknown-model``.
    """
    default, entries = _file()
    wanted = default if name == "default" else name
    for row in entries:
        if row.name == wanted:
            return row
    raise StatueError("unknown-model", name=name)
