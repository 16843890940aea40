"""Pictures that are open in a real GIMP, and what a session needs before it can open one."""

import shutil
from pathlib import Path

import gimps

#: Pixels of feather of a soft selection.
FEATHER = 12


def landmark_models():
    """FaceMesh's two files where this machine has them, else None."""
    from statue_models.errors import StatueError
    from statue_models.landmarks.facemesh.files import find_models

    try:
        return find_models()
    except StatueError:
        return None


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
