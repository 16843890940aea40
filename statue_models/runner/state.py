"""The state directory from the runner's side: one runner at a time, and the file by which clients find it."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import statue_models
from statue_models.errors import StatueError, reason_of
from statue_models.runner.protocol.lock import RUNNER_LOCK, FileLock
from statue_models.runner.protocol.state_file import STATE_FILE, prepare_directory, read_state


@dataclass(frozen=True)
class RunnerState:
    """The contents of ``runner.json``.

    Attributes:
        port: on 127.0.0.1.
        pid: of the runner.
        started: seconds since 1970.
        token: what every request must carry.
        version: of the package.
    """

    port: int
    pid: int
    started: float
    token: str
    version: str = statue_models.__version__


@contextmanager
def sole_runner(directory: Path) -> Iterator[None]:
    """Be this user's only runner while the block lasts.

    Raises:
        StatueError: runner-start while another one is running; state-insecure.
    """
    prepare_directory(directory)
    with FileLock(directory / RUNNER_LOCK) as lock:
        if not lock.try_acquire():
            raise StatueError("runner-start", reason="another runner of yours is running already")
        yield


def write_state(directory: Path, state: RunnerState) -> None:
    """Put ``runner.json`` (mode 0600) in place in one step; whatever was there before, link or file, is replaced.

    Raises:
        StatueError: output-unwritable.
    """
    path = directory / STATE_FILE
    part = directory / f".{STATE_FILE}.{secrets.token_hex(6)}.part"
    try:
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(state), file)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=path, reason=reason_of(error)) from error


def remove_state(directory: Path, token: str) -> None:
    """Take ``runner.json`` away if it is the one with this token."""
    with suppress(OSError, StatueError):
        state = read_state(directory)
        if state is not None and state["token"] == token:
            (directory / STATE_FILE).unlink()
