"""What can find landmarks: every descriptor that a folder of this room exports, and the predictors that are loaded."""

import pkgutil
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

import statue_models.landmarks as room
from statue_models.errors import StatueError
from statue_models.landmarks.descriptor import PredictorDescriptor
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.models_file import preferred

#: Predictors that are kept, by name and folder of FaceMesh's files. Chosen.
MOST_LOADED = 4


@cache
def _all() -> dict[str, PredictorDescriptor]:
    folders = [module.name for module in pkgutil.iter_modules(room.__path__) if module.ispkg]
    found = [import_module(f"{room.__name__}.{folder}").DESCRIPTOR for folder in folders]
    return {one.name: one for one in found}


def descriptors() -> tuple[PredictorDescriptor, ...]:
    """All landmark predictors, the default first."""
    default = descriptor("default")
    return (default, *(one for one in _all().values() if one is not default))


def descriptor(name: str) -> PredictorDescriptor:
    """The descriptor of a landmark predictor.

    "default" names the best that can run here: a network, or what reads FaceMesh's files where there is no PyTorch.

    Raises:
        StatueError: ``unknown-predictor``.
    """
    known = _all()
    if name == "default":
        return next(known[one] for one in preferred("predictors") if known[one].runs_here)
    check_predictor(name)
    return known[name]


def check_predictor(name: str) -> None:
    """Whether there is a predictor of that name, loaded or not.

    Raises:
        StatueError: ``unknown-predictor``.
    """
    known = ("default", *_all())
    if name not in known:
        raise StatueError("unknown-predictor", name=name, known=", ".join(known))


def predictor(name: str = "default", models: Path | None = None) -> LandmarkPredictor:
    """A landmark predictor by its name, loaded once per process and folder.

    Args:
        name: of a descriptor, or "default".
        models: folder of FaceMesh's files; None = the usual places.

    Raises:
        StatueError: ``unknown-predictor``, or as ``PredictorDescriptor.open`` does.
    """
    return _load_predictor(descriptor(name).name, None if models is None else Path(models).resolve())


@lru_cache(MOST_LOADED)
def _load_predictor(name: str, models: Path | None) -> LandmarkPredictor:
    return descriptor(name).open(models)


def probability(name: str, score: float) -> float:
    """What a score is worth, by the predictor's name; the score itself for one that has no folder here."""
    return _all()[name].probability(score) if name in _all() else score
