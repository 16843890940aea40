"""``python -m training damage``: the tables of docs/damage.md, and the sheet."""

import json
import re
from pathlib import Path

import cv2
import pytest

from training.__main__ import main
from training.damage import table
from training.damage.registry import KINDS

SMALL = ["--size", "32", "--count", "2", "--device", "cpu"]
PAGE = Path(__file__).parents[3] / "docs" / "damage.md"


def labels(text):
    """First cells of the tables' rows, without the page's own table of parameters."""
    cells = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    return [cell for cell in cells if cell not in ("| kind", "| ---") and "`" not in cell]


@pytest.fixture
def statues(tmp_path, face):
    """A folder with the landmarks of two photographs."""
    faces = {f"{n}.jpg": {str(k): {"x": int(x), "y": int(y)} for k, (x, y) in enumerate(face + n)} for n in range(2)}
    (tmp_path / "statues128").mkdir()
    (tmp_path / "statues128" / "test_landmarks68.json").write_text(json.dumps(faces))
    return tmp_path


def test_it_prints_every_kind_and_draws_them(tmp_path, capsys):
    path = tmp_path / "sheet.png"
    assert main(["damage", *SMALL, "--sheet", str(path)]) == 0
    printed = capsys.readouterr().out
    for kind in set(KINDS) - {"none"}:
        assert re.search(rf"^\| {kind}\b", printed, re.MULTILINE), kind
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape[0] > 500 and sheet.shape[1] > 500 and sheet.std() > 30
    assert main(["damage", *SMALL, "--sheet", str(path)]) == 0
    assert capsys.readouterr().out == printed
    # The page's tables are the command's: no kind has been added or renamed since.
    assert labels(PAGE.read_text(encoding="utf-8")) == labels(printed)


def test_hulls_of_photographs_stand_beside_the_designs(statues, capsys, monkeypatch):
    monkeypatch.setattr(table, "ROWS", ())
    assert main(["damage", *SMALL, "--assets", str(statues)]) == 0
    printed = capsys.readouterr().out
    assert "| nose |" in printed and "2.1 / 3.4 / 5 / 8.7 |" in printed


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--size", "16"], 2),
        (["--count", "0"], 2),
        (["--seed", "-1"], 2),
        (["--sheet", "sheet.jpg"], 2),
        (["--sheet", "no/such/folder/sheet.png"], 8),
        (["--assets", "no/such/folder"], 3),
    ],
)
def test_what_cannot_be_done_is_said(words, status, capsys, monkeypatch):
    monkeypatch.setattr(table, "ROWS", table.ROWS[:1])
    assert main(["damage", *SMALL, *words]) == status
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize("harm", ["cut", "points", "shape"])
def test_damaged_landmarks_are_refused(statues, harm, capsys):
    path = statues / "statues128" / "test_landmarks68.json"
    faces = json.loads(path.read_text())
    if harm == "points":
        del faces["0.jpg"]["67"]
    path.write_text(path.read_text()[:-9] if harm == "cut" else json.dumps([] if harm == "shape" else faces))
    assert main(["damage", *SMALL, "--assets", str(statues)]) == 3
    assert "test_landmarks68.json" in capsys.readouterr().err
