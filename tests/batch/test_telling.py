"""How long it will take, how many work on it, and what is told at the end."""

import cv2
import numpy as np
import pytest

from statue_models.batch import capacity, summary
from statue_models.batch.outcome import DONE, FAILED, KEPT, LEFT, Outcome, Wanted
from statue_models.batch.time_left import TimeLeft, in_words, work_in
from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.tasks.picture_task import PictureTask


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_time_left_goes_by_the_size_of_the_pictures():
    clock = Clock()
    left = TimeLeft([2.0, 2.0, 4.0, 8.0], 1, clock)
    assert left.seconds([0]) is None  # nothing is known yet
    clock.now += 10
    left.ended(0, Outcome(DONE, seconds=10.0))
    assert left.seconds([1]) == pytest.approx(70)
    clock.now += 4
    assert left.seconds([1]) == pytest.approx(66)
    clock.now += 100  # it takes longer than any before: the others are still to come
    assert left.seconds([1]) == pytest.approx(60)


def test_more_workers_take_less_but_never_less_than_the_longest_picture():
    clock = Clock()
    left = TimeLeft([1.0, 1.0, 1.0, 1.0, 9.0], 4, clock)
    left.ended(0, Outcome(DONE, seconds=2.0))
    assert left.seconds([1, 2, 3]) == pytest.approx(24 / 4)
    for number in (1, 2, 3):
        left.ended(number, Outcome(DONE, seconds=2.0))
    assert left.seconds([4]) == pytest.approx(18)


def test_what_was_done_before_or_failed_at_once_does_not_make_the_rest_look_quick():
    left = TimeLeft([1.0] * 6, 1, Clock())
    left.ended(0, Outcome(KEPT, seconds=0.01))
    left.ended(1, Outcome(FAILED, seconds=0.01))
    assert left.seconds([]) is None
    left.ended(2, Outcome(DONE, seconds=3.0))
    left.ended(3, Outcome(FAILED, seconds=0.01))
    assert left.seconds([]) == pytest.approx(6)
    left.ended(4, Outcome(FAILED, seconds=5.0))  # after a long search
    assert left.seconds([]) == pytest.approx(4)


def test_larger_pictures_are_more_work(tmp_path):
    for side in (100, 2000):
        cv2.imwrite(str(tmp_path / f"{side}.png"), np.zeros((side, side), np.uint8))
    (tmp_path / "no.png").write_text("no picture")
    small, large = (work_in(str(tmp_path / f"{side}.png")) for side in (100, 2000))
    assert large - small == pytest.approx(3.99)
    assert work_in(str(tmp_path / "no.png")) == work_in("s3://bucket/a.png") == work_in("nowhere") > 0


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (9, "9 s"), (42, "40 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_times_are_told_no_more_exactly_than_they_are_known(seconds, words):
    assert in_words(seconds) == words


def test_workers_fit_cores_memory_and_pictures(monkeypatch, tmp_path):
    monkeypatch.setattr(capacity, "usable_cores", lambda: 8)
    monkeypatch.setattr(capacity, "free_memory", lambda: 5 * capacity.PER_WORKER + 1)
    assert [capacity.worker_count(tasks) for tasks in (0, 3, 100)] == [1, 3, 5]
    monkeypatch.setattr(capacity, "free_memory", lambda: 0)
    assert capacity.worker_count(100) == 1
    monkeypatch.undo()
    assert capacity.usable_cores() >= 1 and capacity.free_memory() > 0
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    monkeypatch.setattr(capacity.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    for share, cores in (("max 100000", 16), ("250000 100000", 3), ("10000 100000", 1), ("9900000 100000", 16)):
        (tmp_path / "cpu.max").write_text(share)
        assert capacity.usable_cores() == cores
    (tmp_path / "memory.max").write_text("3000")
    (tmp_path / "memory.current").write_text("1000")
    assert capacity.free_memory() == 2000


def test_the_table_and_the_object_say_what_became_of_each():
    def wanted(name):
        return Wanted(name, PictureTask(name, f"m/{name}", (f"out/{name}",)))

    failed = StatueError("no-face", where="there", more="")
    told = [Note.of("mask-understood", pixels=9, percent=1.0, holes=1).to_json(), Note("profile-ignored").to_json()]
    batch = [wanted("a.jpg"), wanted("longer.jpg"), Wanted("c.jpg", error=failed), wanted("d.jpg")]
    outcomes = [
        Outcome(DONE, ("out/a.jpg",), tuple(told), seconds=12.34),
        Outcome(KEPT, notes=tuple(told[:1]), seconds=0.01),
        Outcome(FAILED, error=failed.to_json()),
        Outcome(LEFT),
    ]
    assert summary.table(batch, outcomes).splitlines() == [
        "picture     state   seconds  notes or error",
        "a.jpg       done       12.3  1",
        "longer.jpg  kept          -  0",
        "c.jpg       failed        -  no-face",
        "d.jpg       left          -",
    ]
    assert summary.remedies(outcomes) == [f"no-face: {failed.remedy}"]
    error = summary.failure(outcomes, False)
    assert error.exit_status == 9 and "1 of 4" in error.sentence
    stopped = summary.failure(outcomes, True)
    assert stopped.exit_status == 130 and "2 of 4" in stopped.sentence and "--resume" in stopped.remedy
    assert summary.failure(outcomes[:2], False) is None
    answer = summary.to_json(batch, outcomes, 13.0, error)
    assert answer["counts"] == {"done": 1, "kept": 1, "failed": 1, "left": 1}
    assert answer["pictures"][2] == {
        "photo": "c.jpg",
        "mask": None,
        "output": None,
        "state": "failed",
        "files": [],
        "seconds": 0.0,
        "notes": [],
        "error": failed.to_json(),
    }
