"""The installed plug-in folder is complete, executable, and never half there."""

import json
import os
from pathlib import Path

import pytest

from installer import files
from installer.gimps import Gimp
from installer.plugin import plugin_for, take_out
from installer.processes import InstallError

NAME = "restore-statue-face"


@pytest.fixture
def gimp(home):
    return Gimp("3.0", home / ".config/GIMP/3.0", "system", "a test")


def test_folder_is_complete(layout, gimp):
    source = layout.checkout / "gimp_plugin" / NAME
    for cache in (".mypy_cache/3.11", "gimpfu/__pycache__"):  # what developers' tools leave behind
        (source / cache).mkdir(parents=True)
        (source / cache / "file").write_text("")
    plugin = plugin_for(layout, gimp)
    assert plugin.put_into(gimp)
    folder = gimp.plug_ins / NAME
    main = folder / f"{NAME}.py"
    assert os.access(main, os.X_OK)
    assert main.stat().st_mode & 0o777 == 0o755
    for name in ("errors.py", "errors.json", "runner/protocol/client.py"):
        beside = folder / "statue_models" / name
        assert beside.read_bytes() == (layout.checkout / "statue_models" / name).read_bytes()
    for path in source.rglob("*.py"):
        assert (folder / path.relative_to(source)).is_file()
    assert not [path for path in folder.rglob("*") if path.name == "__pycache__" or path.name.startswith(".")]
    assert json.loads((folder / "installation.json").read_text()) == {
        "state": str(layout.state),
        "command": [str(layout.runtime / "bin/python"), "-P", "-m", "statue_models", "serve"],
        "version": "0.1.0",
    }


def test_nothing_else_is_left_beside_it(layout, gimp):
    """A folder in plug-ins is a plug-in to GIMP, so not even a temporary one may appear in there."""
    plugin_for(layout, gimp).put_into(gimp)
    assert [path.name for path in gimp.plug_ins.iterdir()] == [NAME]
    assert [path.name for path in gimp.profile.iterdir()] == ["plug-ins"]


def test_second_time_nothing_is_written(layout, gimp):
    plugin = plugin_for(layout, gimp)
    plugin.put_into(gimp)
    before = (gimp.plug_ins / NAME).stat().st_ino
    assert not plugin.put_into(gimp)
    assert (gimp.plug_ins / NAME).stat().st_ino == before


@pytest.mark.parametrize("damage", ["missing", "changed", "not executable", "extra"])
def test_damaged_folder_is_repaired(layout, gimp, damage):
    plugin = plugin_for(layout, gimp)
    plugin.put_into(gimp)
    folder = gimp.plug_ins / NAME
    if damage == "missing":
        (folder / "statue_models/errors.py").unlink()
    elif damage == "changed":
        (folder / "statue_models/errors.json").write_text("{}")
    elif damage == "not executable":
        (folder / f"{NAME}.py").chmod(0o644)
    else:
        (folder / "of_an_older_version.py").write_text("")
    assert plugin.put_into(gimp)
    assert plugin.is_in(gimp)


def test_python_caches_in_the_folder_do_not_count(layout, gimp):
    plugin = plugin_for(layout, gimp)
    plugin.put_into(gimp)
    (gimp.plug_ins / NAME / "gimpfu/__pycache__").mkdir()
    (gimp.plug_ins / NAME / "gimpfu/__pycache__/host.cpython-311.pyc").write_bytes(b"")
    assert not plugin.put_into(gimp)


def test_old_plugin_stays_when_the_new_one_cannot_be_put(layout, gimp, monkeypatch):
    plugin = plugin_for(layout, gimp)
    plugin.put_into(gimp)
    folder = gimp.plug_ins / NAME
    (folder / "statue_models/errors.json").write_text("{}")  # so that there is something to do
    rename = Path.rename

    def broken(self, target):
        if self.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(InstallError, match="No space left"):
        plugin.put_into(gimp)
    assert (folder / f"{NAME}.py").is_file()
    assert (folder / "statue_models/errors.json").read_text() == "{}"


def test_folder_that_may_not_be_written_is_named(layout, home):
    (home / "not-a-folder").write_text("")
    gimp = Gimp("2.10", home / "not-a-folder", "system", "a test")
    with pytest.raises(InstallError, match="not-a-folder"):
        plugin_for(layout, gimp).put_into(gimp)


def test_snap_shares_a_state_that_it_can_read(layout, home):
    gimp = Gimp("3.0", home / ".config/GIMP/3.0", "snap", "a test")
    plugin = plugin_for(layout, gimp)
    assert plugin.state.is_relative_to(gimp.profile)
    assert plugin.command[-2:] == ["--state", str(plugin.state)]


def test_only_our_own_folder_is_taken_out(layout, gimp):
    plugin_for(layout, gimp).put_into(gimp)
    foreign = gimp.plug_ins / "other"
    foreign.mkdir()
    (foreign / "installation.json").write_text("{}")
    assert not take_out(foreign)
    assert take_out(gimp.plug_ins / NAME)
    assert [path.name for path in gimp.plug_ins.iterdir()] == ["other"]


def test_interrupted_exchange_is_finished_next_time(tmp_path):
    """The machine went down between moving the old folder out of the way and the new one in."""
    (tmp_path / "runtime.old").mkdir()
    (tmp_path / "runtime.old/works").write_text("")
    files.recover_folder(tmp_path / "runtime", tmp_path / "runtime.old")
    assert (tmp_path / "runtime/works").is_file()
