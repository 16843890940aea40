"""The runner's client: finds or starts the runner, sends a job, follows it, fetches its results, cancels it.

client = RunnerClient(state_directory, ["statue", "serve"])
client.connect()
job = client.submit(header, samples, mask)
result = client.follow(job, lambda phase, fraction: print(phase, fraction))
header, samples = client.variant(job, 1)
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import StatueError
from ...places import NAME
from . import HEALTH, JOBS, MAX_LINE, SCHEMA
from .lock import START_LOCK, FileLock
from .process import last_words, start_runner
from .state_file import prepare_directory, read_state

#: Seconds without a byte after which the runner counts as gone; it sends a sign of life every half second. Chosen.
PATIENCE = 30.0
#: Seconds that the answer to a look at its health may take; bytes sent or received at a time. Chosen.
_HEALTH_PATIENCE = 5.0
_PIECE = 1 << 20

#: Anything with the buffer protocol: bytes, bytearray, memoryview, array, ...
Plane = Any


class RunnerClient:
    """One user's runner.

    Args:
        state: directory of ``runner.json``; made with mode 0700 when missing.
        command: argument list that starts a runner which uses that directory.
    """

    def __init__(self, state: str | os.PathLike[str], command: Sequence[str]) -> None:
        self._directory = Path(state)
        self._command = [str(word) for word in command]
        self._runner: dict[str, Any] | None = None

    def connect(self, timeout: float = 20.0) -> None:
        """Find the running runner, or start one and wait for it. Several clients at once start only one.

        Raises:
            StatueError: runner-start, runner-version, state-insecure.
        """
        deadline = time.monotonic() + timeout
        prepare_directory(self._directory)
        with FileLock(self._directory / START_LOCK) as lock:
            while not self._find():
                if lock.try_acquire():
                    if not self._find():  # it may have come up between the two looks
                        self._start(deadline, timeout)
                    return
                if time.monotonic() > deadline:
                    raise StatueError("runner-start", reason="another program has been starting it for too long")
                time.sleep(0.05)

    def health(self) -> dict[str, Any]:
        """The runner's name, version, schema, state ("idle" or "busy") and number of waiting jobs."""
        return self._ask("GET", HEALTH, patience=_HEALTH_PATIENCE)

    def submit(self, header: dict[str, Any], *planes: Plane) -> str:
        """Send a job: the header of docs/http.md, then the picture's samples and the mask. Returns the job's id.

        The planes are sent as they are, not copied together first.
        """
        first = json.dumps(header, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        views = [memoryview(first), *[memoryview(plane).cast("B") for plane in planes]]
        # In pieces, because a socket's timeout counts for one call of sendall as a whole.
        pieces = (view[at : at + _PIECE] for view in views for at in range(0, len(view), _PIECE))
        return str(self._ask("POST", JOBS, pieces, sum(map(len, views)))["id"])

    def follow(self, job: str, on_progress: Callable[[str, float], object]) -> dict[str, Any]:
        """Wait for a job; returns its result.

        ``on_progress(phase, fraction)`` is called at least every second, also when nothing moved, so that it can look
        whether the user wants to stop. When it raises, the job is cancelled and the exception goes on.

        Raises:
            StatueError: the job's own failure; interrupted when somebody cancelled it; runner-unreachable when the
                connection breaks.
        """
        asking = False
        try:
            with self._open("GET", f"{JOBS}/{job}/events") as response:
                for event in _events(response):
                    if event["state"] == "done":
                        return dict(event["result"])
                    if event["state"] == "failed":
                        raise StatueError.from_json(event.get("error"))
                    if event["state"] == "cancelled":
                        raise StatueError("interrupted")
                    asking = True
                    on_progress(event["phase"], float(event["fraction"]))
                    asking = False
            raise StatueError("runner-unreachable")
        except BaseException as error:
            # The job's own failure, or the runner's, leaves nothing to cancel.
            if asking or not isinstance(error, StatueError):
                self.cancel(job)
            raise

    def variant(self, job: str, k: int) -> tuple[dict[str, Any], bytearray]:
        """(header, samples) of variant ``k``, counted from 1, of a job that is done."""
        return self._fetch(f"{JOBS}/{job}/variants/{k}")

    def uncertainty(self, job: str) -> tuple[dict[str, Any], bytearray]:
        """(header, samples) of the uncertainty, for a job whose result says that there is one."""
        return self._fetch(f"{JOBS}/{job}/uncertainty")

    def cancel(self, job: str) -> None:
        """Stop a job and forget it; nothing happens when it, or the runner, is gone already."""
        with contextlib.suppress(StatueError):
            self._ask("DELETE", f"{JOBS}/{job}", patience=_HEALTH_PATIENCE)

    def _find(self) -> bool:
        """Whether the runner that ``runner.json`` names answers."""
        self._runner = read_state(self._directory)
        if self._runner is None:
            return False
        try:
            health = self.health()
        except StatueError:
            return False
        if health.get("name") != NAME:
            return False
        if health.get("schema") != SCHEMA:
            raise StatueError("runner-version")
        return True

    def _start(self, deadline: float, timeout: float) -> None:
        """Start a runner of its own session, which outlives this process, and wait until it answers."""
        process = start_runner(self._command, self._directory)
        ended = None
        while not self._find():
            now = time.monotonic()
            if process.poll() is not None:
                # Perhaps because another runner was faster: that one is given a moment to come up.
                ended = now if ended is None else ended
                if now > ended + 1.0:
                    raise StatueError(
                        "runner-start", reason=last_words(self._directory) or f"it ended ({process.returncode})"
                    )
            if now > deadline:
                raise StatueError("runner-start", reason=f"it does not answer after {timeout:g} seconds")
            time.sleep(0.05)

    def _fetch(self, path: str) -> tuple[dict[str, Any], bytearray]:
        with self._open("GET", path) as response:
            with _network():
                line = response.readline(MAX_LINE)
            header = _decode_json(line)
            samples = bytearray(max(0, int(response.headers.get("Content-Length", 0)) - len(line)))
            view = memoryview(samples)
            while view:
                with _network():
                    count = response.readinto(view)
                if not count:
                    raise StatueError("runner-unreachable")
                view = view[count:]
            return header, samples

    def _ask(
        self,
        method: str,
        path: str,
        body: Iterator[memoryview] | None = None,
        length: int = 0,
        patience: float = PATIENCE,
    ) -> dict[str, Any]:
        with self._open(method, path, body, length, patience) as response:
            with _network():
                text = response.read()
            return _decode_json(text)

    @contextlib.contextmanager
    def _open(
        self,
        method: str,
        path: str,
        body: Iterator[memoryview] | None = None,
        length: int = 0,
        patience: float = PATIENCE,
    ) -> Iterator[http.client.HTTPResponse]:
        """The response to a request, on a connection of its own; a refusal is a StatueError."""
        if self._runner is None:
            raise StatueError("runner-unreachable")
        connection = http.client.HTTPConnection("127.0.0.1", self._runner["port"], timeout=patience)
        headers = {"Authorization": f"Bearer {self._runner['token']}"}
        if body is not None:
            headers.update({"Content-Type": "application/octet-stream", "Content-Length": str(length)})
        try:
            with _network():
                connection.connect()
                # The answer may say why it was cut off.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, path, body, headers)
                response = connection.getresponse()
                refusal = response.read(1 << 16) if response.status >= 400 else None
            if refusal is not None:
                raise StatueError.from_json(_decode_json(refusal).get("error"))
            yield response
        finally:
            connection.close()


@contextlib.contextmanager
def _network() -> Iterator[None]:
    """Turns every failure of the connection into ``runner-unreachable``."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise StatueError("runner-unreachable") from error


def _events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    while True:
        with _network():
            line = response.readline()
        if not line.endswith(b"\n"):
            return
        yield _decode_json(line)


def _decode_json(text: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise StatueError("runner-version") from error
