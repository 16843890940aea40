"""The runtime is built beside the old one, exchanged only when it works, and left alone when nothing changed."""

import json
import sys

import pytest

from installer import environments, runtime
from installer.processes import CommandFailed, InstallError


@pytest.fixture(autouse=True)
def enough_room_and_no_desktop(monkeypatch):
    monkeypatch.setattr(runtime, "_ROOM", 0)
    monkeypatch.setattr(runtime, "_ROOM_TORCH", 0)
    monkeypatch.setattr(environments, "choose_opencv", lambda: environments.HEADLESS)


def install(layout, run, torch=False):
    return runtime.install_runtime(layout, sys.executable, (3, 12), torch, run, lambda text: None)


def test_first_installation(layout, pretend):
    assert install(layout, pretend)
    marker = runtime.read_marker(layout)
    assert (marker.version, marker.opencv, marker.torch) == ("0.1.0", "opencv-python-headless", False)
    assert (layout.runtime / "bin/statue").read_text() == f"#!{layout.runtime}/bin/python\n"
    assert (layout.runtime / "pyvenv.cfg").read_text() == f"command = {layout.runtime}\n"
    assert sorted(path.name for path in layout.data.iterdir()) == ["runtime"]


def test_torch_is_not_fetched_unasked(layout, pretend):
    install(layout, pretend)
    assert not pretend.said("install torch")


def test_only_one_build_of_opencv(layout, pretend):
    install(layout, pretend)
    (command,) = pretend.said("install requirements.txt")
    assert [word for word in command if word.startswith("opencv")] == ["opencv-python-headless"]
    assert pretend.said("install --no-deps")  # else pip would add the other one for the package's sake


def test_second_time_pip_is_not_even_asked(layout, pretend):
    install(layout, pretend)
    pretend.commands.clear()
    assert not install(layout, pretend)
    assert not pretend.said("pip")


def test_changed_program_alone_is_exchanged_in_place(layout, pretend):
    install(layout, pretend)
    (layout.checkout / "statue_models/new_module.py").write_text("")
    pretend.commands.clear()
    assert install(layout, pretend)
    assert not pretend.said("-m venv")
    assert pretend.said("install --no-deps")
    assert not install(layout, pretend)


@pytest.mark.parametrize("step", ["-m venv", "install --only-binary", "install --no-deps", "-c import"])
def test_failed_step_leaves_the_old_runtime(layout, pretend, step):
    install(layout, pretend)
    marker = layout.runtime / runtime.MARKER
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "environment": "of an older version"}))
    before = marker.read_text()
    pretend.on(step, fails=True)
    with pytest.raises(InstallError):
        install(layout, pretend)
    assert marker.read_text() == before
    assert sorted(path.name for path in layout.data.iterdir()) == ["runtime"]


def test_runtime_that_no_longer_starts_is_built_anew(layout, pretend):
    """As after an upgrade of the system's Python."""
    install(layout, pretend)
    old = layout.runtime.stat().st_ino
    pretend.on("runtime/bin/python -c", fails=True)
    assert install(layout, pretend)
    assert layout.runtime.stat().st_ino != old


def test_torch_stays_once_it_is_there(layout, pretend):
    install(layout, pretend, torch=True)
    (layout.checkout / "statue_models/new_module.py").write_text("")
    install(layout, pretend)
    assert runtime.read_marker(layout).torch


def test_versions_without_wheels_give_way_to_others(layout, pretend):
    pretend.on(
        "install --only-binary constraints/", "ERROR: No matching distribution found for numpy==2.4.6", fails=True
    )
    assert install(layout, pretend)
    assert "-c" not in pretend.said("install --only-binary")[-1]


def test_no_network_is_not_taken_for_missing_wheels(layout, pretend):
    pretend.on(
        "install --only-binary", "Could not fetch URL\nERROR: No matching distribution found for numpy", fails=True
    )
    with pytest.raises(InstallError, match="Could not fetch"):
        install(layout, pretend)
    assert len(pretend.said("install --only-binary")) == 1


def test_opencv_with_windows_that_does_not_load_is_exchanged(layout, pretend, monkeypatch):
    monkeypatch.setattr(environments, "choose_opencv", lambda: environments.WITH_WINDOWS)
    first = ["libGL.so.1: cannot open shared object file"]

    def fail_once(command, directory):
        if first:
            raise CommandFailed(command, 1, first.pop())

    pretend.on("import cv2", act=fail_once)
    install(layout, pretend)
    assert pretend.said("uninstall opencv-python")
    assert "opencv-python-headless" in pretend.said("install requirements.txt")[-1]


def test_full_disk_is_told_before_anything_is_fetched(layout, pretend, monkeypatch):
    monkeypatch.setattr(runtime, "_ROOM", 10**18)
    with pytest.raises(InstallError, match="GB free"):
        install(layout, pretend)
    assert not pretend.said("venv")
