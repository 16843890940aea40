"""A process of the local pool: does what comes through its link, until that is closed.

Imports nothing heavy by itself, so that the number of threads is set before the libraries look for it.
"""

import os
import queue
import signal
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from statue_models.errors import StatueError
from statue_models.phases import Phase

if TYPE_CHECKING:
    from statue_models.batch.outcome import Outcome
    from statue_models.batch.picture_worker import PictureWorker

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(link: Connection) -> None:
    """Do the tasks of a link one by one.

    When the link is closed, also because the process at its other end was killed, what is being done is given up at the
    next sign of progress, and nothing half-written is left. Ctrl-C reaches all processes of a terminal; it is for the
    other end to decide what it means.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    closed = threading.Event()
    worker = _make()

    def listen() -> None:
        try:
            while True:
                tasks.put(link.recv())
        except (EOFError, OSError):
            closed.set()
            tasks.put(None)

    def progress(phase: Phase, fraction: float) -> None:
        if closed.is_set():
            raise StatueError("interrupted")

    threading.Thread(target=listen, daemon=True).start()
    while (item := tasks.get()) is not None:
        number, task, resume = item
        try:
            done = _failed(worker) if isinstance(worker, StatueError) else worker.work(task, resume, progress)
            link.send((number, done))
        except (StatueError, OSError):  # interrupted, or nobody is there any more
            return


def _make() -> "PictureWorker | StatueError":
    """The worker, or why there can be none: every task fails by that."""
    try:
        from statue_models.batch.picture_worker import PictureWorker

        return PictureWorker()
    except Exception as failure:
        return StatueError.from_exception(failure)


def _failed(error: StatueError) -> "Outcome":
    from statue_models.batch.outcome import FAILED, Outcome

    return Outcome(FAILED, error=error.to_json())
