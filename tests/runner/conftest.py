"""A restorer that needs no model, and a runner around it on a real port."""

import json
import threading
import time

import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.request import Restoration, RestorationRequest, Variant, variant_seed
from statue_models.runner import server
from statue_models.runner.client import RunnerClient
from statue_models.runner.jobs import Limits

GRID = np.stack([np.arange(68) % 10 * 4.0 + 5, np.arange(68) // 10 * 5.0 + 5], axis=1)


class FakeRestorer:
    """Inverts the hole. ``gate`` holds it back between two steps of progress; ``failure`` is raised there."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Event()
        self.failure = None
        self.stopped = 0
        self.threads = set()

    def restore(self, request, progress):
        self.threads.add(threading.get_ident())
        try:
            progress("finding the face", 0.25)
            self.started.set()
            while not self.gate.wait(0.01):
                progress("waiting", 0.5)
            if self.failure is not None:
                raise self.failure
            progress("done", 1.0)
        except StatueError:
            self.stopped += 1
            raise
        rows, columns = np.flatnonzero(request.mask.any(1)), np.flatnonzero(request.mask.any(0))
        x, y, width, height = box = (
            int(columns[0]),
            int(rows[0]),
            int(np.ptp(columns)) + 1,
            int(np.ptp(rows)) + 1,
        )
        top = 1 if request.image.dtype == np.float32 else np.iinfo(request.image.dtype).max
        part, hole = request.image[y : y + height, x : x + width], request.mask[y : y + height, x : x + width] > 0
        pixels = np.where(hole[..., None], top - part, part).astype(part.dtype)
        return Restoration(
            variants=tuple(Variant(pixels, variant_seed(request.seed, k)) for k in range(request.variants)),
            rectangle=box,
            landmarks=request.landmarks or Landmarks.given(GRID),
            frame={"centre": [32.0, 32.0], "side": 64.0, "angle": 0.0},
            uncertainty=np.where(hole, 7, 0).astype(np.uint8),
            record={"request": request.to_json()},
        )


@pytest.fixture
def make_request():
    """Builds a request of 48 x 64 pixels."""

    def make(dtype="uint8", channels=3, **changes):
        values = np.arange(48 * 64 * channels) % 251
        image = (values / 251 if dtype == "float32" else values).astype(dtype).reshape(48, 64, channels)
        mask = np.zeros((48, 64), np.uint8)
        mask[10:20, 30:40] = 255
        mask[20, 30:40] = 100
        return RestorationRequest(image=image, mask=mask, **changes)

    return make


@pytest.fixture
def fake():
    return FakeRestorer()


@pytest.fixture
def runner(tmp_path, fake, monkeypatch):
    """A function that starts a runner in this process and returns its connected client."""
    monkeypatch.setattr(server, "_WATCH", 0.1)
    directory = tmp_path / "state"
    threads = []

    def start(**options):
        limits = options.pop("limits", Limits())
        arguments = {"restorer": lambda: fake, "limits": limits, **options}
        thread = threading.Thread(target=server.serve, args=(directory,), kwargs=arguments, daemon=True)
        thread.start()
        threads.append(thread)
        client = RunnerClient(directory, ["false"])
        wait_until((directory / "runner.json").is_file)
        client.connect()
        client.directory = directory
        client.thread = thread
        client.address = json.loads((directory / "runner.json").read_text())
        return client

    yield start
    fake.gate.set()
    (directory / "runner.json").unlink(missing_ok=True)  # which ends the runner
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive(), "the runner did not end"


def wait_until(condition, seconds=10.0):
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
