"""The plug-in's folder by itself, in a Python that has nothing but its standard library."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.plugin import Plugin, shared_files
from statue_models.errors import catalogue

REPOSITORY = Path(__file__).resolve().parents[2]
PLUG_IN = REPOSITORY / "gimp_plugin/restore-statue-face"
#: What GIMP does, as far as it can be done without one: the file is run, then the filter is called.
CALL = """
import os, runpy, sys
sys.path.insert(0, os.getcwd())
sys.argv = ["restore-statue-face.py", *sys.argv[1:]]
runpy.run_path("restore-statue-face.py", run_name="plug_in")
import gimpfu
from gimpfu import declaration, headless
layer = headless.Layer("Photograph", (0, 0, 64, 64), pixels=bytes(64 * 64 * 3))
image = headless.Image(64, 64, [layer], selection=bytes(64) * 32 + bytes([255]) * 64 * 32)
gimpfu.host = headless.HeadlessHost()
try:
    headless.call("python-fu-restore-statue-face", image, [layer], **eval(sys.argv[1]))
except Exception as error:
    print(type(error).__name__, declaration.message(error), sep=": ")
for module in sys.modules.values():
    file = getattr(module, "__file__", None)
    if file and module.__name__.split(".")[0] not in sys.stdlib_module_names:
        print(os.path.relpath(file))
"""


@pytest.fixture
def folder(tmp_path):
    """As the installer lays it down."""
    Plugin(REPOSITORY, tmp_path / "state", [str(tmp_path / "no-such-program")]).write_to(tmp_path / "plug-in")
    return tmp_path / "plug-in"


def call(folder, **answers):
    """(what GIMP would show, files that were imported from elsewhere than the standard library)."""
    command = [sys.executable, "-I", "-S", "-c", CALL, repr(answers)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    told, *files = answer.splitlines()
    return told, set(files)


def words(code, **details):
    entry = catalogue()[code]
    return f"{entry.sentence} {entry.remedy}".format(**details)


def test_it_imports_its_own_files_alone(folder):
    told, files = call(folder, variants=1)
    assert told == "StatueError: " + words("runner-start", reason="No such file or directory")
    assert files <= {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    assert files & shared_files(REPOSITORY).keys()


def test_copied_by_hand_it_says_what_to_do(tmp_path):
    shutil.copytree(PLUG_IN, tmp_path / "plug-in", ignore=shutil.ignore_patterns("__pycache__"))
    told, _ = call(tmp_path / "plug-in")
    assert told == "RuntimeError: " + words("not-installed", reason="No module named 'statue_models'")


def test_without_the_catalogue_it_says_what_is_known(folder):
    (folder / "statue_models/errors.json").unlink()
    told, _ = call(folder)
    assert "runner-start" in told and "No such file or directory" in told and "python3 -m installer" in told
