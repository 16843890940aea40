"""When a run ends, judges, writes and logs; several processes agree on it before every step."""

import math
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from training.engine.checkpoints import Position
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.engine.schedule import share_done


@dataclass(frozen=True)
class Decision:
    """What happens before the next step, as numbers of which the largest of all processes counts.

    Attributes:
        stop: whether someone asked to stop.
        share: of the schedule that is done; at 1 the run is.
        pause: whether the time of this start is over.
        save, judge: whether a checkpoint, a judgement is due.
    """

    stop: float = 0.0
    share: float = 0.0
    pause: float = 0.0
    save: float = 0.0
    judge: float = 0.0

    @property
    def end(self) -> str | None:
        """How the run ends here, "stopped", "done" or "paused"; None if it goes on."""
        if self.stop:
            return "stopped"
        if self.share >= 1:
            return "done"
        return "paused" if self.pause else None


class Clock:
    """The time of one start of a run.

    Args:
        recipe: says how long, and what happens how often.
        position: of the run; its ``seconds`` are kept up to date here.
        ranks: the processes of the run; the first one's clock counts.
        stop_after: minutes of this start; then it pauses.
        asked_to_stop: asked before every step.
    """

    def __init__(
        self, recipe: Recipe, position: Position, ranks: Ranks, stop_after: float, asked_to_stop: Callable[[], bool]
    ) -> None:
        self.recipe, self.position, self.ranks = recipe, position, ranks
        self.stop_after, self.asked_to_stop = stop_after, asked_to_stop
        self._seconds_before, self._share_before = position.seconds, position.share
        self._core_seconds_before = position.core_seconds
        self._started: float | None = None  # the end of the first step, which may compile
        self._core_started = 0.0  # processor time there
        self._saved = self._judged = self._logged = time.monotonic()
        self._timed_images, self._timed_seconds = 0, 0.0  # of steps alone, without the first

    @property
    def images_per_second(self) -> float:
        """Of this start, without judging and writing; 0 if no step but the first was made."""
        return self._timed_images / self._timed_seconds if self._timed_seconds else 0.0

    def decide(self) -> Decision:
        """What happens before the next step; the same in every process."""
        return Decision(*self.ranks.all_reduce_max(astuple(self._decide_alone())))

    def _decide_alone(self) -> Decision:
        stop = float(self.asked_to_stop())
        if not self.ranks.first:
            return Decision(stop)
        now = time.monotonic()
        elapsed = 0.0 if self._started is None else now - self._started
        self.position.seconds = self._seconds_before + elapsed
        if self._started is not None:
            self.position.core_seconds = self._core_seconds_before + time.process_time() - self._core_started
        return Decision(
            stop,
            share_done(self.recipe, self.position),
            pause=float(elapsed >= 60 * self.stop_after),
            save=float(now - self._saved >= 60 * (self.recipe.save_every or math.inf)),
            judge=float(now - self._judged >= 60 * (self.recipe.judge_every or math.inf)),
        )

    def end_step(self, images: int, seconds: float) -> bool:
        """A step has ended; whether a line of the log is due. The first step starts the clock, and is logged."""
        now = time.monotonic()
        if self._started is None:
            self._started = self._logged = now
            self._core_started = time.process_time()
            return True
        self._timed_images += images
        self._timed_seconds += seconds
        return now - self._logged >= self.recipe.log_every

    def note_log(self) -> None:
        """A line of the log was written."""
        self._logged = time.monotonic()

    def note_judgement(self) -> None:
        """A judgement was made."""
        self._judged = time.monotonic()

    def note_save(self) -> None:
        """A checkpoint was written."""
        self._saved = time.monotonic()

    def seconds_left(self) -> float | None:
        """Until the schedule is done, at this start's speed; None while there is none."""
        done = self.position.share - self._share_before
        if self._started is None or done <= 0:
            return None
        return (time.monotonic() - self._started) * max(0.0, 1 - self.position.share) / done
