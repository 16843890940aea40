"""Real GIMPs and a real runner for the tests; what could not be driven is said in red at the end of the run."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import gimps
import pytest
from PIL import Image

EXAMPLE = gimps.REPOSITORY / "statue_models/example"
NOT_DRIVEN = pytest.StashKey[dict[str, str]]()
#: The nose of the example, as (x, y, width, height) around the hole of mask.png, and a feather for soft selections.
FEATHER = 12


def pytest_configure(config):
    config.stash[NOT_DRIVEN] = {}


def pytest_terminal_summary(terminalreporter, config):
    for what, reason in config.stash[NOT_DRIVEN].items():
        terminalreporter.write_line(f"NOT TESTED: {what}: {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def not_driven(pytestconfig):
    """Skip a test with a reason that nobody can overlook."""

    def skip(what, reason):
        pytestconfig.stash[NOT_DRIVEN][what] = reason
        pytest.skip(f"{what}: {reason}")

    return skip


def landmark_models():
    """FaceMesh's two files where this machine has them, else None."""
    from statue_models.errors import StatueError
    from statue_models.restoring.facemesh_files import find_models

    try:
        return find_models()
    except StatueError:
        return None


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The bundled example as a PNG, so that GIMP and the command line read the same numbers; and its hole's box."""
    path = tmp_path_factory.mktemp("example") / "damaged.png"
    Image.open(EXAMPLE / "damaged.jpg").convert("RGB").save(path)
    left, top, right, bottom = Image.open(EXAMPLE / "mask.png").convert("L").getbbox()
    return SimpleNamespace(path=path, hole=(left, top, right - left, bottom - top))


def prepare(version, name, example, display=None):
    """A GIMP that is not started yet, with the example as picture.png, and its runner as the attribute ``runner``."""
    session = gimps.gimp(version, name, display)
    home = session.folder / "home"
    models = landmark_models()
    if models:
        (home / "data/landmarks").mkdir(parents=True)
        for path in models:
            shutil.copy(path, home / "data/landmarks")
    shutil.copy(example.path, session.folder / "picture.png")
    try:
        session.runner = gimps.Runner(home)
    except BaseException:
        session.stop()
        raise
    return session


@pytest.fixture(scope="module", params=["2.10", "3.0", pytest.param("3.2", marks=pytest.mark.nightly)])
def session(request, not_driven, example):
    """A running GIMP with the plug-in, whose runner runs outside its root."""
    reason = gimps.why_not(request.param)
    if reason:
        not_driven(f"GIMP {request.param}", reason)
    gimp = prepare(request.param, "headless", example)
    try:
        gimp.start()
        yield gimp
    finally:
        gimp.runner.stop()
        gimp.stop()


class Picture:
    """One image in a running GIMP; methods are the functions of the prelude, called for it."""

    def __init__(self, session, file="picture.png", window=False):
        self.session = session
        self.id = gimps.call(session, "load-picture", f"{session.inside}/{file}", window)
        self.layer = gimps.call(session, "first-layer", self.id)

    def ask(self, function, *arguments):
        return gimps.call(self.session, function, self.id, *arguments)

    def of(self, item, function, *arguments):
        return gimps.call(self.session, function, item, *arguments)

    def restore(self, layers=None, **values):
        """The group's id; GimpError with what the user is told."""
        return self.ask("restore", layers or [self.layer], gimps.options({"model": "telea", **values}))

    def _file(self, name):
        path = self.session.folder / name
        path.unlink(missing_ok=True)
        return path, f"{self.session.inside}/{name}"

    def seen(self) -> Path:
        """What the user sees, as a PNG."""
        path, inside = self._file("seen.png")
        self.ask("export", inside)
        return path

    def pixels_of(self, layer) -> Path:
        """A layer's own pixels, as a PNG."""
        path, inside = self._file("layer.png")
        self.of(layer, "export-layer", inside)
        return path

    def selection(self) -> Path:
        """The selection as a grey picture, exact where it is 0 and 255."""
        path, inside = self._file("selection.pgm" if isinstance(self.session, gimps.Gimp3) else "selection.png")
        self.ask("export-selection", inside)
        return path

    def facts(self):
        """Everything but the pixels that a failure or an undo must leave as it was."""
        return [self.ask(name) for name in ("layers", "paths", "active", "bounds", "dirty")]


@pytest.fixture
def picture(session):
    """The example, opened in GIMP."""
    opened = Picture(session)
    yield opened
    opened.ask("close")
