"""A user with an empty home, and programs that only pretend to run."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from installer.layout import CHECKOUT, Layout
from installer.processes import CommandFailed


class FakeRun:
    """Stands for ``processes.run``: notes every command, and answers or acts by the first rule that fits it."""

    def __init__(self, folder):
        self.commands = []
        self._folder = str(folder)  # named after the test, so it could hold any word
        self._rules = []

    def on(self, words, answer="", act=None, fails=False):
        """Answer commands that contain ``words`` (separated by spaces); ``act`` runs first. Last rule wins."""
        self._rules.insert(0, (words, answer, act, fails))
        return self

    def __call__(self, command, *, environment=None, directory=None, on_line=None):
        command = [os.fspath(word) for word in command]
        self.commands.append(command)
        line = self._line(command)
        for words, answer, act, fails in self._rules:
            if all(word in line for word in words.split()):
                if act is not None:
                    act(command, directory)
                if fails:
                    raise CommandFailed(command, 1, answer or "it failed")
                return answer
        return ""

    def said(self, words):
        """The commands that contain ``words``."""
        return [command for command in self.commands if all(word in self._line(command) for word in words.split())]

    def _line(self, command):
        # the tests' own Python may lie in a folder of any name, such as venv
        return " ".join(command).replace(self._folder, "").replace(sys.prefix, "")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def layout(home, tmp_path):
    """The places of that user; the checkout is a copy that tests may change."""
    checkout = tmp_path / "checkout"
    for folder in ("gimp_plugin", "statue_models"):
        shutil.copytree(
            CHECKOUT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "weights")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, checkout / name)
    share = home / ".local/share/restore-statue-face"
    state = home / ".local/state/restore-statue-face"
    return Layout(checkout, share, state, home, home / ".local/bin/statue", home / "restore-statue-face-example")


@pytest.fixture
def fake_run(tmp_path):
    return FakeRun(tmp_path)


@pytest.fixture
def said():
    """What was said to the user, line by line."""
    return []


@pytest.fixture
def pretend(layout, tmp_path):
    """Programs that make environments, install packages and restore the example, as far as files go."""

    def make(command, directory):
        folder = Path(command[-1])
        (folder / "bin").mkdir(parents=True)
        (folder / "lib/python3.12/site-packages/numpy/tests").mkdir(parents=True)
        (folder / "bin/python").write_text("#!/bin/sh\n")
        (folder / "pyvenv.cfg").write_text(f"command = {folder}\n")

    def add_program(command, directory):
        target = Path(command[command.index("--python") + 1]).parent
        (target / "statue").write_text(f"#!{target}/python\n")

    run = FakeRun(tmp_path)
    run.on("-m pip --version", "pip 24.0 from there (python 3.12)")
    run.on("-m venv", act=make)
    run.on("pip install --no-deps", act=add_program)
    return run
