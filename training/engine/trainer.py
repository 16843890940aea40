"""The one training loop: any system, from a recipe, on one device or several, stopped and gone on with at will."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from statue_models.errors import StatueError, report_out_of_memory
from training.engine import checkpoints
from training.engine.checkpoints import Position
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.engine.run import Run
from training.engine.run_log import EVENTS, LOG, METRICS, Interval, RunLog, write_metrics
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
    replaced = _prepared(out, resume, force) if ranks.first else []
    found = checkpoints.read(resume) if resume is not None else None
    if found is not None and found[0].system != recipe.system:
        reason = f"{resume} holds a run of {found[0].system}, and the recipe is for {recipe.system}"
        raise StatueError("bad-recipe", reason=reason)
    devices = [ranks.device] if ranks.device.type == "cuda" else []
    # Dropout draws from the global generators, which belong to whoever called.
    with report_out_of_memory(), torch.random.fork_rng(devices):
        made = system(recipe.system, Setting(assets, ranks.device, recipe.seed, recipe.options))
        run = Run(recipe, made, ranks)
        notes = run.load(resume, *found) if found is not None and resume is not None else []
        # Only now: a recipe or checkpoint that was refused must not cost the run that is there.
        for path in replaced:
            path.unlink()
        return _Loop(run, out, stop_after, asked_to_stop, say, bar, resume is not None, notes).go()


def _prepared(out: Path, resume: Path | None, force: bool) -> list[Path]:
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


class _Loop:
    """The clock round a ``Run``: when to log, judge, write and end."""

    def __init__(
        self,
        run: Run,
        out: Path,
        stop_after: float,
        asked_to_stop: Callable[[], bool],
        say: Callable[[str], None],
        bar: bool | None,
        resumed: bool,
        notes: list[str],
    ) -> None:
        self.run, self.out, self.recipe, self.ranks = run, out, run.recipe, run.ranks
        self.stop_after, self.asked_to_stop = stop_after, asked_to_stop
        self.log = RunLog(out, resumed, say, bar) if self.ranks.first else None
        self.warned = False
        self.interval = Interval()
        self.trained = Interval()  # since this start, without its first step
        self.before = run.position.seconds
        self.share_before = run.position.share
        self.began: float | None = None  # the end of the first step, which may compile
        self.saved = self.judged = self.logged = time.monotonic()
        if self.log is not None:
            self.log.event(
                "start", recipe=self.recipe.plain(), device=str(self.ranks.device), processes=self.ranks.world,
                images=run.position.images, resumed=resumed, notes=notes,
            )  # fmt: skip
            for note in notes:
                self.log.tell(note)

    def go(self) -> Outcome:
        """Train to an end."""
        try:
            self._save()  # finds out now, not in an hour, whether it can be written
            ended = self._train()
            self._log()
            self._save(last=True)
            if ended == "done":
                self._judge()
                self._save(last=True)
            self.ranks.largest([0.0])  # no process returns before all is written
            return self._outcome(ended)
        except StatueError as error:
            if self.log is not None:
                self.log.event("failed", code=error.code, sentence=error.sentence)
            raise
        finally:
            if self.log is not None:
                self.log.close()

    def _train(self) -> str:
        """Steps until an end, which is "done", "paused" or "stopped"."""
        while True:
            stop, share, pause, save, judge = self.ranks.largest(self._wishes())
            self.run.position.share = share
            if stop or share >= 1 or pause:
                return "stopped" if stop else "done" if share >= 1 else "paused"
            if judge:
                self._judge()
            if save or judge:
                self._save()
            start = time.monotonic()
            taken = self.run.step(share)
            images = self.run.batch * self.ranks.world
            now = time.monotonic()
            self.interval.add(taken, images, now - start)
            if self.began is None:
                self.began = self.logged = now
            else:
                self.trained.add({}, images, now - start)
            if self.log is not None:
                self._tell_rollbacks(self.log)
                self.log.move(share)
                if now - self.logged >= self.recipe.log_every or self.run.steps_here == 1:
                    self._log()

    def _tell_rollbacks(self, log: RunLog) -> None:
        for player in self.run.rolled_back:
            log.event("rolled-back", player=player, images=self.run.position.images, steps=self.run.position.steps)
            log.tell(f"{player}: no usable gradients any more; going on from the average at half the learning rate")
        self.run.rolled_back = []

    def _wishes(self) -> list[float]:
        """What this process wants to happen before the next step: stop, share, pause, save, judge."""
        stop = float(self.asked_to_stop())
        if not self.ranks.first:
            return [stop, 0.0, 0.0, 0.0, 0.0]
        now = time.monotonic()
        elapsed = 0.0 if self.began is None else now - self.began
        self.run.position.seconds = self.before + elapsed
        return [
            stop,
            self.run.share(),
            float(elapsed >= 60 * self.stop_after),
            float(now - self.saved >= 60 * (self.recipe.save_every or math.inf)),
            float(now - self.judged >= 60 * (self.recipe.judge_every or math.inf)),
        ]

    def _log(self) -> None:
        if self.log is None or not self.interval.images:
            return
        position, now = self.run.position, time.monotonic()
        done = position.share - self.share_before
        left = None
        if self.began is not None and done > 0:
            left = (now - self.began) * max(0.0, 1 - position.share) / done
        self.log.progress(
            self.interval, position.images, position.steps, position.share, left,
            seconds=round(position.seconds, 1), rate=self.run.rate, skipped=self.run.skipped,
        )  # fmt: skip
        self.interval, self.logged = Interval(), now

    def _judge(self) -> None:
        """Judge the averaged weights; the run does not notice."""
        if self.log is not None:
            judgement = self.run.judge()
            self.run.position.judged(judgement.metrics)
            self.log.judgement(judgement, self.run.position.images)
        self.judged = time.monotonic()

    def _save(self, last: bool = False) -> None:
        """Write every file of weights."""
        if not self.run.finite():
            if last:
                raise StatueError("training-diverged", steps=self.run.position.steps)
            return  # what was written before is better
        size = self.run.save(self.out)
        if self.log is not None and last and size > checkpoints.COMPACT_BYTES and not self.warned:
            self.warned = True
            name, most = self.out / checkpoints.COMPACT, checkpoints.COMPACT_BYTES // 1_000_000
            self.log.tell(f"warning: {name} has {size / 1e6:.1f} MB, more than the {most} MB meant for it")
        self.saved = time.monotonic()

    def _outcome(self, ended: str) -> Outcome:
        position = self.run.position
        speed = self.trained.images / self.trained.seconds if self.trained.seconds else 0.0
        if self.log is not None:
            values: dict[str, Any] = {
                "system": self.recipe.system, "ended": ended, "images": position.images, "steps": position.steps,
                "seconds": round(position.seconds, 1), "share": position.share, "images_per_second": round(speed, 1),
                "skipped": self.run.skipped, "metrics": position.metrics, "extremes": position.extremes,
            }  # fmt: skip
            self.log.event("end", **values)
            write_metrics(self.out, **values)
        return Outcome(position, speed, dict(position.metrics), ended)
