"""What it takes to add something: a dummy of each goes into a copy of the repository, and what differs is counted.

docs/contributing.md says how it is done. Counted is what is written by hand: ``menu.json`` comes from a command,
weights and ``models.json`` from publishing a run. What a row of the table of fields brings, test_fields.py looks at.
"""

import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from installer.plugin import Plugin
from training.models_file import with_row

REPOSITORY = Path(__file__).parents[1]
SOURCES = ("statue_models", "training", "installer", "gimp_plugin")
PAGES = ("pyproject.toml", "docs/architecture.md", "tests/test_architecture.py", "tests/test_packaging.py")
#: Files that nobody writes by hand.
MADE = ("statue_models/methods/menu.json", "statue_models/models.json", "statue_models/weights/dummy.safetensors")

#: A network method for the sake of trying: one parameter, the level that fills the hole.
METHOD = {
    "statue_models/networks/dummy.py": '''"""A level."""

import torch
from torch import Tensor, nn


class Level(nn.Module):
    """One level for every pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.zeros(()))

    def forward(self, known: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> the same of that level."""
        return torch.zeros_like(known) + self.level
''',
    "statue_models/methods/dummy/__init__.py": '''"""``dummy``: a level."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor

if TYPE_CHECKING:
    from statue_models.methods.method import Method


def _load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
    from statue_models.methods.dummy.method import Dummy

    assert weights is not None
    return Dummy(weights, sha256)


DESCRIPTORS = (
    MethodDescriptor("dummy", "Plain level", "network", "pixels", "Apache-2.0", "A learnt level.", "trials", _load),
)
''',
    "statue_models/methods/dummy/method.py": '''"""The level as a fill."""

from collections.abc import Sequence
from pathlib import Path

import torch

from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.networks.dummy import Level
from statue_models.networks.loading import load_into
from statue_models.phases import Phase
from statue_models.request import Hypothesis, Progress


class Dummy:
    """Fills the hole with the network's level."""

    def __init__(self, weights: Path, sha256: str | None) -> None:
        self.network = Level()
        load_into(self.network, weights, sha256)

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """The same fill for every hypothesis."""
        progress(Phase.SAMPLING, 0.0)
        with torch.inference_mode():
            answer = self.network(torch.from_numpy(crop.rgb).permute(2, 0, 1)[None] * 2 - 1)
        fill = Fill(rgb=(answer[0].permute(1, 2, 0).numpy() + 1) / 2)
        return Answer((fill,) * len(hypotheses), None, {"level": float(answer.mean())})
''',
}
#: What is trained of it: safetensors with a half as bfloat16.
HEADER, HALF = b'{"level": {"dtype": "BF16", "shape": [], "data_offsets": [0, 2]}}', b"\x00\x3f"
#: The one line elsewhere, as (file, what stands there, what stands there then).
PACKAGE = (
    "pyproject.toml",
    '  "statue_models.methods.statuefit",\n',
    '  "statue_models.methods.dummy",\n  "statue_models.methods.statuefit",\n',
)

#: An option that changes what the dummy gives, likewise: its row; its place in the method's options, and what heeds it.
OPTION = (
    (
        "statue_models/fields.py",
        "    predictor: str = _field(\n",
        '    stroke: int = _integer(0, 0, 9, "how hard it is struck", metavar="N", for_some=True)\n'
        "    predictor: str = _field(\n",
    ),
    (
        "statue_models/methods/dummy/__init__.py",
        "from pathlib import Path\n",
        "from dataclasses import dataclass\nfrom pathlib import Path\n",
    ),
    (
        "statue_models/methods/dummy/__init__.py",
        "import MethodDescriptor\n",
        "import MethodDescriptor, MethodOptions\n",
    ),
    (
        "statue_models/methods/dummy/__init__.py",
        "def _load(",
        "@dataclass(frozen=True)\n"
        "class DummyOptions(MethodOptions):\n"
        '    """What ``dummy`` can be asked for."""\n\n'
        "    stroke: int = 0\n\n\n"
        "def _load(",
    ),
    ("statue_models/methods/dummy/__init__.py", '"trials", _load', '"trials", _load, DummyOptions'),
    (
        "statue_models/methods/dummy/method.py",
        "float(answer.mean())}",
        'float(answer.mean()), "stroke": options.stroke}',
    ),
)
#: Runs ``statue`` in the copy.
SAID = """
import contextlib, io, json, sys
from statue_models import cli

def said(*words):
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        cli.main([*words, "--json"])
    return json.loads(stdout.getvalue())

restore = ["restore", "photo.png", "--mask", "mask.png", "-o", "out.png", "--force"]
"""
#: What a program sees of the dummy method, anywhere.
LOOK_FOR_METHOD = """
import numpy as np
from training.evaluation.contenders.contender import Setting, contenders
from training.suites.cases import Case

sys.path.insert(0, "tests")
import test_architecture, test_packaging
test_packaging.test_every_package_is_in_the_wheel()
test_architecture.test_the_page_names_every_room_and_every_arrow("statue_models")

hole = np.zeros((64, 64), bool)
hole[20:40, 20:40] = True
case = Case("a.png", "nose", np.full((64, 64, 3), 40, np.uint8), hole, np.zeros((68, 2)))
[contender], _ = contenders(["dummy"], Setting(), [])
print(json.dumps({
    "listed": [one for one in said("models")["models"] if one["name"] == "dummy"],
    "restored": said(*restore, "--model", "dummy")["record"]["method"],
    "contender": [contender.name, np.unique(contender.restore(case, None, [0])[0][hole]).tolist()],
}))
"""
#: And of the dummy option.
LOOK_FOR_OPTION = """
print(json.dumps({
    "heeded": said(*restore, "--model", "dummy", "--stroke", "7")["record"]["method"]["notes"]["stroke"],
    "left out": said(*restore, "--model", "dummy")["record"]["method"]["notes"]["stroke"],
    "listed": [one["options"] for one in said("models")["models"] if one["name"] == "dummy"][0],
    "refused": said(*restore, "--model", "telea", "--stroke", "7")["error"]["code"],
}))
"""
LOOK_AT_MENU = """
import importlib.util, json
spec = importlib.util.spec_from_file_location("plug_in", "restore-statue-face.py")
plug_in = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plug_in)
print(json.dumps(plug_in.MODELS))
"""


class Checkout:
    """A copy of the repository that is changed by hand."""

    def __init__(self, root):
        self.root = root
        left_out = shutil.ignore_patterns("__pycache__", "weights", "example")
        for name in SOURCES:
            shutil.copytree(REPOSITORY / name, root / name, ignore=left_out)
        for name in PAGES:
            (root / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
        self.before = self._texts()

    def _texts(self):
        """Of every file that is written by hand, by its name."""
        paths = [path for path in self.root.rglob("*") if path.suffix in (".py", ".toml", ".md", ".json", ".scm")]
        names = {path.relative_to(self.root).as_posix(): path for path in paths}
        return {name: path.read_text(encoding="utf-8") for name, path in names.items() if name not in MADE}

    def changes(self):
        """({new files}, {changed file: lines that were written in it}) since it was asked last."""
        before, self.before = self.before, self._texts()
        written = {}
        for name in before.keys() & self.before.keys():
            lines = difflib.ndiff(before[name].splitlines(), self.before[name].splitlines())
            if before[name] != self.before[name]:
                written[name] = sum(line.startswith("+ ") for line in lines)
        assert before.keys() <= self.before.keys()
        return self.before.keys() - before.keys(), written

    def write(self, files):
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, *changes):
        for name, there, then in changes:
            text = (self.root / name).read_text(encoding="utf-8")
            assert text.count(there) == 1, (name, there)
            self.write({name: text.replace(there, then)})

    def run(self, code, folder="."):
        """What a Python that knows this copy alone prints, as JSON."""
        words = [sys.executable, "-P", "-c", "import sys; sys.path.insert(0, '.')\n" + code]
        variables = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(words, cwd=self.root / folder, env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def menu(self):
        """[label, name] of the models in the plug-in as the installer lays it down."""
        Plugin(self.root, self.root / "state", ["/bin/false"]).write_to(self.root / "plug-in")
        return self.run(LOOK_AT_MENU, "plug-in")


@pytest.fixture
def checkout(tmp_path):
    """With photo.png and mask.png, 48 x 40."""
    photo, mask = np.full((40, 48, 3), 60, np.uint8), np.zeros((40, 48), np.uint8)
    mask[12:28, 12:28] = 255
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    return Checkout(tmp_path)


@pytest.fixture
def with_method(checkout):
    """With the dummy method, its run published and its row in the menu."""
    if find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    checkout.write(METHOD)
    checkout.replace(PACKAGE)
    weights = checkout.root / "statue_models/weights/dummy.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(len(HEADER).to_bytes(8, "little") + HEADER + HALF)
    path = checkout.root / "statue_models/models.json"
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    path.write_bytes(with_row(path, "methods", "dummy", weights=weights.name, sha256=sha256, parameters=1))
    menu = "import json; from statue_models.methods.__main__ import menu; print(json.dumps(menu()))"
    checkout.write({"statue_models/methods/menu.json": checkout.run(menu)})
    return checkout


def test_a_network_method_is_three_files_and_a_line(with_method):
    new, written = with_method.changes()
    assert new == METHOD.keys() and written == {"pyproject.toml": 1}
    found = with_method.run(SAID + LOOK_FOR_METHOD)
    [listed] = found["listed"]
    assert listed["trained"] and listed["kind"] == "network" and listed["parameters"] == 1
    assert found["restored"]["name"] == "dummy" and found["restored"]["notes"] == {"level": 0.5}
    assert found["restored"]["weights_sha256"] == listed["sha256"]
    assert found["contender"][0] == "dummy" and min(found["contender"][1]) > 60
    restored, mask = (cv2.imread(str(with_method.root / name)) for name in ("out.png", "mask.png"))
    assert (restored[mask == 0] == 60).all() and restored[mask > 0].mean() > 80
    assert ["Plain level (dummy)", "dummy"] in with_method.menu()


def test_an_option_of_a_method_is_a_row_and_the_folder_of_the_method(with_method):
    with_method.changes()
    with_method.replace(*OPTION)
    new, written = with_method.changes()
    assert not new and written["statue_models/fields.py"] == 1
    assert {name.rpartition("/")[0] for name in written} == {"statue_models", "statue_models/methods/dummy"}
    assert with_method.run(SAID + LOOK_FOR_OPTION) == {
        "heeded": 7,
        "left out": 0,
        "listed": ["quality", "stroke"],
        "refused": "usage",
    }


def test_the_page_says_where_things_are():
    """Each file that it names is there, but for those that are to be written."""
    page = (REPOSITORY / "docs/contributing.md").read_text(encoding="utf-8")
    roots = "|".join([*SOURCES, "docs", "tests"])
    named = set(re.findall(rf"\b(?:{roots})/[\w./-]*\w", page))
    there = {name for name in named if "NAME" not in name and "ROOM" not in name}
    assert len(there) > 20 and not [name for name in sorted(there) if not (REPOSITORY / name).exists()]
