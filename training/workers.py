"""Processes that each make a worker for themselves once, and then do task after task with it."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Worker = TypeVar("Worker")
Task = TypeVar("Task")
Result = TypeVar("Result")
P = ParamSpec("P")

#: This process' worker: a pool's tasks reach a process without anything but their arguments, so it has to lie here.
_own: Any = None


def _start(make: Callable[..., Any], *arguments: Any) -> None:
    global _own  # noqa: PLW0603, a pool's initializer has no other place
    _own = make(*arguments)


def _work(do: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    return do(_own, *arguments, **named)


class WorkerPool(Generic[Worker]):
    """Processes with a worker each; a context that ends when all tasks are done.

    Args:
        count: processes.
        start: "fork", so that they share what is in memory, or "spawn", where threads or kernels would not survive it.
        make: makes a worker, in its process.
        *arguments: what ``make`` takes; pickled where processes are spawned.
    """

    def __init__(self, count: int, start: str, make: Callable[..., Worker], *arguments: Any) -> None:
        context = multiprocessing.get_context(start)
        self._pool = ProcessPoolExecutor(count, context, _start, (make, *arguments))

    def __enter__(self) -> "WorkerPool[Worker]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def submit(
        self, do: Callable[Concatenate[Worker, P], Result], *arguments: P.args, **named: P.kwargs
    ) -> Future[Result]:
        """Let some process' worker do a task: ``do(worker, *arguments)``, ``do`` being of a module's top level."""
        return self._pool.submit(partial(_work, do, *arguments, **named))

    def map(self, do: Callable[[Worker, Task], Result], tasks: Iterable[Task], chunk: int = 1) -> Iterator[Result]:
        """The results of all tasks, in their order; ``chunk`` tasks reach a process at once."""
        return self._pool.map(partial(_work, do), tasks, chunksize=chunk)

    def kill(self) -> None:
        """End all processes at once, with what they are doing."""
        # Before it is shut down, which forgets them.
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:  # not asked to end: a task may answer SIGTERM, or have it caught
            process.kill()
