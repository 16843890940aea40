"""A current folder with statues in ``photos/`` and their masks in ``masks/``, small, and real restorers."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from statue_models.batch.picture_worker import PictureWorker
from statue_models.cli import restore_many


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
