"""Training any system from a recipe, on one device or several, stopped and gone on with at will."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from statue_models.errors import StatueError, report_out_of_memory
from training.engine import checkpoints
from training.engine.checkpoints import Position
from training.engine.clock import Clock
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.engine.run_log import EVENTS, LOG, METRICS, RunLog
from training.engine.training_loop import TrainingLoop
from training.engine.training_state import TrainingState
from training.systems.system import Setting, system


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        position: how far it is.
        images_per_second: of this start of it, without judging and writing; 0 if no step was made.
        metrics: of the last judgement.
        ended: "done" (its schedule is), "paused" (after ``stop_after``) or "stopped" (by hand).
    """

    position: Position
    images_per_second: float
    metrics: dict[str, float]
    ended: str


def train(
    recipe: Recipe,
    out: Path,  # folder of the run; made if its parent is there
    assets: Path,  # folder of the data (docs/datasets.md)
    ranks: Ranks,  # this process and its device
    resume: Path | None = None,  # folder of a run to go on from
    force: bool = False,  # overwrite a run that is there
    stop_after: float = math.inf,  # minutes; then pause, with the schedule unchanged
    asked_to_stop: Callable[[], bool] = lambda: False,  # asked before every step
    say: Callable[[str], None] = print,  # takes lines for the user
    bar: bool | None = None,  # a moving bar instead of lines; None = on a terminal
) -> Outcome:
    """Train until the recipe's schedule is over, or until stopped; the folder then holds all that is kept of the run.

    Raises:
        StatueError: ``bad-recipe``; ``output-exists``; ``missing-file`` or ``weights-corrupt`` for a run that cannot be
            gone on with; ``training-diverged``; ``output-unwritable``; ``disk-full``; ``out-of-memory``; those of
            the system.
    """
    replaced = _prepare_folder(out, resume, force) if ranks.first else []
    found = checkpoints.read(resume) if resume is not None else None
    if found is not None and found[0].system != recipe.system:
        reason = f"{resume} holds a run of {found[0].system}, and the recipe is for {recipe.system}"
        raise StatueError("bad-recipe", reason=reason)
    devices = [ranks.device] if ranks.device.type == "cuda" else []
    # Dropout draws from the global generators, which belong to whoever called.
    with report_out_of_memory(), torch.random.fork_rng(devices):
        made = system(recipe.system, Setting(assets, ranks.device, recipe.seed, recipe.options))
        state = TrainingState(recipe, made, ranks)
        notes = state.load(resume, *found) if found is not None and resume is not None else []
        # Only now: a recipe or checkpoint that was refused must not cost the run that is there.
        for path in replaced:
            path.unlink()
        log = RunLog(out, resume is not None, say, bar) if ranks.first else None
        if log is not None:
            log.start(recipe.to_json(), ranks, state.position.images, resume is not None, notes)
        clock = Clock(recipe, state.position, ranks, stop_after, asked_to_stop)
        ended = TrainingLoop(state, clock, log, out).run()
        return Outcome(state.position, clock.images_per_second, dict(state.position.metrics), ended)


def _prepare_folder(out: Path, resume: Path | None, force: bool) -> list[Path]:
    """Make the folder, or find that it may be written to; returns the files of an earlier run that are to go."""
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=out, reason=error.strerror or str(error)) from None
    for part in out.glob(".*.safetensors.*.part"):
        part.unlink()  # of a process that was killed while it wrote
    if resume is not None and resume.resolve() == out.resolve():
        return []
    files = [out / name for name in (checkpoints.STATE, checkpoints.COMPACT, LOG, METRICS)]
    files += [*out.glob("sheet-*.png"), *out.glob(f"{EVENTS}/events.out.tfevents.*")]
    files = [path for path in files if path.exists()]
    if files and not force:
        raise StatueError("output-exists", path=files[0])
    return files
