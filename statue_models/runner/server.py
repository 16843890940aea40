"""The runner's process: it listens, tells clients where, and ends when nobody wants it any more."""

import asyncio
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from statue_models.errors import StatueError, reason_of
from statue_models.request import Restoration
from statue_models.runner.app import create_app
from statue_models.runner.jobs import JobQueue, Limits, RestoresPhotographs
from statue_models.runner.protocol.state_file import read_state
from statue_models.runner.state import RunnerState, remove_state, sole_runner, write_state
from statue_models.runner.wire import json_line, result_json

#: Seconds between two looks at what has been abandoned. Chosen.
_WATCH = 0.5


def make_restorer() -> RestoresPhotographs:
    """The restorer of the package, imported where it is needed first."""
    from statue_models.restoring.restorer import Restorer

    return Restorer()


def serve(
    directory: Path,
    port: int = 0,
    idle_minutes: float = 10.0,
    restorer: Callable[[], RestoresPhotographs] = make_restorer,
    limits: Limits | None = None,
) -> None:
    """Serve on 127.0.0.1 until stopped, or until nobody has used it for ``idle_minutes`` (0 = never ends by itself).

    Whoever takes ``runner.json`` away ends it too, as soon as it has no work.

    Args:
        directory: where ``runner.json`` goes, see ``places.state_directory``.
        port: 0 = any free one.
        restorer: see ``JobQueue``.

    Raises:
        StatueError: runner-start when another runner is there or the port cannot be had; state-insecure.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with sole_runner(directory), _listening(port) as listener:
        port = listener.getsockname()[1]
        state = RunnerState(port=port, pid=os.getpid(), started=time.time(), token=secrets.token_hex(32))
        queue = JobQueue(restorer, limits, check=_check_sendable)

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            watch = asyncio.create_task(_watch(queue, directory, state, 60 * idle_minutes, server))
            write_state(directory, state)
            print(f"listening on 127.0.0.1:{port}", file=sys.stderr, flush=True)
            try:
                yield
            finally:
                watch.cancel()

        def stop() -> None:
            remove_state(directory, state.token)
            queue.close()

        server = _Server(
            uvicorn.Config(
                create_app(queue, state.token, port, lifespan),
                http="h11",  # strict, and the same everywhere; httptools is taken else where it happens to be
                loop="asyncio",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=3,
            ),
            on_stop=stop,
        )
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Cancels what runs before it waits for its clients to leave, so that none keeps it from ending."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        raise StatueError("runner-start", reason=f"port {port}: {reason_of(error)}") from error
    return listener


def _check_sendable(restoration: Restoration) -> None:
    """Fail for a result whose record JSON cannot hold: the job should say so, not the address that is asked for it."""
    json_line(result_json(restoration))


async def _watch(
    queue: JobQueue, directory: Path, state: RunnerState, idle_seconds: float, server: uvicorn.Server
) -> None:
    """Sweep the queue, and end the server when nobody wants it any more."""
    while not server.should_exit:
        await asyncio.sleep(_WATCH)
        queue.sweep()
        idle = queue.idle_seconds()
        if (0 < idle_seconds < idle) or (idle > _WATCH and not _findable(directory, state.token)):
            server.should_exit = True


def _findable(directory: Path, token: str) -> bool:
    try:
        found = read_state(directory)
    except StatueError:
        return False
    return found is not None and found["token"] == token
