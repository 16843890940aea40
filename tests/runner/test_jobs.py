"""The queue: order, cancelling, limits, and what is kept for how long."""

import threading

import pytest
from fake_restorer import FakeRestorer, wait_until

from statue_models.errors import StatueError
from statue_models.runner import wire
from statue_models.runner.jobs import JobQueue, Limits, State


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue_of(fake, clock):
    """A function that makes a queue around the fake restorer."""
    queues = []

    def make(**limits):
        queues.append(JobQueue(lambda: fake, Limits(**limits), clock))
        return queues[-1]

    yield make
    fake.gate.set()
    for queue in queues:
        queue.close()


def finished(job):
    wait_until(lambda: job.state.final)
    return job.state


def test_jobs_run_in_order_in_one_thread_that_made_the_restorer(make_request):
    made_in = []
    fake = FakeRestorer()

    def make():
        made_in.append(threading.get_ident())
        return fake

    queue = JobQueue(make)
    jobs = [queue.submit(make_request(seed=seed)) for seed in range(3)]
    assert [finished(job) for job in jobs] == [State.DONE] * 3
    assert [job.ended for job in jobs] == sorted(job.ended for job in jobs)
    assert set(made_in) == fake.threads and len(made_in) == 1
    assert jobs[0].restoration.rectangle == (30, 10, 10, 11)
    queue.close()


def test_every_change_has_a_higher_number_and_no_fraction_falls(make_request, fake, queue_of):
    queue = queue_of()
    fake.gate.clear()
    job = queue.submit(make_request())
    seen = []
    with queue.following(job, lambda: seen.append((job.sequence, job.fraction, str(job.state)))):
        wait_until(lambda: len(seen) > 5)
        fake.gate.set()
        finished(job)
    numbers = [number for number, _, _ in seen]
    assert numbers == sorted(set(numbers))
    assert [fraction for _, fraction, _ in seen] == sorted(fraction for _, fraction, _ in seen)
    assert seen[-1][1:] == (1.0, "done")


def test_a_running_job_is_cancelled_and_the_next_one_runs(make_request, fake, queue_of):
    queue = queue_of()
    fake.gate.clear()
    first, second, third = [queue.submit(make_request()) for _ in range(3)]
    fake.started.wait(10)
    queue.cancel(second)
    queue.cancel(first)
    assert first.state is second.state is State.CANCELLED
    wait_until(lambda: third.state is State.RUNNING)
    assert fake.stopped == 1
    fake.gate.set()
    assert finished(third) is State.DONE
    with pytest.raises(StatueError) as caught:
        queue.restoration(first)
    assert caught.value.code == "interrupted"


def test_a_failure_keeps_its_code_and_no_pictures(make_request, fake, queue_of):
    queue = queue_of()
    fake.failure = StatueError("no-face")
    job = queue.submit(make_request())
    assert finished(job) is State.FAILED
    assert job.error.code == "no-face" and job.error.__traceback__ is None
    wait_until(lambda: job.request is None)
    fake.failure = MemoryError()
    job = queue.submit(make_request())
    assert finished(job) is State.FAILED and job.error.code == "out-of-memory"
    fake.failure = ValueError("/home/somebody/secret")
    job = queue.submit(make_request())
    assert finished(job) is State.FAILED and job.error.code == "internal"
    assert "secret" not in str(wire.job_json(queue.snapshot(job)))


def test_a_result_that_is_refused_is_a_failure(make_request, fake):
    def refuse(restoration):
        raise ValueError("nobody can be told this")

    queue = JobQueue(lambda: fake, check=refuse)
    job = queue.submit(make_request())
    assert finished(job) is State.FAILED and job.error.code == "internal" and job.restoration is None
    queue.close()


def test_models_that_cannot_be_made_ready_are_tried_again(make_request, fake):
    broken = [StatueError("weights-missing", path="w", how="")] * 2

    def make():
        if broken:
            raise broken.pop()
        return fake

    queue = JobQueue(make)
    first = queue.submit(make_request())
    assert finished(first) is State.FAILED and first.error.code == "weights-missing"
    assert finished(queue.submit(make_request())) is State.DONE
    queue.close()


def test_a_job_without_a_follower_is_cancelled_after_its_grace(make_request, fake, queue_of, clock):
    queue = queue_of(follower_grace=5.0)
    fake.gate.clear()
    job = queue.submit(make_request())
    with queue.following(job, lambda: None):
        clock.now += 60
        queue.sweep()
        assert not job.state.final
    clock.now += 4
    queue.sweep()
    queue.get(job.id)  # asking counts as well
    clock.now += 4
    queue.sweep()
    assert not job.state.final
    clock.now += 2
    queue.sweep()
    assert job.state is State.CANCELLED


def test_results_are_forgotten_in_time(make_request, queue_of, clock):
    queue = queue_of(keep_seconds=300)
    job = queue.submit(make_request())
    finished(job)
    clock.now += 299
    queue.sweep()
    assert queue.restoration(queue.get(job.id)).rectangle
    clock.now += 301
    queue.sweep()
    with pytest.raises(StatueError) as caught:
        queue.get(job.id)
    assert caught.value.code == "unknown-job"


def test_results_are_bounded_by_memory_and_the_newest_stays(make_request, queue_of, clock):
    one = 10 * 11 * 3 + 10 * 11  # a variant and the uncertainty
    queue = queue_of(keep_bytes=2 * one)
    jobs = []
    for _ in range(4):
        clock.now += 1
        jobs.append(queue.submit(make_request()))
        finished(jobs[-1])
    for job in jobs[:2]:
        with pytest.raises(StatueError):
            queue.get(job.id)
    assert [queue.get(job.id) for job in jobs[2:]] == jobs[2:]
    big = queue.submit(make_request(variants=16))
    finished(big)
    assert queue.get(big.id) is big


def test_a_full_queue_takes_no_more(make_request, fake, queue_of):
    queue = queue_of(waiting=2)
    fake.gate.clear()
    queue.submit(make_request())
    fake.started.wait(10)
    queue.submit(make_request())
    with queue.reserve(10), pytest.raises(StatueError) as caught, queue.reserve(10):
        pass
    assert caught.value.code == "runner-busy"
    with queue.reserve(10):
        pass


def test_waiting_requests_are_bounded_by_memory_but_a_lone_one_is_taken(make_request, fake, queue_of):
    queue = queue_of(waiting_bytes=20_000)
    with queue.reserve(10**9):
        pass
    fake.gate.clear()
    queue.submit(make_request())  # 12,288 bytes
    with queue.reserve(7_000), pytest.raises(StatueError), queue.reserve(1_000):
        pass


def test_idle_time_starts_when_the_work_ends(make_request, fake, queue_of, clock):
    queue = queue_of()
    clock.now += 10
    assert queue.idle_seconds() == 10
    fake.gate.clear()
    job = queue.submit(make_request())
    clock.now += 50
    assert queue.idle_seconds() == 0
    fake.gate.set()
    finished(job)
    wait_until(lambda: queue.counts() == (False, 0))
    clock.now += 3
    assert queue.idle_seconds() == 3
