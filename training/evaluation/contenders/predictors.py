"""Which landmark predictors a run uses: for the methods, for completed faces, for the landmark table."""

import argparse
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.landmarks import registry
from statue_models.landmarks.predictor import LandmarkPredictor

#: What the landmark table shows beside the program's own choice, unless others are named.
LANDMARK_BASELINE = "facemesh"


def named_predictor(name: str | None, models: Path | None) -> LandmarkPredictor:
    """A landmark predictor.

    Args:
        name: None for the program's default; NAME; NAME@FILE for other weights of a network, FILE or the folder of a
            training run.
        models: folder of FaceMesh's files; None = the usual places.

    Raises:
        StatueError: ``usage`` for an unknown name; what the loader raises.
    """
    if name is None:
        return registry.predictor(models=models)
    plain, at, file = name.partition("@")
    described = {one.name: one for one in registry.descriptors()}
    if plain not in described or (at and described[plain].kind != "network"):
        known = ", ".join([*described, *(f"{one.name}@FILE" for one in described.values() if one.kind == "network")])
        raise StatueError("usage", reason=f"There is no landmark predictor called {name}; there are {known}")
    if not at:
        return registry.predictor(name, models)
    path = Path(file) / f"{plain.replace('-', '_')}.safetensors" if Path(file).is_dir() else Path(file)
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    return described[plain].open(models, path)


def predictors(
    options: argparse.Namespace,
) -> tuple[LandmarkPredictor | None, dict[str, LandmarkPredictor], list[str]]:
    """Who finds the landmarks, or at least those of completed faces; the landmark table's by name; what is missing.

    Raises:
        StatueError: as ``named_predictor`` does, for what was asked for and for what cannot be done without.
    """
    missing: list[str] = []

    def find_predictor(what: str, name: str | None) -> LandmarkPredictor | None:
        try:
            return named_predictor(name, options.landmark_models)
        except StatueError as error:
            if error.code != "weights-missing":
                raise
            missing.append(f"{what}. {error.sentence} {error.remedy}")
            return None

    if options.landmarks == "found" or options.predictor:
        finder: LandmarkPredictor | None = named_predictor(options.predictor, options.landmark_models)
    else:
        finder = find_predictor("Completed-face NME", None)
    if options.landmark_predictors is not None:
        table_of = {name: named_predictor(name, options.landmark_models) for name in options.landmark_predictors}
    else:
        usual = dict.fromkeys([LANDMARK_BASELINE, registry.descriptor("default").name])
        found = {name: find_predictor(f"Landmarks of {name}", name) for name in usual}
        table_of = {name: one for name, one in found.items() if one is not None}
    return finder, table_of, missing
