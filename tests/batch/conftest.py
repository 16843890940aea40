"""A current folder with statues in ``photos/`` and their masks in ``masks/``, small, and real restorers."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from statue_models import cli
from statue_models.batch.picture_worker import PictureWorker
from statue_models.cli import restore_many

REPOSITORY = Path(__file__).parents[2]


def statue_command(*words):
    """``statue`` in this process; its exit status."""
    return cli.main([str(word) for word in words])


def started(*words):
    """``statue`` in a process of its own, and of a group of its own, as a terminal starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "statue_models", *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job hands its children an ignored SIGINT; what is tested is a terminal's.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


class PoolHere:
    """A pool's one worker in this very process: the same restorer, and no time for another's start."""

    tries, alone = 2, True
    worker = None

    def __init__(self, size):
        self.size, self.flying = size, []

    def submit(self, number, task, resume):
        self.flying.append((number, self.worker.work(task, resume)))

    def results(self, seconds):
        done, self.flying = self.flying, []
        return done

    def stop(self):
        pass


@pytest.fixture
def in_this_process(monkeypatch):
    """``statue restore`` for many starts no process."""
    monkeypatch.setattr(restore_many, "LocalPool", PoolHere)
    PoolHere.worker = PictureWorker()
    yield
    PoolHere.worker.end()


def pictures(folder):
    """Name -> bytes of all that is seen in a folder."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def everything(folder):
    """The same of all that is in it, but for the journal, which holds times."""
    found = {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    return {str(path.relative_to(folder)): text for path, text in found.items() if ".statue/" not in str(path)}


@pytest.fixture
def make_statues(tmp_path, monkeypatch, statue):
    """Makes so many photographs and their masks; returns the photographs' names."""
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "masks"):
        Path(folder).mkdir()
    picture = np.round(statue.rgb[..., ::-1] * 255).astype(np.uint8)

    def make(count, enlarged=1):
        names = []
        for number in range(count):
            name = f"photos/s{number:02}.png"
            shown = np.roll(picture, number, axis=1)
            hole = np.roll(statue.ellipse(30, 0.25, 0.3), number, axis=1).astype(np.uint8) * 255
            size = (shown.shape[1] * enlarged, shown.shape[0] * enlarged)
            cv2.imwrite(name, cv2.resize(shown, size, interpolation=cv2.INTER_CUBIC))
            cv2.imwrite(f"masks/s{number:02}.png", cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST))
            names.append(name)
        return names

    return make


@pytest.fixture
def statues(make_statues):
    """Four of them."""
    return make_statues(4)
