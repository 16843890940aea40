"""A runner on a real port, around a restorer that needs no model."""

import json
import threading

import numpy as np
import pytest
from fake_restorer import FakeRestorer, wait_until

from statue_models.request import RestorationRequest
from statue_models.runner import server
from statue_models.runner.jobs import Limits
from statue_models.runner.protocol.client import RunnerClient


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
