"""Which landmark predictors a run uses: for the methods, for completed faces, for the landmark table."""

import argparse
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.landmarks.predictor import LOADERS, LandmarkPredictor, default_predictor, predictor

#: What the landmark table shows beside the program's own choice, unless others are named.
LANDMARK_BASELINE = "facemesh"
#: The one that takes other weights; a training run calls its file so.
NETWORK = "landmarknet"


def named_predictor(name: str | None, models: Path | None) -> LandmarkPredictor:
    """A landmark predictor.

    Args:
        name: None for the program's default; NAME; landmarknet@FILE for other weights, FILE or the folder of a training
            run.
        models: folder of FaceMesh's files; None = the usual places.

    Raises:
        StatueError: ``usage`` for an unknown name; what the loader raises.
    """
    if name is None:
        return predictor(models=models)
    plain, at, file = name.partition("@")
    if plain not in LOADERS or (at and plain != NETWORK):
        known = ", ".join([*LOADERS, f"{NETWORK}@FILE"])
        raise StatueError("usage", reason=f"There is no landmark predictor called {name}; there are {known}")
    if not at:
        return predictor(name, models)
    path = Path(file) / f"{NETWORK}.safetensors" if Path(file).is_dir() else Path(file)
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    from statue_models.landmarks.landmarknet import from_file

    return from_file(path, None, models)


def predictors(
    options: argparse.Namespace,
) -> tuple[LandmarkPredictor | None, dict[str, LandmarkPredictor], list[str]]:
    """Who finds the landmarks, or at least those of completed faces; the landmark table's by name; what is missing.

    Raises:
        StatueError: as ``named_predictor`` does, for what was asked for and for what cannot be done without.
    """
    missing: list[str] = []

    def optional(what: str, name: str | None) -> LandmarkPredictor | None:
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
        finder = optional("Completed-face NME", None)
    if options.landmark_predictors is not None:
        table_of = {name: named_predictor(name, options.landmark_models) for name in options.landmark_predictors}
    else:
        usual = dict.fromkeys([LANDMARK_BASELINE, default_predictor()])
        found = {name: optional(f"Landmarks of {name}", name) for name in usual}
        table_of = {name: one for name, one in found.items() if one is not None}
    return finder, table_of, missing
