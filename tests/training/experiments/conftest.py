"""A small experiment on a toy system, and processes that are none."""

from pathlib import Path

import pytest
import toy_systems
from made_up_assets import assets_with_renders

from training.__main__ import main
from training.engine import run_log
from training.experiments.definition import read_experiment
from training.systems import system

RECIPE = """
[system]
name = "regression"
[run]
images = 4000
batch = 8
[reduced.run]
images = 80
rate = 0.01
log_every = 0.0
warm_up = 0
"""
EXPERIMENT = """
title = "Wide and narrow"
question = "Is a wide line better than a narrow one, and what does dropout do to either of them when both learn alike?"
recipe = '{recipe}'
rows = "line"
changes = ["run.batch = 4"]
seeds = 2
core_minutes = 3.0
columns = [{{ metric = "error", name = "error", better = "low", digits = 3 }}]
curves = ["fit", "fit.squared"]

[[cells]]
name = "narrow"
changes = ["system.width = 2"]

[[cells]]
name = "Wide, 8"
changes = ["system.width = 8"]

[[groups]]
name = "plain"

[[groups]]
name = "dropout"
changes = ["system.dropout = 0.2"]
"""


class InProcess:
    """Does what a process of ``python -m training`` would, at once or when it is told to stop."""

    def __init__(self, words, output: Path, at_once: bool = True) -> None:
        self.words, self.signals, self.status = words, [], None
        output.write_text("said this\n")
        if at_once:
            self.status = main(words)

    def poll(self):
        return self.status

    def send_signal(self, number) -> None:
        """Makes a few steps and stops."""
        self.signals.append(number)
        self.status = main([*self.words, "--stop-after", "1e-9"])

    terminate = kill = wait = lambda self: None


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Toy systems beside the real ones; TensorBoard's events, which take seconds to import, are the engine's tests'."""
    monkeypatch.setattr(run_log, "_tensorboard", lambda folder: None)
    monkeypatch.setattr(system, "MAKERS", {**system.MAKERS, **toy_systems.MAKERS})


@pytest.fixture
def in_process():
    """Starts what only looks like a process."""
    return InProcess


@pytest.fixture
def toy_file(tmp_path):
    """The experiment's file."""
    (tmp_path / "line.toml").write_text(RECIPE)
    path = tmp_path / "wide.toml"
    path.write_text(EXPERIMENT.format(recipe=(tmp_path / "line.toml").as_posix()))
    return path


@pytest.fixture
def toy(toy_file):
    """The experiment: two groups of two cells with two seeds each."""
    return read_experiment(str(toy_file))


@pytest.fixture(scope="session")
def rendered(tmp_path_factory, face):
    """An assets folder with a few made-up renders."""
    return assets_with_renders(tmp_path_factory.mktemp("experiments"), face)
