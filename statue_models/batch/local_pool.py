"""Processes of this machine that restore: one thread each, kept warm, replaced when they die."""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any

from statue_models.batch.local_worker import serve
from statue_models.batch.outcome import Outcome
from statue_models.tasks.picture_task import PictureTask

#: Seconds that a worker has to give up what it is doing before it is killed. Chosen.
_PATIENCE = 3.0


class _Process:
    """A worker's process; ``busy`` is the number of what it does, or None."""

    def __init__(self) -> None:
        # Not forked: threads and kernels of the libraries would not survive it.
        context = multiprocessing.get_context("spawn")
        self.link, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        with _hold_interrupts():
            self.process.start()
        theirs.close()
        self.busy: int | None = None

    def answer(self) -> Outcome | None:
        """What it did; None where it died over it."""
        self.busy = None
        try:
            outcome = self.link.recv()[1] if self.link.poll() else None
        except (EOFError, OSError):
            outcome = None
        assert outcome is None or isinstance(outcome, Outcome)
        return outcome


class LocalPool:
    """Worker processes; see ``Pool``.

    Args:
        size: how many.
    """

    tries, alone = 2, True

    def __init__(self, size: int) -> None:
        self.size = size
        self._processes: list[_Process] = []

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that there are."""
        return [one.process.pid for one in self._processes if one.process.pid is not None]

    def submit(self, number: int, task: PictureTask, resume: bool) -> None:
        """Let an idle worker do a task; it is started where there is none."""
        idle = next((one for one in self._processes if one.busy is None), None)
        if idle is None:
            idle = _Process()
            self._processes.append(idle)
        idle.busy = number
        with suppress(OSError):  # it has died: the answer says so
            idle.link.send((number, task, resume))

    def results(self, seconds: float) -> list[tuple[int, Outcome | None]]:
        """The tasks that ended within so many seconds, and what came of them: None where the worker died."""
        signs: dict[Any, _Process] = {}
        for one in self._processes:
            if one.busy is not None:
                signs[one.link] = signs[one.process.sentinel] = one
        found = []
        for one in {id(signs[sign]): signs[sign] for sign in wait(list(signs), seconds)}.values():
            number, outcome = one.busy, one.answer()
            assert number is not None
            found.append((number, outcome))
            if outcome is None:
                self._processes.remove(one)
                _end(one)
        return found

    def stop(self) -> None:
        """Close the links, by which each worker gives up what it does; kill what goes on."""
        for one in self._processes:
            one.link.close()
        until = time.monotonic() + _PATIENCE
        for one in self._processes:
            one.process.join(max(0.0, until - time.monotonic()))
            _end(one)
        self._processes.clear()


def _end(one: _Process) -> None:
    one.process.kill()
    one.process.join()
    one.process.close()
    one.link.close()


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Ctrl-C does not meet a process that is started within before it is ready for it; this one it meets afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
