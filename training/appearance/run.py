"""The command's work: light all heads, learn, light them again with what was learnt, and judge the outcome."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from statue_models import models_file
from statue_models.errors import StatueError
from statue_models.head.appearance import APPEARANCE_FILE, COLUMNS, ROWS, Appearance, load_appearance
from statue_models.whole_file import check_writable, whole_file
from training.appearance.judging import PartError, judge_appearance, overall
from training.appearance.learning import learn_appearance, make_empty_model
from training.appearance.maps import collect_maps
from training.appearance.recipe import AppearanceRecipe
from training.models_file import with_row
from training.suites.cases import FOLDER, LABELS, Truth, labelled_landmarks, photographs
from training.suites.held_back import photograph_names

#: What a run writes into its folder.
WEIGHTS, METRICS = "appearance.safetensors", "metrics.json"


def labelled_faces(assets: Path) -> tuple[list[Truth], list[Truth]]:
    """The photographs to learn from and those of the ``check`` suite, which judge.

    Raises:
        StatueError: ``missing-file``; ``not-an-image``.
    """
    points = dict(labelled_landmarks(assets, "train"))
    ours, check = photograph_names(assets)
    learn, judge = (list(photographs(assets, [(name, points[name]) for name in names])) for names in (ours, check))
    return learn, judge


def make(
    recipe: AppearanceRecipe,
    assets: Path,
    folder: Path,
    workers: int,
    force: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, PartError]:
    """Learn the model and write ``WEIGHTS`` and ``METRICS``; on one kind of CPU always the same bytes.

    Args:
        recipe: what to do.
        assets: holds ``statues128``.
        folder: is made where it is not there.
        workers: processes that fit heads.
        force: overwrite an earlier run.
        say: gets a line after every round.

    Returns:
        Part -> errors of the model on the ``check`` suite.

    Raises:
        StatueError: ``bad-training-data`` where there are too few photographs; ``missing-file``; ``not-an-image``;
            ``output-exists``, ``output-unwritable`` or ``disk-full``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=folder, reason=error.strerror or str(error)) from None
    for name in (WEIGHTS, METRICS):
        check_writable(folder / name, force)
    learn, judge = labelled_faces(assets)
    model = make_empty_model(recipe.modes, (ROWS, COLUMNS))
    for number in range(recipe.rounds):
        maps = collect_maps(learn, model, workers)
        try:
            model = round_to_half(learn_appearance(maps, recipe))
        except ValueError as error:
            raise StatueError("bad-training-data", path=assets / FOLDER / LABELS, reason=str(error)) from None
        errors = judge_appearance(model, collect_maps(judge, model, workers))
        say(f"round {number + 1} of {recipe.rounds}, {len(maps)} maps: {sentence(errors)}")
    shipped = load_appearance()
    metrics = {
        "recipe": asdict(recipe),
        "photographs": len(learn),
        "errors": {part: asdict(error) for part, error in errors.items()},
        "overall": overall(errors),
        "shipped": overall(judge_appearance(shipped, collect_maps(judge, shipped, workers))),
    }
    _write(folder / WEIGHTS, save(encode_tensors(model)), force)
    _write(folder / METRICS, (json.dumps(metrics, indent=1) + "\n").encode(), force)
    return errors


def encode_tensors(model: Appearance) -> dict[str, NDArray[np.float16]]:
    """The tensors of the weights file, as ``load_appearance`` wants them."""
    return {name: getattr(model, name).astype(np.float16) for name in ("mean", "loadings", "noise")}


def round_to_half(model: Appearance) -> Appearance:
    """What comes back from the file: in half precision."""
    rounded = {name: tensor.astype(np.float64) for name, tensor in encode_tensors(model).items()}
    return Appearance(**rounded, learnt=model.learnt)


def sentence(errors: Mapping[str, PartError]) -> str:
    """The errors as a line of text."""
    parts = [
        f"{part} {e.rms:.3f} (bare {e.bare:.3f}, mean {e.mean:.3f}, chi {e.chi:.2f})" for part, e in errors.items()
    ]
    return "; ".join(parts) or "nothing to judge by"


def publish(run: Path, target: Path = APPEARANCE_FILE, models: Path = models_file.MODELS) -> Path:
    """Copy a run's weights beside the program, if they are better on ``check`` than those that were there.

    Args:
        run: folder of a run. target: the program's file. models: its ``models.json``, where the checksum goes.

    Returns:
        ``target``.

    Raises:
        StatueError: ``missing-file`` for what is no run; ``untrained-model`` if it is not good enough; as
            ``load_appearance`` does for weights of another shape; ``output-unwritable`` or ``disk-full``.
    """
    metrics = _metrics(run / METRICS)
    load_appearance(run / WEIGHTS)
    if not metrics["overall"] < metrics["shipped"]:
        how = "Its errors on the check pictures are no smaller than those of the weights that ship: change the recipe."
        raise StatueError("untrained-model", name="appearance", how=how)
    weights = (run / WEIGHTS).read_bytes()
    content = with_row(models, "parts", "appearance", sha256=hashlib.sha256(weights).hexdigest())
    # Weights without their checksum would be refused at every start: what cannot be written is found out first.
    check_writable(models, True)
    _write(target, weights, force=True)
    _write(models, content, force=True)
    return target


def _metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
        return {name: float(metrics[name]) for name in ("overall", "shipped")}
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (ValueError, KeyError, TypeError):
        raise StatueError("bad-training-data", path=path, reason="it holds no judgement of a run") from None


def _write(path: Path, content: bytes, force: bool) -> None:
    with whole_file(path, force) as stream:
        stream.write(content)
