"""The training loop: a batch, every player's step on it, the average; and round that log, judgements, checkpoints."""

import time
from pathlib import Path
from typing import Any

import torch

from statue_models.errors import StatueError
from training.engine import checkpoints
from training.engine.clock import Clock
from training.engine.player_optimizer import StepResult
from training.engine.run_log import Interval, RunLog, write_metrics
from training.engine.schedule import learning_rate
from training.engine.training_state import TrainingState


class TrainingLoop:
    """Trains to an end.

    Args:
        state: what is trained.
        clock: says when what happens.
        log: of the run, closed at the end; None in all processes but one.
        out: folder of the run.
    """

    def __init__(self, state: TrainingState, clock: Clock, log: RunLog | None, out: Path) -> None:
        self.state, self.clock, self.log, self.out = state, clock, log, out
        self.interval = Interval()  # since the last line of the log
        self.warned_of_size = False

    def run(self) -> str:
        """Train; returns how it ended: "done", "paused" or "stopped".

        Raises:
            StatueError: ``training-diverged``, ``output-unwritable``, ``disk-full``; those of the system.
        """
        try:
            self._save()  # finds out now, not in an hour, whether it can be written
            ended = self._train()
            self._log_progress()
            self._save(last=True)
            if ended == "done":
                self._judge()
                self._save(last=True)
            self.state.ranks.all_reduce_max([0.0])  # no process returns before all is written
            self._log_end(ended)
            return ended
        except StatueError as error:
            if self.log is not None:
                self.log.event("failed", code=error.code, sentence=error.sentence)
            raise
        finally:
            if self.log is not None:
                self.log.close()

    def _train(self) -> str:
        """Steps until an end."""
        while True:
            decision = self.clock.decide()
            self.state.position.share = decision.share
            if decision.end is not None:
                return decision.end
            if decision.judge:
                self._judge()
            if decision.save or decision.judge:
                self._save()
            start = time.monotonic()
            results = self._step()
            rolled_back = self.state.roll_back_lost_players()
            self._log_step(results, rolled_back, time.monotonic() - start)

    def _step(self) -> dict[str, StepResult]:
        """One step of training: on one batch, that of every player whose turn it is; what came of it, by player."""
        state = self.state
        batch = state.system.draw(state.draws, state.batch_size)
        state.learning_rate = learning_rate(state.recipe, state.position)
        results: dict[str, StepResult] = {}
        moving = [p for p in state.players if p.player.has_turn(state.position.steps, state.position.share)]
        for player in moving:
            player.set_trainable(True)
            player.set_learning_rate(state.learning_rate)
            player.optimizer.zero_grad(set_to_none=True)
            losses = player.forward(batch)
            torch.stack(list(losses.values())).sum().backward()
            grad_norm = player.clip_gradients()
            results[player.name] = player.step_if_finite(losses, grad_norm)
            player.set_trainable(False)
        state.position.add_step(state.images_per_step)
        state.update_ema(results)
        return results

    def _log_step(self, results: dict[str, StepResult], rolled_back: list[str], seconds: float) -> None:
        """Count a step in; write a line of the log where one is due."""
        images, position = self.state.images_per_step, self.state.position
        self.interval.add(results, images, seconds)
        due = self.clock.end_step(images, seconds)
        if self.log is None:
            return
        for player in rolled_back:
            self.log.event("rolled-back", player=player, images=position.images, steps=position.steps)
            self.log.tell(
                f"{player}: no usable gradients any more; going on from the average at half the learning rate"
            )
        self.log.move(position.share)
        if due:
            self._log_progress()

    def _log_progress(self) -> None:
        """A line about what happened since the last one."""
        if self.log is None or not self.interval.images:
            return
        position = self.state.position
        self.clock.note_log()
        self.log.progress(
            self.interval, position.images, position.steps, position.share, self.clock.seconds_left(),
            seconds=round(position.seconds, 1), rate=self.state.learning_rate, skipped=self.state.skipped,
        )  # fmt: skip
        self.interval = Interval()

    def _judge(self) -> None:
        """Judge the averaged weights; the run does not notice."""
        if self.log is not None:
            judgement = self.state.judge()
            self.state.position.record_judgement(judgement.metrics)
            self.log.judgement(judgement, self.state.position.images)
        self.clock.note_judgement()

    def _save(self, last: bool = False) -> None:
        """Write every file of weights."""
        if not self.state.is_finite():
            if last:
                raise StatueError("training-diverged", steps=self.state.position.steps)
            return  # what was written before is better
        size = self.state.save(self.out)
        if self.log is not None and last and size > checkpoints.COMPACT_BYTES and not self.warned_of_size:
            self.warned_of_size = True
            name, most = self.out / checkpoints.COMPACT, checkpoints.COMPACT_BYTES // 1_000_000
            self.log.tell(f"warning: {name} has {size / 1e6:.1f} MB, more than the {most} MB meant for it")
        self.clock.note_save()

    def _log_end(self, ended: str) -> None:
        """The log's last line, and the run's metrics."""
        if self.log is None:
            return
        position = self.state.position
        values: dict[str, Any] = {
            "system": self.state.recipe.system, "ended": ended, "images": position.images, "steps": position.steps,
            "seconds": round(position.seconds, 1), "core_seconds": round(position.core_seconds, 1),
            "share": position.share,
            "images_per_second": round(self.clock.images_per_second, 1),
            "skipped": self.state.skipped, "metrics": position.metrics, "extremes": position.extremes,
        }  # fmt: skip
        self.log.event("end", **values)
        write_metrics(self.out, **values)
