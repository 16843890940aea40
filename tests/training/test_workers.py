"""Pools whose processes each make a worker once."""

import os
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from training.workers import WorkerPool


class Mason:
    def __init__(self, tool):
        self.tool, self.blows = tool, 0

    def strike(self, stone):
        self.blows += 1
        return os.getpid(), self.blows, f"{self.tool} {stone}"


def sleep(mason, seconds):
    time.sleep(seconds)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_every_process_has_one_worker_and_results_come_in_order(start):
    with WorkerPool(2, start, Mason, "chisel") as pool:
        done = list(pool.map(Mason.strike, range(12), chunk=3))
        last = pool.submit(Mason.strike, stone="last").result()
    assert [words for *_, words in done] == [f"chisel {stone}" for stone in range(12)]
    processes = {process for process, *_ in done}
    assert len(processes) <= 2 and os.getpid() not in processes and last[2] == "chisel last"
    for own in processes:
        assert [blows for process, blows, _ in done if process == own] == list(
            range(1, 1 + sum(process == own for process, *_ in done))
        )


def test_a_worker_that_cannot_be_made_and_a_task_that_fails_are_noticed():
    with pytest.raises(TypeError), WorkerPool(1, "fork", Mason, "chisel") as pool:
        pool.submit(Mason.strike).result()
    with pytest.raises(BrokenProcessPool), WorkerPool(1, "fork", Mason) as pool:
        pool.submit(Mason.strike, 1).result()


def test_killed_processes_leave_their_tasks():
    begun = time.monotonic()
    with WorkerPool(2, "fork", Mason, "chisel") as pool:
        tasks = [pool.submit(sleep, 60) for _ in range(8)]
        time.sleep(0.2)
        pool.kill()
    while time.monotonic() - begun < 30 and not all(task.done() for task in tasks):
        time.sleep(0.05)
    assert all(task.done() for task in tasks)
    # What a process had begun, or had been handed, breaks; what still waited is cancelled.
    assert all(task.cancelled() or isinstance(task.exception(), BrokenProcessPool) for task in tasks)
