"""What a batch asks of its workers, wherever they are; and the batch itself: every task done, or told why not."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from statue_models.batch import files
from statue_models.batch.outcome import FAILED, LEFT, Outcome, Wanted
from statue_models.errors import StatueError
from statue_models.tasks.picture_task import PictureTask

#: Seconds between two looks at the time that is left. Chosen.
_TICK = 1.0


class Pool(Protocol):
    """Workers, each of which does one task at a time.

    Attributes:
        size: how many there are.
        tries: how often a task is tried whose worker dies with it.
        alone: whether the further tries come at the end, one at a time: on one machine memory may have been short.
    """

    size: int
    tries: int
    alone: bool

    def submit(self, number: int, task: PictureTask, resume: bool) -> None:
        """Let an idle worker do a task; there are never more than ``size`` at a time.

        Raises:
            StatueError: no worker can be had.
        """

    def results(self, seconds: float) -> list[tuple[int, Outcome | None]]:
        """The tasks that ended within so many seconds, and what came of them: None where the worker died."""

    def stop(self) -> None:
        """End all workers soon, also those at work."""


class Batch:
    """Tasks that are done by a pool; ends early, in order, at Ctrl-C.

    Args:
        wanted: all photographs; those without a task have failed already.
        pool: does the tasks.
        resume: leave alone what is done.
        ended: is told of each photograph that ends: its number, and what came of it.
        tick: is called every second or so, with the numbers of those that are being done.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        pool: Pool,
        resume: bool,
        ended: Callable[[int, Outcome], None],
        tick: Callable[[Sequence[int]], None],
    ) -> None:
        self._wanted, self._pool, self._resume, self._ended, self._tick = wanted, pool, resume, ended, tick
        self._waiting = deque(number for number, one in enumerate(wanted) if one.task is not None)
        self._again: deque[int] = deque()
        self._tried = dict.fromkeys(self._waiting, 0)
        self._flying: set[int] = set()
        self.outcomes = [Outcome(LEFT) for _ in wanted]
        self.interrupted = False

    def run(self) -> None:
        """Do all of them.

        Raises:
            StatueError: no worker can be had.
        """
        try:
            for number, one in enumerate(self._wanted):
                if one.error is not None:
                    self._end(number, Outcome(FAILED, error=one.error.to_json()))
            while self._waiting or self._again or self._flying:
                self._submit()
                for number, outcome in self._pool.results(_TICK):
                    self._take(number, outcome)
                self._tick(sorted(self._flying))
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self._pool.stop()
            for number in self._flying:
                self._clean(number)

    def _submit(self) -> None:
        while self._waiting and len(self._flying) < self._pool.size:
            self._start(self._waiting.popleft())
        if self._again and not self._flying:
            self._start(self._again.popleft())

    def _start(self, number: int) -> None:
        # A worker that died may have written a part of it, which is the program's own.
        again = self._tried[number] > 0
        self._tried[number] += 1
        self._flying.add(number)
        self._pool.submit(number, self._task(number), self._resume or again)

    def _take(self, number: int, outcome: Outcome | None) -> None:
        self._flying.discard(number)
        short = outcome is None or (outcome.error is not None and outcome.error["code"] == "out-of-memory")
        if outcome is None:
            self._clean(number)
        if short and self._tried[number] < self._pool.tries:
            (self._again if self._pool.alone else self._waiting).append(number)
        elif outcome is None:
            error = StatueError("worker-died", photo=self._wanted[number].photo, times=self._tried[number])
            self._end(number, Outcome(FAILED, error=error.to_json()))
        else:
            self._end(number, outcome)

    def _end(self, number: int, outcome: Outcome) -> None:
        self.outcomes[number] = outcome
        self._ended(number, outcome)

    def _task(self, number: int) -> PictureTask:
        task = self._wanted[number].task
        assert task is not None
        return task

    def _clean(self, number: int) -> None:
        for name in self._task(number).written:
            files.remove_unfinished(name)
