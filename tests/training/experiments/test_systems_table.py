"""The table of all published systems: runs beside what was published, and a sheet of their sheets."""

import json

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from training.__main__ import main
from training.experiments.page import PAGE, SYSTEMS
from training.experiments.sheet import SIDE_WIDTH, WIDTH
from training.experiments.systems import read_published, systems_table


@pytest.fixture
def a_run(tmp_path):
    """(name, metrics) -> a run's folder, done, with two sheets."""

    def make(name, **metrics):
        folder = tmp_path / f"run-{name}"
        folder.mkdir()
        recipe = {"system": name, "options": {"size": 64, "width": 16}}
        start = {"event": "start", "recipe": recipe, "images": 0, "resumed": False}
        (folder / "log.jsonl").write_text(json.dumps(start) + '\n{"event": "end", "ended": "done"}\n')
        end = {"images": 12345, "share": 1.0, "seconds": 700.0, "core_seconds": 630.0, "metrics": metrics}
        (folder / "metrics.json").write_text(json.dumps(end))
        for images, level in ((5, 10), (12345, 200)):
            cv2.imwrite(str(folder / f"sheet-{images:09d}.png"), np.full((8, 32, 3), level, np.uint8))
        return folder

    return make


def test_a_systems_row_has_its_run_the_published_figure_and_ours(a_run, capsys):
    metrics = {"psnr/rects": 1.0, "mse_px2/rects": 17.256, "psnr_telea/rects": 2.0}
    assert main(["systems", str(a_run("thesis-landmarks", **metrics)), str(a_run("other", **{"psnr/own": 20.5}))]) == 0
    said = capsys.readouterr().out.splitlines()
    row = next(line for line in said if line.startswith("| `thesis-landmarks`"))
    assert "| 64 | 16 | 12,345 | 10.5 | rects | 1.00 | 2.00 |" in row
    assert "13.13 (best of 251 epochs), 18.2 ± 2.4 (mean of the last 51) [1] | 17.26 |" in row
    assert said[said.index(row) + 1].startswith("|  |  |")  # its second figure
    assert "| `other` | 64 | 16 | 12,345 | 10.5 | own | 20.50 | – | – | – | – |" in said
    assert any(line.startswith("| `lafin` | – |") and "unknown" in line and line.endswith("| – |") for line in said)


def test_every_published_figure_has_a_note_of_where_it_is_from():
    published = read_published()
    said = systems_table([], published)
    for index, one in enumerate(published, 1):
        assert any(f"{one.published} [{index}]" in line for line in said)
        assert said[-1 - len(published) + index - 1].lower() == f"{index}. {one.source}.".lower()


def test_the_sheet_shows_each_runs_last_sheet(a_run, tmp_path):
    sheet, page = tmp_path / "all.png", tmp_path / "page.md"
    page.write_text(f"{SYSTEMS}\nold\n<!-- end -->\n")
    runs = [str(a_run(name, **{"psnr/own": 20.0})) for name in ("one", "two")]
    assert main(["systems", *runs, "--sheet", str(sheet), "--page", str(page)]) == 0
    drawn = cv2.imread(str(sheet))
    high = round(8 * WIDTH / 32)
    assert drawn.shape[1] == SIDE_WIDTH + WIDTH and drawn.shape[0] > 2 * high
    assert (drawn[: high - 1, SIDE_WIDTH:] == 200).all() and drawn[:high, :SIDE_WIDTH].min() < 60
    assert "| `two` |" in page.read_text() and "old" not in page.read_text()


def test_a_folder_without_a_judged_run_is_refused(tmp_path, capsys):
    assert main(["systems", str(tmp_path)]) == StatueError("missing-file", path="x").exit_status
    assert main(["systems", "--sheet", "x.jpg"]) == 2
    assert "metrics.json" in capsys.readouterr().err


def test_the_page_has_a_place_for_the_table():
    assert PAGE.read_text(encoding="utf-8").count(SYSTEMS) == 1
