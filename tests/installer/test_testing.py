"""The test command: what cannot be tested is said, failing checks fail the run, and pytest has the last word."""

import ast
import stat
import subprocess
import sys

import pytest

from installer import testing
from installer.layout import CHECKOUT


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose checks and GIMPs can be told how to behave; returns what was called."""
    calls, fails = [], set()

    def call(command, **rest):
        calls.append(command[1:])
        return int(bool(fails & set(command)))

    monkeypatch.setenv("RESTORE_STATUE_FACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(testing, "_environment", lambda *words: (tmp_path / "bin/python", []))
    monkeypatch.setattr(testing, "why_no_gimps", lambda script: "this is not a Debian machine")
    monkeypatch.setattr(testing.subprocess, "call", call)
    return calls, fails


def run_tests(said, everything=False, arguments=()):
    return testing.test(CHECKOUT, everything, False, arguments, None, said.append)


def test_checks_then_pytest(machine, said):
    calls, _ = machine
    assert run_tests(said) == 0
    assert [call[1:3] for call in calls] == [["ruff", "check"], ["ruff", "format"], ["mypy"], ["pytest", "-m"]]
    assert calls[-1][-2:] == ["-m", "not nightly"]


def test_all_takes_the_slow_ones_too(machine, said):
    calls, _ = machine
    run_tests(said, everything=True, arguments=["-x"])
    assert calls[-1] == ["-m", "pytest", "-x"]


@pytest.mark.parametrize("what", ["ruff", "mypy", "pytest"])
def test_failing_check_fails_the_run_but_not_before_pytest(machine, said, what):
    calls, fails = machine
    fails.add(what)
    assert run_tests(said) != 0
    assert "pytest" in calls[-1]


def test_gimps_that_cannot_be_driven_are_said_loudly(machine, said):
    run_tests(said)
    assert any(line.startswith("\n!!! NOT TESTED HERE: the plug-in in real GIMPs") for line in said)


def test_failed_provisioning_is_said_with_its_reason(tmp_path):
    (tmp_path / "provision.log").write_text("the mirror is gone\n")
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    (warning,) = testing.Provisioning(process, "", tmp_path / "provision.log").finish()
    assert "the mirror is gone" in warning


def test_only_root_on_debian_sets_up_gimps(tmp_path, monkeypatch):
    script = tmp_path / "provision.sh"
    assert "missing" in testing.why_no_gimps(script)
    script.write_text("")
    monkeypatch.setattr(testing.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(testing.sys, "platform", "linux")
    monkeypatch.setattr(testing.os, "geteuid", lambda: 1000, raising=False)
    assert "root" in testing.why_no_gimps(script)
    monkeypatch.setattr(testing.os, "geteuid", lambda: 0, raising=False)
    assert testing.why_no_gimps(script) == ""


def test_cache_is_outside_the_checkout():
    assert testing.cache_directory({"RESTORE_STATUE_FACE_CACHE": "/somewhere"}).as_posix() == "/somewhere"
    assert not testing.cache_directory({}).is_relative_to(CHECKOUT)


def test_installer_is_python_3_9():
    """It must at least start there, to say which Python is needed."""
    for path in (CHECKOUT / "installer").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 9))
        assert "from __future__ import annotations" in source or path.name == "__init__.py", path


def test_ci_script_is_sound_and_ends_with_the_tests():
    script = CHECKOUT / ".ci/run"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)
    assert script.read_text().rstrip().splitlines()[-1] == 'exec python3 -m installer test "$@"'
