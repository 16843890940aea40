"""A worker that dies takes nothing with it; memory does not grow."""

import os
import signal
from pathlib import Path

import pytest
from many_pictures import pictures

from statue_models.batch import files
from statue_models.batch.local_pool import LocalPool
from statue_models.batch.outcome import Outcome, Wanted
from statue_models.batch.pool import Batch
from statue_models.cli import arguments
from statue_models.cli.restore import task_of


def wanted(names, *more):
    """The batch of some photographs."""
    options = arguments.parse(["restore", *names, "--masks", "masks", "-o", "out", "--model", "telea", *more])
    files.make_folder("out")
    return [
        Wanted(name, task_of(options, name, f"masks/{Path(name).name}", [f"out/{Path(name).name}"])) for name in names
    ]


class MortalPool(LocalPool):
    """Kills the worker of a photograph, as the system does that is short of memory, so many times."""

    def __init__(self, size, number, times):
        super().__init__(size)
        self.number, self.times, self.began = number, times, []

    def submit(self, number, task, resume):
        super().submit(number, task, resume)
        self.began.append((number, sum(one.busy is not None for one in self._processes)))
        if number == self.number and self.times:
            self.times -= 1
            process = next(one.process for one in self._processes if one.busy == number)
            os.kill(process.pid, signal.SIGKILL)


def done_by(pool, batch_of, resume=False):
    batch = Batch(batch_of, pool, resume, lambda number, outcome: None, lambda flying: None)
    batch.run()
    return batch.outcomes


def test_a_worker_that_was_killed_costs_its_picture_another_try_alone(make_statues):
    pool = MortalPool(2, 1, 1)
    outcomes = done_by(pool, wanted(make_statues(5)))
    assert [one.state for one in outcomes] == ["done"] * 5 and len(pictures("out")) == 5
    assert pool.began[-1] == (1, 1)  # last, and nothing beside it
    assert pool.pids == []


def test_a_picture_that_kills_every_worker_fails_alone(make_statues):
    pool = MortalPool(2, 1, 9)
    outcomes = done_by(pool, wanted(make_statues(4)))
    assert [one.state for one in outcomes] == ["done", "failed", "done", "done"]
    error = outcomes[1].error
    assert error["code"] == "worker-died" and "photos/s01.png" in error["sentence"] and "2 times" in error["sentence"]
    assert set(pictures("out")) == {"s00.png", "s02.png", "s03.png"}


class ShortPool:
    """Tells what it is told to tell, at once; its memory suffices for one task at a time."""

    size, tries, alone = 2, 2, True

    def __init__(self):
        self.flying, self.log = [], []

    def submit(self, number, task, resume):
        self.flying.append(number)
        self.log.append((number, len(self.flying), resume))

    def results(self, seconds):
        short = {"code": "out-of-memory", "sentence": "", "remedy": ""}
        crowded = len(self.flying) > 1
        answer = [(n, Outcome("failed", error=short) if crowded else Outcome("done")) for n in self.flying]
        self.flying = []
        return answer

    def stop(self):
        self.log.append("stopped")


def test_what_memory_was_short_for_is_tried_alone(make_statues):
    pool = ShortPool()
    assert [one.state for one in done_by(pool, wanted(make_statues(2)))] == ["done", "done"]
    assert pool.log == [(0, 1, False), (1, 2, False), (0, 1, True), (1, 1, True), "stopped"]


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is read from /proc")
def test_memory_is_flat_over_five_hundred_pictures(make_statues):
    pool, held = LocalPool(1), []

    def look(number, outcome):
        assert outcome.state == "done", outcome.error
        held.append(int(Path(f"/proc/{pool.pids[0]}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))

    batch = Batch(wanted(make_statues(500)), pool, False, look, lambda flying: None)
    batch.run()
    early, late = max(held[20:60]), max(held[-40:])
    assert len(held) == 500 and late < early + (4 << 20), (early, late)
