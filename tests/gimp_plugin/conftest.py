"""The plug-in as the installer lays it down, loaded without GIMP."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from installer.plugin import Plugin

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def plugin(tmp_path_factory):
    """The plug-in's modules, imported from a folder as after installation."""
    folder = tmp_path_factory.mktemp("plug-ins") / "restore-statue-face"
    Plugin(REPOSITORY, folder.parent / "state", ["/bin/false"]).write_to(folder)
    sys.path.insert(0, str(folder))
    names = ("gimpfu", "gimpfu.declaration", "gimpfu.headless", "gimpfu.host", "landmark_path", "restore")
    modules = {name.rpartition(".")[2]: importlib.import_module(name) for name in names}
    spec = importlib.util.spec_from_file_location("restore_statue_face_main", folder / "restore-statue-face.py")
    modules["main"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(modules["main"])
    # Processes that tests start inherit the path, and would find there the few files of statue_models that lie beside
    # the plug-in, instead of the program.
    sys.path.remove(str(folder))
    yield SimpleNamespace(folder=folder, **modules)
    roots = {name.split(".")[0] for name in names}
    for name in [name for name in sys.modules if name.split(".")[0] in roots]:
        del sys.modules[name]


class FakeRunner:
    """Stands for the client of a runner: inverts what is selected. ``failure`` is raised at the moment ``at``."""

    def __init__(self, failure=None, at=None):
        self.failure, self.at, self.sent, self.cancelled = failure, at, None, []
        self.notes = []

    def _reach(self, moment):
        if self.at == moment:
            raise self.failure

    def __call__(self):
        self._reach("connect")
        return self

    def submit(self, header, *planes):
        self._reach("submit")
        self.sent = (header, *[bytes(plane) for plane in planes])
        return "job"

    def follow(self, job, on_progress):
        on_progress("face", 0.25)
        on_progress("dreaming", 0.5)
        self._reach("follow")
        header, _, mask = self.sent
        rows = [y for y in range(header["height"]) if any(mask[y * header["width"] : (y + 1) * header["width"]])]
        columns = [x for x in range(header["width"]) if any(mask[x :: header["width"]])]
        self.box = (columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
        points = header["landmarks"] or [[float(i), float(2 * i)] for i in range(68)]
        return {
            "variants": header["variants"],
            "rectangle": list(self.box),
            "landmarks": {"points": points},
            "record": {"request": {"seed": header["seed"]}, **({"notes": self.notes} if self.notes else {})},
        }

    def variant(self, job, k):
        self._reach(f"variant {k}")
        header, pixels, _ = self.sent
        x, y, width, height = self.box
        step = header["channels"] * {"uint8": 1, "uint16": 2, "float32": 4}[header["depth"]]
        start = header["width"] * step
        rows = [pixels[r * start + x * step : r * start + (x + width) * step] for r in range(y, y + height)]
        answer = bytes(255 - value for value in b"".join(rows))
        names = {"variant": k, "x": x, "y": y, "width": width, "height": height}
        return {**names, "channels": header["channels"], "depth": header["depth"], "seed": k}, answer

    def cancel(self, job):
        self.cancelled.append(job)


@pytest.fixture
def fake_runner():
    return FakeRunner


@pytest.fixture
def scene(plugin):
    """(host, image, layer): a 12 x 8 RGB layer that juts out of a 12 x 9 image, with a soft selection."""
    host = plugin.headless.HeadlessHost()
    layer = plugin.headless.Layer("Photograph", (-2, 3, 12, 8), pixels=bytes(i % 251 for i in range(12 * 8 * 3)))
    selection = bytearray(12 * 9)
    for y in range(4, 7):
        for x in range(3, 8):
            selection[y * 12 + x] = 255 if (x, y) == (5, 5) else 100
    other = plugin.headless.Layer("Caption", (0, 0, 2, 2), pixels=bytes(12))
    return host, plugin.headless.Image(12, 9, [other, layer], selection=bytes(selection)), layer


@pytest.fixture
def options(plugin):
    """The options that the dialog starts with, for two variants; keywords change them."""

    def make(**changes):
        starts = {row[1]: row[3] for row in plugin.main.PARAMETERS}
        return {**starts, "variants": 2, "seed": 7, **changes}

    return make
