"""The runner's client: finds or starts the runner, sends a job, follows it, fetches its results, cancels it.

For Python 3.9 and later, standard library only: the installer lays a copy beside the GIMP plug-in, with ``errors.py``.

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
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import StatueError

SCHEMA = 1
NAME = "restore-statue-face"
STATE_FILE = "runner.json"
LOG_FILE = "runner.log"
#: Seconds without a byte after which the runner counts as gone; it sends a sign of life every half second.
PATIENCE = 30.0
_HEALTH_PATIENCE = 5.0
_PIECE = 1 << 20
#: A host application may set these for its own Python; another Python does not start with them.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "__PYVENV_LAUNCHER__")

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
        with self._start_lock() as lock:
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
        return self._ask("GET", "/v1/health", patience=_HEALTH_PATIENCE)

    def submit(self, header: dict[str, Any], *planes: Plane) -> str:
        """Send a job: the header of docs/http.md, then the picture's samples and the mask. Returns the job's id.

        The planes are sent as they are, not copied together first.
        """
        first = json.dumps(header, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        views = [memoryview(first), *[memoryview(plane).cast("B") for plane in planes]]
        # In pieces, because a socket's timeout counts for one call of sendall as a whole.
        pieces = (view[at : at + _PIECE] for view in views for at in range(0, len(view), _PIECE))
        return str(self._ask("POST", "/v1/jobs", pieces, sum(map(len, views)))["id"])

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
            with self._open("GET", f"/v1/jobs/{job}/events") as response:
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
        return self._fetch(f"/v1/jobs/{job}/variants/{k}")

    def uncertainty(self, job: str) -> tuple[dict[str, Any], bytearray]:
        """(header, samples) of the uncertainty, for a job whose result says that there is one."""
        return self._fetch(f"/v1/jobs/{job}/uncertainty")

    def cancel(self, job: str) -> None:
        """Stop a job and forget it; nothing happens when it, or the runner, is gone already."""
        with contextlib.suppress(StatueError):
            self._ask("DELETE", f"/v1/jobs/{job}", patience=_HEALTH_PATIENCE)

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

    def _start_lock(self) -> FileLock:
        try:
            return FileLock(self._directory / "start.lock")
        except OSError as error:
            raise StatueError("runner-start", reason=f"{self._directory}: {_words(error)}") from error

    def _start(self, deadline: float, timeout: float) -> None:
        """Start a runner of its own session, which outlives this process, and wait until it answers."""
        log = self._directory / LOG_FILE
        try:
            with open(_opened(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as output:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self._directory,
                    env=_environment(),
                    **_DETACHED,
                )
        except (OSError, IndexError) as error:
            raise StatueError("runner-start", reason=_words(error)) from error
        ended = None
        while not self._find():
            now = time.monotonic()
            if process.poll() is not None:
                # Perhaps because another runner was faster: that one is given a moment to come up.
                ended = now if ended is None else ended
                if now > ended + 1.0:
                    raise StatueError("runner-start", reason=_last_line(log) or f"it ended ({process.returncode})")
            if now > deadline:
                raise StatueError("runner-start", reason=f"it does not answer after {timeout:g} seconds")
            time.sleep(0.05)

    def _fetch(self, path: str) -> tuple[dict[str, Any], bytearray]:
        with self._open("GET", path) as response:
            with _network():
                line = response.readline(1 << 16)
            header = _decoded(line)
            samples = bytearray(max(0, int(response.headers.get("Content-Length", 0)) - len(line)))
            view = memoryview(samples)
            while len(view):
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
            return _decoded(text)

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
                with contextlib.suppress(
                    BrokenPipeError, ConnectionResetError
                ):  # the answer may say why it was cut off
                    connection.request(method, path, body, headers)
                response = connection.getresponse()
                refusal = response.read(1 << 16) if response.status >= 400 else None
            if refusal is not None:
                raise _refused(refusal)
            yield response
        finally:
            connection.close()


class FileLock:
    """An exclusive lock on a file, which the system lifts when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = _opened(path, os.O_RDWR | os.O_CREAT)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def try_acquire(self) -> bool:
        """Take the lock; False while somebody else has it."""
        assert self._descriptor is not None
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back, if it was held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def prepare_directory(directory: Path) -> None:
    """Make the state directory with mode 0700, or check that it is the user's own and nobody else can look into it.

    Raises:
        StatueError: state-insecure, runner-start when it cannot be made.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        _check_private(directory, os.lstat(directory), stat.S_ISDIR)
    except OSError as error:
        raise StatueError("runner-start", reason=f"{directory}: {_words(error)}") from error


def read_state(directory: Path) -> dict[str, Any] | None:
    """The contents of ``runner.json``, or None where there is none or it is not complete.

    Raises:
        StatueError: state-insecure when anybody else could have written it.
    """
    path = directory / STATE_FILE
    try:
        _check_private(path, os.lstat(path), stat.S_ISREG)
        with open(_opened(path, os.O_RDONLY), encoding="utf-8") as file:
            _check_private(path, os.fstat(file.fileno()), stat.S_ISREG)
            state = json.loads(file.read(1 << 16))
        if 0 < int(state["port"]) < 1 << 16 and str(state["token"]).isalnum():
            return dict(state)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _check_private(path: Path, status: os.stat_result, kind: Callable[[int], bool]) -> None:
    reason = None
    if not kind(status.st_mode):
        reason = "it is a link or not what it should be"
    elif sys.platform != "win32":  # there, the profile folder's own access list keeps others out
        if status.st_uid != os.geteuid():
            reason = "it belongs to another user"
        elif status.st_mode & 0o077:
            reason = f"its mode {stat.S_IMODE(status.st_mode):o} lets others in"
    if reason:
        raise StatueError("state-insecure", path=path, reason=reason)


def _opened(path: Path, flags: int) -> int:
    """A descriptor of a file of the state directory; links are not followed, new files are the user's alone."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o600)


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
        yield _decoded(line)


def _decoded(text: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise StatueError("runner-version") from error


def _refused(body: bytes) -> StatueError:
    """The error that the runner answered with."""
    try:
        return StatueError.from_json(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return StatueError("runner-version")


def _environment() -> dict[str, str]:
    """The environment without what belongs to the Python, or to the application bundle, that this code runs in."""
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    if "APPDIR" in environment or "SNAP" in environment:
        environment.pop("LD_LIBRARY_PATH", None)
    return environment


def _last_line(path: Path) -> str:
    """What a runner that ended said last."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip().rstrip(".")[:200] if lines else ""


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)


_DETACHED: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _DETACHED = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
