"""Installing for a user, from first to last step, twice, and taking it away again; only the programs are pretended."""

import json
import shutil
from pathlib import Path

import pytest

from installer import doctor, environments, installing, landmarks, launcher, runtime
from installer.gimps import Gimp
from installer.layout import read_ledger
from installer.processes import InstallError
from installer.uninstall import uninstall


@pytest.fixture(autouse=True)
def small_machine(monkeypatch):
    monkeypatch.setattr(runtime, "_ROOM", 0)
    monkeypatch.setattr(runtime, "_ROOM_TORCH", 0)
    monkeypatch.setattr(environments, "choose_opencv", lambda: environments.HEADLESS)
    monkeypatch.setattr(installing, "find_python", lambda run: ("/usr/bin/python3", (3, 12)))
    monkeypatch.setattr(landmarks, "are_there", lambda folder: (folder / "face_landmark.tflite").is_file())
    monkeypatch.setattr(doctor, "are_there", lambda folder: (folder / "face_landmark.tflite").is_file())

    def unpack(wheel, folder):
        (folder / "face_landmark.tflite").write_text("")

    monkeypatch.setattr(landmarks, "unpack", unpack)
    monkeypatch.setattr(installing, "is_terminal", lambda: False)


@pytest.fixture
def programs(pretend):
    """The pretended programs, and a ``statue`` that writes a picture and a record."""

    def download(command, directory):
        Path(command[command.index("--dest") + 1], "mediapipe-0.10.14.whl").write_text("")

    def restore(command, directory):
        (directory / "restored.png").write_text("a picture")
        (directory / "restored.json").write_text("{}")

    pretend.on("pip download", act=download)
    pretend.on("-m statue_models --version", "statue 0.1.0\n")
    pretend.on("-m statue_models restore damaged.jpg", act=restore)
    return pretend


@pytest.fixture
def gimps(home):
    return [
        Gimp("2.10", home / ".config/GIMP/2.10", "system", "a test"),
        Gimp("3.0", home / ".config/GIMP/3.0", "flatpak", "a test"),
    ]


def install(layout, gimps, run, said, **choices):
    installing.install(layout, installing.Choices(**choices), gimps, run, said.append)


def test_everything_is_there_afterwards(layout, gimps, programs, said):
    install(layout, gimps, programs, said)
    for gimp in gimps:
        assert (gimp.plug_ins / "restore-statue-face/restore-statue-face.py").is_file()
    assert sorted(path.name for path in layout.example.iterdir()) == [
        "damaged.jpg", "mask.png", "restored.json", "restored.png",
    ]  # fmt: skip
    assert layout.launcher.resolve() == (layout.runtime / "bin/statue").resolve()
    text = "\n".join(said)
    assert str(layout.example / "restored.png") in text
    assert str(layout.example / "restored.json") in text
    assert "statue serve" in text  # flatpak's GIMP cannot start it
    assert doctor.report(doctor.examine(layout, gimps, programs), said.append)


def test_second_time_is_quick(layout, gimps, programs, said):
    install(layout, gimps, programs, said)
    programs.commands.clear()
    install(layout, gimps, programs, said)
    assert not programs.said("pip install") + programs.said("pip download") + programs.said("restore damaged.jpg")


def test_example_follows_the_program(layout, gimps, programs, said):
    """A new version must show what it does, not what the old one did."""
    install(layout, gimps, programs, said)
    (layout.checkout / "statue_models/new_module.py").write_text("")
    programs.commands.clear()
    install(layout, gimps, programs, said)
    assert programs.said("restore damaged.jpg")


def test_example_in_a_stated_place(layout, programs, said, tmp_path):
    install(layout, [], programs, said, example=tmp_path / "here")
    assert (tmp_path / "here/restored.png").is_file()
    assert not layout.example.exists()


def test_without_gimp_it_says_so(layout, programs, said):
    install(layout, [], programs, said)
    assert "No GIMP was found" in "\n".join(said)


def test_one_gimp_that_cannot_be_written_keeps_no_other_from_it(layout, gimps, programs, said, home):
    (home / ".config/GIMP").mkdir(parents=True)
    (home / ".config/GIMP/2.10").write_text("not a folder")
    with pytest.raises(InstallError, match=r"2\.10"):
        install(layout, gimps, programs, said)
    assert (gimps[1].plug_ins / "restore-statue-face").is_dir()


def test_other_command_of_that_name_stays(layout, programs, said):
    layout.launcher.parent.mkdir(parents=True)
    layout.launcher.write_text("another program")
    install(layout, [], programs, said)
    uninstall(layout, [], said.append)
    assert layout.launcher.read_text() == "another program"


def report(version, *others):
    rows = [{"metadata": {"name": name, "version": number}} for name, number in [("torch", version), *others]]
    return json.dumps({"install": rows})


@pytest.fixture
def torch(programs):
    """Let pip say which PyTorch it would take."""

    def offer(text):
        programs.on(
            "--dry-run", act=lambda command, directory: Path(command[command.index("--report") + 1]).write_text(text)
        )

    return offer


CUDA = report("2.13.0", ("nvidia-cublas", "13.1"))


def test_networks_come_unasked_where_pytorch_is_small(layout, programs, torch, said):
    torch(report("2.13.0+cpu"))
    install(layout, [], programs, said, torch=None)
    assert runtime.read_marker(layout).torch


def test_where_it_is_large_the_rest_is_installed_and_says_what_is_left_out(layout, programs, torch, said):
    torch(CUDA)
    install(layout, [], programs, said, torch=None)
    assert not runtime.read_marker(layout).torch
    assert any("--torch" in line and "2.5 GB" in line for line in said)


def test_large_download_is_not_begun_without_a_yes(layout, programs, torch, said):
    torch(CUDA)
    with pytest.raises(InstallError, match=r"2\.5 GB.*nobody is there to agree") as caught:
        install(layout, [], programs, said, torch=True)
    assert "--yes" in caught.value.remedy
    assert not layout.runtime.exists()


def test_large_download_with_a_yes(layout, programs, torch, said):
    torch(CUDA)
    install(layout, [], programs, said, gpu=True, yes=True)
    assert runtime.read_marker(layout).torch


def test_small_build_needs_no_yes_and_its_limits_are_told(layout, programs, torch, said):
    torch(report("2.13.0+cpu"))
    install(layout, [], programs, said, gpu=True)
    assert runtime.read_marker(layout).torch
    assert "knows no GPU" in "\n".join(said)


def test_uninstall_leaves_nothing_but_pictures(layout, gimps, programs, said, home):
    (home / ".config").mkdir()
    before = sorted(home.rglob("*"))
    install(layout, gimps, programs, said)
    mine = layout.example / "my own picture.png"
    mine.write_text("mine")
    (layout.example / "damaged.jpg").write_text("painted on")
    layout.state.mkdir(parents=True)
    (layout.state / "runner.log").write_text("")
    uninstall(layout, gimps, said.append)
    for gimp in gimps:
        gimp.plug_ins.rmdir()  # empty, so nothing is lost
        gimp.profile.rmdir()
    shutil.rmtree(home / ".config/GIMP")
    left = [path for path in sorted(home.rglob("*")) if path.is_file()]
    assert left == [layout.example / "damaged.jpg", mine]
    assert not layout.data.exists()
    assert not layout.state.exists()
    assert all(path in sorted(home.rglob("*")) for path in before)


def test_uninstall_of_nothing(layout, said):
    uninstall(layout, [], said.append)


def test_uninstall_finds_a_plugin_whose_gimp_is_gone(layout, gimps, programs, said):
    install(layout, gimps, programs, said)
    assert read_ledger(layout)["plugins"]
    uninstall(layout, [], said.append)
    assert not (gimps[0].plug_ins / "restore-statue-face").exists()


def test_doctor_names_what_is_missing_and_what_to_do(layout, gimps, programs, said):
    install(layout, gimps, programs, said)
    shutil.rmtree(layout.landmarks)
    (gimps[0].plug_ins / "restore-statue-face/statue_models/errors.json").unlink()
    said.clear()
    assert not doctor.report(doctor.examine(layout, gimps, programs), said.append)
    text = "\n".join(said)
    assert text.count("PROBLEM") == 2
    assert text.count("run 'python3 -m installer'") == 2


def test_doctor_before_any_installation(layout, programs, said):
    assert not doctor.report(doctor.examine(layout, [], programs), said.append)
    assert not layout.data.exists()


def test_command_that_is_not_on_the_path_is_told(layout):
    assert launcher.is_on_path(layout, {"PATH": f"/usr/bin:{layout.launcher.parent}"})
    assert not launcher.is_on_path(layout, {"PATH": "/usr/bin"})
