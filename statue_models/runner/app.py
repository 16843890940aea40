"""The local service as an ASGI application: the addresses of docs/http.md."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import statue_models
from statue_models import places
from statue_models.errors import StatueError
from statue_models.runner.access import AccessControl, error_response
from statue_models.runner.jobs import Job, JobQueue
from statue_models.runner.protocol import HEALTH, JOBS, SCHEMA
from statue_models.runner.wire import JobReader, job_json, json_line, uncertainty_message, variant_message

#: Seconds without a byte of a request's body after which it is given up. Chosen.
BODY_PATIENCE = 30.0
#: Seconds after which an event is repeated, as a sign of life in both directions. Chosen.
HEARTBEAT = 0.5
#: Seconds between two events at least: a progress bar needs no more. Chosen.
_SHORTEST = 0.03
#: Bytes sent at a time; chosen.
_PIECE = 1 << 18

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class _Endpoints:
    """What each address does, around one queue."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def routes(self) -> list[Route]:
        routes = [
            Route(HEALTH, self.health),
            Route(JOBS, self.create, methods=["POST"]),
            Route(JOBS + "/{id}", self.show),
            Route(JOBS + "/{id}", self.cancel, methods=["DELETE"]),
            Route(JOBS + "/{id}/events", self.events),
            Route(JOBS + "/{id}/variants/{k:int}", self.variant),
            Route(JOBS + "/{id}/uncertainty", self.uncertainty),
        ]
        for route in routes:  # Starlette adds HEAD to GET; an event stream without a body is of no use to anyone
            (route.methods or set()).discard("HEAD")
        return routes

    async def health(self, request: Request) -> Response:
        running, waiting = self._queue.counts()
        state = "busy" if running or waiting else "idle"
        about = {"name": places.NAME, "version": statue_models.__version__, "schema": SCHEMA, "pid": os.getpid()}
        return _json({**about, "state": state, "waiting": waiting})

    async def create(self, request: Request) -> Response:
        if request.headers.get("content-type", "").strip().lower() != "application/octet-stream":
            raise StatueError("wrong-content-type")
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            raise StatueError("bad-request", reason="it has no Content-Length")
        reader = JobReader(int(length))
        with self._queue.reserve(int(length)):
            await _receive(request, reader)
            job = self._queue.submit(await run_in_threadpool(reader.request))
        return _json({"schema": SCHEMA, "id": job.id}, 202, {"Location": f"{JOBS}/{job.id}"})

    async def show(self, request: Request) -> Response:
        return _json(job_json(self._queue.snapshot(self._job(request))))

    async def cancel(self, request: Request) -> Response:
        job = self._job(request)
        self._queue.cancel(job)
        return _json(job_json(self._queue.snapshot(job)))

    async def events(self, request: Request) -> Response:
        return _EventStream(self._queue, self._job(request))

    async def variant(self, request: Request) -> Response:
        restoration = self._queue.restoration(self._job(request))
        k = int(request.path_params["k"])
        if not 1 <= k <= len(restoration.variants):
            raise StatueError("unknown-resource")
        return _plane(*variant_message(restoration, k - 1))

    async def uncertainty(self, request: Request) -> Response:
        message = uncertainty_message(self._queue.restoration(self._job(request)))
        if message is None:
            raise StatueError("unknown-resource")
        return _plane(*message)

    def _job(self, request: Request) -> Job:
        return self._queue.get(request.path_params["id"])


class _EventStream(Response):
    """A job's states as NDJSON until it ends; the job has a follower for as long as the client listens."""

    media_type = "application/x-ndjson"

    def __init__(self, queue: JobQueue, job: Job) -> None:
        super().__init__(headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._queue, self._job = queue, job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        gone = asyncio.create_task(_watch_disconnect(receive, changed))
        try:
            with self._queue.following(self._job, lambda: loop.call_soon_threadsafe(changed.set)):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                while not gone.done():
                    changed.clear()
                    job = self._queue.snapshot(self._job)
                    final = job.state.final
                    line = json_line(job_json(job))
                    await send({"type": "http.response.body", "body": line, "more_body": not final})
                    if final:
                        return
                    await asyncio.sleep(_SHORTEST)
                    try:
                        await asyncio.wait_for(changed.wait(), HEARTBEAT)
                    except TimeoutError:
                        continue
        finally:
            gone.cancel()


async def _watch_disconnect(receive: Receive, changed: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    changed.set()


async def _receive(request: Request, reader: JobReader) -> None:
    """Feed a request's body to the reader."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(BODY_PATIENCE) as limit:
            async for chunk in request.stream():
                reader.feed(chunk)
                limit.reschedule(loop.time() + BODY_PATIENCE)
    except TimeoutError:
        raise StatueError("bad-request", reason="the rest of it did not come") from None
    except ClientDisconnect:
        raise StatueError("interrupted") from None


def _plane(header: bytes, samples: memoryview) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield header
        for at in range(0, len(samples), _PIECE):
            yield bytes(samples[at : at + _PIECE])

    length = {"Content-Length": str(len(header) + len(samples)), "Cache-Control": "no-store"}
    return StreamingResponse(pieces(), media_type="application/octet-stream", headers=length)


def _json(data: dict[str, object], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(data, status, {"Cache-Control": "no-store", **(headers or {})})


async def _statue_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StatueError)
    return error_response(error, {"Retry-After": "5"} if error.code == "runner-busy" else None)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "unknown-resource", 405: "wrong-method"}.get(error.status_code)
    return error_response(StatueError(code) if code else StatueError("bad-request", reason="it is not understood"))


async def _any_error(request: Request, error: Exception) -> Response:
    return error_response(StatueError.from_exception(error, log="the runner's log"))


def create_app(queue: JobQueue, token: str, port: int, lifespan: Lifespan | None = None) -> Starlette:
    """The ASGI application around a queue; it answers only to ``127.0.0.1:port`` and to those who have the token."""
    app = Starlette(
        routes=_Endpoints(queue).routes(),
        middleware=[Middleware(AccessControl, token=token, port=port, admitted=queue.touch)],
        exception_handlers={StatueError: _statue_error, HTTPException: _http_error, Exception: _any_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app
