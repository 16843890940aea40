"""The one table of fields: what it refuses, what is made of it, and that a row added to it is everywhere at once."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from statue_models.fields import FIELDS, RequestFields, page_with_tables
from statue_models.landmarks.registry import descriptors
from statue_models.request import RestorationRequest

REPOSITORY = Path(__file__).parents[1]
LAST_ROW = '    precision: str = _choice("fp32", ("fp32", "bf16"), "the numbers of networks", on_command_line=False)\n'
#: An option that changes a result, for the sake of trying.
DUMMY_ROW = (
    '    chisel: str = _choice("soft", ("soft", "hard"), "how hard it is struck", dialog=DialogRow("_Chisel"))\n'
    '    blows: int = _integer(3, 1, 9, "how often it is struck", metavar="N", dialog=DialogRow("_Blows", highest=8))\n'
)
#: What a program sees of the dummy rows, anywhere.
LOOK = """
import importlib.util, json, sys
from types import SimpleNamespace
import numpy as np
from statue_models.cli import arguments
from statue_models.errors import StatueError
from statue_models.fields import page_with_tables
from statue_models.landmarks.registry import descriptors
from statue_models.request import RestorationRequest
from statue_models.runner.wire import JobHeader, JobReader, json_line, samples_of

def code(make, *given, **named):
    try:
        make(*given, **named)
    except StatueError as error:
        return error.code

image, mask = np.zeros((40, 50, 3), np.uint8), np.zeros((40, 50), np.uint8)
mask[10:20, 10:20] = 255
words = ["restore", "a.png", "--mask", "m.png", "-o", "o.png"]
options = arguments.parse([*words, "--chisel", "hard", "--blows", "4"])
made = RestorationRequest(image, mask, chisel="hard", blows=4)
body = json_line(JobHeader.of(made).to_json()) + bytes(samples_of(image)) + bytes(samples_of(mask))
reader = JobReader(len(body))
reader.feed(body)
page = "<!-- fields: %s --><!-- end -->"

sys.path.insert(0, "plug-in")
import gimpfu, restore
spec = importlib.util.spec_from_file_location("main", "plug-in/restore-statue-face.py")
spec.loader.exec_module(importlib.util.module_from_spec(spec))
procedure = gimpfu.procedures["python-fu-restore-statue-face"]
restore.restore = lambda host, image, drawables, options: restore.header_of(source, options)
source = restore.Source(None, (0, 0, 50, 40), SimpleNamespace(channels=3, depth="uint8"), b"", b"", None, None)
answers = [parameter.default for parameter in procedure.parameters]
header = procedure.call(None, [None], answers)[0]

def plain(parameter):
    return parameter.label, [c.value for c in parameter.choices] if parameter.kind == "radio" else parameter.limits

print(json.dumps({
    "command line": [options.chisel, options.blows, code(arguments.parse, [*words, "--chisel", "blunt"])],
    "request": [made.chisel, made.blows, code(RestorationRequest, image, mask, blows=10)],
    "record": [made.to_json()["chisel"], made.to_json()["blows"]],
    "wire": [reader.request().chisel, reader.request().blows],
    "refused there": [code(JobHeader.parse, json_line({**JobHeader.of(made).to_json(), **wrong}))
                      for wrong in ({"chisel": "blunt"}, {"chisel": 1}, {"blows": "4"})],
    "dialog": [plain(parameter) for parameter in procedure.parameters if parameter.key in ("chisel", "blows")],
    "sent by it": [header["chisel"], header["blows"], code(JobHeader.parse, json_line(header))],
    "docs": [page_with_tables(page % name).count("how hard it is struck: soft or hard (default: soft)")
             for name in ("options", "header")],
}))
"""


def test_a_dummy_option_is_everywhere_by_its_row_alone(tmp_path):
    """One file is changed; what a real one would need beside it is the method that heeds it."""
    heavy = shutil.ignore_patterns("__pycache__", "weights", "example")
    shutil.copytree(REPOSITORY / "statue_models", tmp_path / "statue_models", ignore=heavy)
    table = tmp_path / "statue_models/fields.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(LAST_ROW) == 1
    table.write_text(text.replace(LAST_ROW, LAST_ROW + DUMMY_ROW), encoding="utf-8")
    shutil.copytree(REPOSITORY / "gimp_plugin/restore-statue-face", tmp_path / "plug-in", ignore=heavy)
    for name in ("errors.json", "fields.py"):  # as the installer lays them
        shutil.copy(tmp_path / "statue_models" / name, tmp_path / "plug-in")
    command = [sys.executable, "-P", "-c", "import sys; sys.path.insert(0, '.')" + LOOK]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "command line": ["hard", 4, "usage"],
        "request": ["hard", 4, "usage"],
        "record": ["hard", 4],
        "wire": ["hard", 4],
        "refused there": ["usage", "bad-request", "bad-request"],
        "dialog": [["_Chisel", ["soft", "hard"]], ["_Blows", [1, 8, 1]]],
        "sent by it": ["soft", 3, None],
        "docs": [1, 1],
    }


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/http.md"])
def test_the_tables_of_the_docs_are_up_to_date(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    assert text.count("<!-- fields: ") == 1
    assert text == page_with_tables(text), "run: python -m statue_models.fields docs/cli.md docs/http.md"


def test_the_predictors_are_named():
    """Nothing else lists them."""
    assert all(name in FIELDS["predictor"].help for name in [one.name for one in descriptors()])


def test_every_field_of_a_request_is_in_the_table():
    names = [one.name for one in dataclasses.fields(RestorationRequest) if one.name != "notes"]
    assert names == ["image", "mask", *FIELDS] == [one.name for one in dataclasses.fields(RequestFields)]


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_row_is_whole(field):
    assert field.help and "\n" not in field.line and not field.help.endswith(".")
    assert field.check_value(field.default) == field.default
    assert bool(field.unset) == (field.default is None)
    assert not field.without or field.without in FIELDS
    assert field.default is None or not field.choices or field.default in field.choices
    if field.dialog is not None:
        assert field.dialog.label.count("_") == 1
        assert field.dialog.highest is None or field.lowest < field.dialog.highest <= field.highest


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("seed", 1.0, TypeError),
        ("seed", "1", TypeError),
        ("seed", True, TypeError),
        ("seed", None, TypeError),
        ("seed", 2**63, ValueError),
        ("variant", 0, ValueError),
        ("model", "", TypeError),
        ("model", "x" * 65, TypeError),
        ("model", None, TypeError),
        ("device", "tpu", ValueError),
        ("device", ["cpu"], TypeError),
    ],
)
def test_what_is_wrong_is_refused_in_words(name, value, kind):
    with pytest.raises(kind, match=f"The {name} must be .*, not "):
        FIELDS[name].check_value(value)


def test_what_stands_for_a_whole_number_becomes_one():
    class Index:
        def __index__(self):
            return 7

    assert FIELDS["seed"].check_value(Index()) == 7 and FIELDS["variant"].check_value(None) is None
