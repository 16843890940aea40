"""Workers on the machines of a Ray cluster: one warm restorer each, replaced when it, or its machine, dies."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import statue_models
from statue_models.batch.outcome import Outcome
from statue_models.errors import StatueError, reason_of, require_package
from statue_models.tasks.picture_task import PictureTask

#: The address that stands for a cluster of this machine alone, which lives as long as the command.
LOCAL = "local"
#: Seconds until the first worker must have answered: a full cluster may have to make room. Chosen.
_PATIENCE = 120.0
#: Seconds until the head must have answered. Chosen.
_KNOCK = 10.0
#: Bytes of Ray's shared memory on this machine: what travels are names. Ray's smallest is 75 MB.
_STORE = 100 << 20
_HOW = "Install it with 'pip install restore-statue-face[cluster]', here and on the cluster's machines."


class _Worker:
    """What runs there. Its imports are those of that machine."""

    def __init__(self) -> None:
        from statue_models.batch.picture_worker import PictureWorker

        self._worker = PictureWorker()

    def version(self) -> str:
        """Of the program that is installed there."""
        return statue_models.__version__

    def process(self) -> int:
        """Its number."""
        return os.getpid()

    def work(self, task: PictureTask, resume: bool) -> Outcome:
        """Do a task."""
        return self._worker.work(task, resume)


class RayPool:
    """Actors of a Ray cluster; see ``Pool``.

    Args:
        address: HOST:PORT of its head, ``auto`` for the one that this machine belongs to, or ``local``.
        size: how many actors; None = one for each core (each GPU with ``cuda``) that the cluster has.
        cuda: each has a GPU of its own.

    Raises:
        StatueError: missing-package; cluster-unreachable; cluster-version.
    """

    tries, alone = 3, False

    def __init__(self, address: str, size: int | None = None, cuda: bool = False) -> None:
        with require_package("ray", _HOW):
            ray: Any = import_module("ray")
        self._ray, self._address = ray, address
        self._check_there()
        self._on_sigterm = signal.getsignal(signal.SIGTERM)
        own = {"num_cpus": size, "include_dashboard": False, "object_store_memory": _STORE} if address == LOCAL else {}
        try:
            with _this_program():
                ray.init(
                    address=address, log_to_driver=False, logging_level="ERROR", **(own if address == LOCAL else {})
                )
        except Exception as error:  # ConnectionError, ValueError, RuntimeError and those of gRPC
            raise self._unreachable(error) from None
        self._actor = ray.remote(num_cpus=1, num_gpus=1 if cuda else 0)(_Worker)
        self.size = size or max(1, int(ray.cluster_resources().get("GPU" if cuda else "CPU", 1)))
        self._idle: list[Any] = []
        self._flying: dict[Any, tuple[int, Any]] = {}
        self._check()

    def _check_there(self) -> None:
        """Ray itself tries for minutes."""
        host, separator, port = self._address.rpartition("://")[2].rpartition(":")
        if not separator:
            return
        try:
            socket.create_connection((host.strip("[]"), int(port)), _KNOCK).close()
        except (OSError, ValueError) as error:
            raise self._unreachable(reason_of(error)) from None

    def _check(self) -> None:
        """Start one worker, and see that its program is this one: other versions may make other bytes."""
        first = self._actor.remote()
        try:
            there = self._ray.get(first.version.remote(), timeout=_PATIENCE)
        except self._ray.exceptions.GetTimeoutError:
            self.stop()
            raise self._unreachable(f"no worker was free within {_PATIENCE:.0f} seconds") from None
        except self._ray.exceptions.RayError as error:
            self.stop()
            raise self._unreachable(error) from None
        if there != statue_models.__version__:
            self.stop()
            raise StatueError("cluster-version", there=there, here=statue_models.__version__)
        self._idle.append(first)

    def _unreachable(self, reason: object) -> StatueError:
        lines = str(reason).strip().splitlines() or [type(reason).__name__]
        return StatueError("cluster-unreachable", address=self._address, reason=lines[-1].strip().rstrip("."))

    @property
    def pids(self) -> list[int]:
        """The numbers of the idle actors' processes, on their machines."""
        return [int(self._ray.get(actor.process.remote())) for actor in self._idle]

    def submit(self, number: int, task: PictureTask, resume: bool) -> None:
        """Let an idle actor do a task; it is made where there is none."""
        actor = self._idle.pop() if self._idle else self._actor.remote()
        self._flying[actor.work.remote(task, resume)] = number, actor

    def results(self, seconds: float) -> list[tuple[int, Outcome | None]]:
        """The tasks that ended within so many seconds, and what came of them: None where the actor died."""
        ready, _ = self._ray.wait(list(self._flying), timeout=seconds)
        found = []
        for reference in ready:
            number, actor = self._flying.pop(reference)
            try:
                outcome = self._ray.get(reference)
                self._idle.append(actor)
            except self._ray.exceptions.RayTaskError as error:
                raise self._unreachable(error) from None  # the tasks themselves raise nothing
            except self._ray.exceptions.RayError:
                outcome = None
                self._kill(actor)
            found.append((number, outcome))
        return found

    def stop(self) -> None:
        """End all actors; a cluster of this machine alone ends, too."""
        for actor in [*self._idle, *(actor for _, actor in self._flying.values())]:
            self._kill(actor)
        self._ray.shutdown()
        if threading.current_thread() is threading.main_thread():  # Ray has set its own, and leaves it
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _kill(self, actor: Any) -> None:
        with contextlib.suppress(Exception):  # it may be gone already
            self._ray.kill(actor)


@contextlib.contextmanager
def _this_program() -> Iterator[None]:
    """Processes that are started within find the program where this one has it, installed or not."""
    before = os.environ.get("PYTHONPATH")
    root = str(Path(statue_models.__file__).parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, before]))
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before
