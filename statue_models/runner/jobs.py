"""The queue of jobs: one worker thread that owns the models, and what is known about each job.

Nothing here knows HTTP. All public methods may be called from any thread.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from statue_models.errors import StatueError
from statue_models.phases import Phase
from statue_models.request import Progress, Restoration, RestorationRequest

log = logging.getLogger(__name__)


class RestoresPhotographs(Protocol):
    """What the worker needs: ``Restorer`` has it."""

    def restore(self, request: RestorationRequest, progress: Progress) -> Restoration:
        """The result of a request."""
        ...


class State(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Limits:
    """How much is accepted and kept.

    Attributes:
        waiting: jobs that may wait beside the one that runs.
        waiting_bytes: samples of all requests that are being received, wait or run; a lone one is always accepted.
        follower_grace: seconds after which a job that nobody follows or asks about is cancelled.
        keep_seconds: how long a result can be fetched.
        keep_bytes: samples of all results; the oldest go first, the newest always stays.
    """

    #: All chosen; seconds and bytes where it says so.
    waiting: int = 8
    waiting_bytes: int = 2 << 30
    follower_grace: float = 5.0
    keep_seconds: float = 300.0
    keep_bytes: int = 1 << 30


@dataclass(eq=False)
class Job:
    """One restoration; changed under the queue's lock only."""

    id: str
    request: RestorationRequest | None
    seen: float
    state: State = State.QUEUED
    phase: str = Phase.WAITING
    fraction: float = 0.0
    sequence: int = 0
    restoration: Restoration | None = None
    error: StatueError | None = None
    ended: float = 0.0
    followers: list[Callable[[], object]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What is known about a job at one moment.

    Attributes:
        id: of the job.
        state: where it stands.
        phase: what is being done, in words.
        fraction: in [0, 1]; never falls.
        sequence: grows with every change.
        restoration: the result of a job that is done.
        error: the failure of one that failed.
    """

    id: str
    state: State
    phase: str
    fraction: float
    sequence: int
    restoration: Restoration | None
    error: StatueError | None


class JobQueue:
    """Runs jobs one after the other.

    Args:
        make_restorer: called once, in the worker thread, which alone uses what it returns: so every model is loaded
            once, and the slow imports do not keep the server from answering.
        limits: see ``Limits``.
        clock: seconds that only grow.
        check: called with each result in the worker thread; what it raises is the job's failure.
    """

    def __init__(
        self,
        make_restorer: Callable[[], RestoresPhotographs],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        check: Callable[[Restoration], object] = lambda restoration: None,
    ) -> None:
        self._make_restorer = make_restorer
        self._restorer: RestoresPhotographs | None = None
        self._limits = limits or Limits()
        self._clock = clock
        self._check = check
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._reserved: dict[object, int] = {}
        self._closed = False
        self._active = clock()
        self._worker = threading.Thread(target=self._work, name="restorer", daemon=True)
        self._worker.start()

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Room for a request of ``size`` bytes while it is received and handed over.

        Raises:
            StatueError: runner-busy when the queue is full.
        """
        key = object()
        with self._changed:
            in_use = sum(self._reserved.values()) + self._held_bytes()
            pending = len(self._reserved) + len(self._waiting)
            if (
                self._closed
                or pending >= self._limits.waiting
                or (in_use and in_use + size > self._limits.waiting_bytes)
            ):
                raise StatueError("runner-busy")
            self._reserved[key] = size
        try:
            yield
        finally:
            with self._changed:
                del self._reserved[key]

    def submit(self, request: RestorationRequest) -> Job:
        """Queue a request, inside ``reserve``."""
        with self._changed:
            job = Job(secrets.token_hex(16), request, self._clock())
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._changed.notify_all()
        return job

    def get(self, job_id: str) -> Job:
        """The job with this id, which is thereby still wanted.

        Raises:
            StatueError: unknown-job.
        """
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                raise StatueError("unknown-job")
            job.seen = self._clock()
            return job

    def snapshot(self, job: Job) -> Snapshot:
        """What is known about a job at this moment."""
        with self._changed:
            return Snapshot(job.id, job.state, job.phase, job.fraction, job.sequence, job.restoration, job.error)

    def restoration(self, job: Job) -> Restoration:
        """The result of a job.

        Raises:
            StatueError: job-not-done; the job's own error; interrupted when it was cancelled.
        """
        with self._changed:
            if job.error is not None:
                raise _fresh(job.error)
            if job.state is State.CANCELLED:
                raise StatueError("interrupted")
            if job.restoration is None:
                raise StatueError("job-not-done")
            return job.restoration

    def cancel(self, job: Job) -> None:
        """Stop a job: it is cancelled at once; the worker turns to the next one at its next step of progress.

        The result of a job that is done is thrown away.
        """
        with self._changed:
            if job.state.final:
                self._jobs.pop(job.id, None)
            else:
                self._end(job, State.CANCELLED)

    @contextmanager
    def following(self, job: Job, on_change: Callable[[], object]) -> Iterator[None]:
        """While the block lasts the job has a follower; ``on_change`` is called, from any thread, when it changed."""
        with self._changed:
            job.followers.append(on_change)
        try:
            yield
        finally:
            with self._changed:
                job.followers.remove(on_change)
                job.seen = self._clock()

    def touch(self) -> None:
        """Note that somebody uses this runner."""
        self._active = self._clock()

    def idle_seconds(self) -> float:
        """Seconds since the last use; 0 while there is work."""
        with self._changed:
            if self._waiting or self._running or self._reserved:
                self._active = self._clock()
            return self._clock() - self._active

    def counts(self) -> tuple[bool, int]:
        """(whether a job runs, number of waiting jobs)."""
        with self._changed:
            return self._running is not None, len(self._waiting)

    def sweep(self) -> None:
        """Cancel jobs whose followers have gone, and forget results that nobody fetched in time."""
        now = self._clock()
        with self._changed:
            for job in list(self._jobs.values()):
                if not job.state.final and not job.followers and now - job.seen > self._limits.follower_grace:
                    log.info("job %s cancelled: nobody follows it", job.id)
                    self._end(job, State.CANCELLED)
                elif job.state.final and now - max(job.ended, job.seen) > self._limits.keep_seconds:
                    del self._jobs[job.id]
            self._trim()

    def close(self) -> None:
        """Cancel everything and take no more."""
        with self._changed:
            self._closed = True
            for job in list(self._jobs.values()):
                if not job.state.final:
                    self._end(job, State.CANCELLED)
            self._changed.notify_all()

    def _held_bytes(self) -> int:
        jobs = [*self._waiting, *([self._running] if self._running else [])]
        return sum(job.request.image.nbytes + job.request.mask.nbytes for job in jobs if job.request is not None)

    def _trim(self) -> None:
        """Keep the samples of all results within their bound."""
        finished = sorted(
            (job for job in self._jobs.values() if job.restoration is not None), key=lambda job: job.ended
        )
        total = sum(_result_bytes(job.restoration) for job in finished)
        for job in finished[:-1]:
            if total <= self._limits.keep_bytes:
                return
            total -= _result_bytes(job.restoration)
            del self._jobs[job.id]

    def _end(self, job: Job, state: State, phase: str | None = None) -> None:
        """Bring a job to a final state; the lock is held."""
        job.state, job.phase = state, phase or str(state)
        job.ended = self._clock()
        if job in self._waiting:
            self._waiting.remove(job)
        if job is not self._running:
            job.request = None
        self._tell(job)
        self._trim()

    def _tell(self, job: Job) -> None:
        job.sequence += 1
        for on_change in job.followers:
            on_change()

    def _work(self) -> None:
        try:
            self._restorer = self._make_restorer()  # so that the first job finds it ready
        except Exception:
            log.exception("the models could not be made ready; the next job tries again")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job = self._running = self._waiting.popleft()
                request = job.request
                job.state, job.phase = State.RUNNING, Phase.STARTING
                self._tell(job)
            assert request is not None
            self._run(job, request)
            with self._changed:
                job.request = self._running = None
                self._active = self._clock()
            del job, request  # while the thread waits, it must not keep their pictures

    def _run(self, job: Job, request: RestorationRequest) -> None:
        def progress(phase: Phase, fraction: float) -> None:
            with self._changed:
                if job.state is State.CANCELLED:
                    raise StatueError("interrupted")
                job.phase, job.fraction = phase, min(1.0, max(job.fraction, float(fraction)))
                self._tell(job)

        try:
            if self._restorer is None:
                self._restorer = self._make_restorer()
            restoration = self._restorer.restore(request, progress)
            self._check(restoration)
        except Exception as error:
            failure = StatueError.from_exception(error, log="the runner's log")
            if failure.code == "internal":
                log.exception("job %s failed", job.id)
            self._fail(job, failure)
        else:
            with self._changed:
                if not job.state.final:
                    job.restoration, job.fraction = restoration, 1.0
                    self._end(job, State.DONE)

    def _fail(self, job: Job, error: StatueError) -> None:
        with self._changed:
            if not job.state.final:
                job.error = _fresh(error)
                self._end(job, State.FAILED)


def _fresh(error: StatueError) -> StatueError:
    """The same error without its traceback, whose frames would keep the pictures in memory."""
    return StatueError.from_json(error.to_json())


def _result_bytes(restoration: Restoration | None) -> int:
    if restoration is None:
        return 0
    planes = [variant.pixels for variant in restoration.variants]
    if restoration.uncertainty is not None:
        planes.append(restoration.uncertainty)
    return sum(plane.nbytes for plane in planes)
