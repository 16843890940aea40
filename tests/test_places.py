"""Where things live on each system, and how one variable moves them all."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from statue_models.places import NAME, data_directory, state_directory

REPOSITORY = Path(__file__).parents[1]

VARIABLES = ("RESTORE_STATUE_FACE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA")


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A user with an empty home and none of the variables."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)


def test_on_linux_the_home_keeps_to_the_xdg_layout(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    assert state_directory() == tmp_path / ".local/state/restore-statue-face"
    assert data_directory() == tmp_path / ".local/share/restore-statue-face"


def test_xdg_variables_are_followed_when_absolute(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_DATA_HOME", "relative/paths/must/be/ignored")
    assert state_directory() == tmp_path / "elsewhere/restore-statue-face"
    assert data_directory() == tmp_path / ".local/share/restore-statue-face"


def test_on_macos_and_windows_both_lie_in_the_applications_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_directory() == tmp_path / "Library/Application Support/restore-statue-face/state"
    monkeypatch.setattr(sys, "platform", "win32")
    assert data_directory() == tmp_path / "AppData/Local/restore-statue-face/data"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "profile"))
    assert data_directory() == tmp_path / "profile/restore-statue-face/data"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_one_variable_moves_everything(monkeypatch, tmp_path, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere/else")
    monkeypatch.setenv("RESTORE_STATUE_FACE_HOME", str(tmp_path / "portable"))
    assert state_directory() == tmp_path / "portable/state"
    assert data_directory() == tmp_path / "portable/data"


def test_an_empty_variable_is_no_variable(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("RESTORE_STATUE_FACE_HOME", "")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert state_directory() == tmp_path / ".local/state/restore-statue-face"


def test_asking_for_a_place_makes_nothing(tmp_path):
    state_directory(), data_directory()
    assert not list(tmp_path.iterdir())


def test_the_products_name_stands_in_one_place():
    assert tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"] == NAME
    holders = [
        path.name
        for room in ("statue_models", "installer")
        for path in (REPOSITORY / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == NAME
    ]
    assert holders == ["places.py"]
