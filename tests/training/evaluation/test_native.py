"""The native suite's command on drawn photographs: what it writes, counts and refuses."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from face_pictures import RedSquares, red_square

from statue_models.errors import StatueError
from statue_models.methods.method import Answer, Fill
from statue_models.restoring import restorer as pipeline
from training.__main__ import main
from training.evaluation.arguments import RESULTS, SHEET, TABLE
from training.evaluation.contenders.baselines import MethodRestoring
from training.evaluation.contenders.contender import Contender, Setting
from training.evaluation.native import contenders as native_contenders
from training.evaluation.native import run as native
from training.evaluation.native.contenders import NativeContenders
from training.evaluation.native.sheet import CELL, WIDTH, Cell, SheetRow, centre_on_hole, contact_sheet
from training.evaluation.scoring import LandmarkSource
from training.suites.native.cases import cases_of
from training.suites.native.faces import Face

FACE = Face(
    np.array([80, 60, 100, 100], np.float32),
    np.array([[110, 100], [150, 100], [130, 115], [112, 140], [148, 140]], np.float64),
)


def drawn(seed=0):
    """A red square on grey with some grain: what ``RedSquares`` takes for a face."""
    grain = np.random.default_rng(seed).normal(0, 6, (240, 300, 1))
    return np.clip(red_square() + cv2.GaussianBlur(grain, (0, 0), 1)[..., None], 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def assets(tmp_path_factory, random_network):
    """An assets folder with two photographs and a random feature network, without a detector."""
    folder = tmp_path_factory.mktemp("assets")
    random_network(folder)
    (folder / "photos").mkdir()
    for number, name in enumerate(("one.png", "two.tif")):
        cv2.imwrite(str(folder / "photos" / name), drawn(number)[..., ::-1])
    return folder


@pytest.fixture
def run(assets, tmp_path, monkeypatch):
    """(words) -> (exit status, folder): a run whose faces are red squares."""
    monkeypatch.setattr(native, "face_finder", lambda assets: lambda path, picture: FACE)
    monkeypatch.setattr(native, "named_predictor", lambda name, models: RedSquares())

    def command(*words, baselines="mean,telea"):
        out = tmp_path / "out"
        fixed = ["--suite", "native", "--assets", str(assets), "--out", str(out), "--baselines", baselines]
        return main(["evaluate", *fixed, *words]), out

    return command


class Painter:
    """A stand-in for a network: paints the hole in a colour that the seed decides; halves it refuses."""

    def restore(self, crop, hypotheses, options, progress):
        if crop.hole.mean() > 0.1:
            raise StatueError("no-face")
        colours = [np.random.default_rng(each.seed).random(3).astype(np.float32) for each in hypotheses]
        return Answer(tuple(Fill(np.broadcast_to(one, crop.rgb.shape)) for one in colours), None, {})


@pytest.fixture
def painter(monkeypatch):
    def contender(name, setting):
        if name == "painter":
            return Contender(name, MethodRestoring(Painter(), needs_face=True, has_hypotheses=True), "paints")
        return original(name, setting)

    original = native_contenders.contender
    monkeypatch.setattr(native_contenders, "contender", contender)


def test_tables_sheets_and_figures_of_every_case_are_written(run, capsys):
    status, out = run("--models", "biharmonic,mirror", "--windows")
    assert status == 0
    table, results = (out / TABLE).read_text(), json.loads((out / RESULTS).read_text())
    assert table.strip() in capsys.readouterr().out
    assert [*results["methods"]] == ["mean", "telea", "biharmonic", "mirror"]
    for groups in results["methods"].values():
        assert [*groups] == ["all kinds but cracks", "cracks", "nose", "mouth", "eye", "chin", "half"]
        assert groups["all kinds but cracks"]["cases"] == 10 and groups["cracks"]["cases"] == 2
        assert groups["all kinds but cracks"]["outside"] == groups["cracks"]["outside"] == 0
        assert groups["nose"]["octave_worst"] == max(groups["nose"][f"octave_{k}"] for k in (1, 2, 3))
        assert groups["nose"]["spread"] is None
    smooth = results["methods"]["biharmonic"]["all kinds but cracks"]
    assert smooth["grain_signed"] < -3 and smooth["grain_db"] >= -smooth["grain_signed"]
    assert len(results["scores"]) == 12 * 4 and len(results["manifest"]) == 12
    assert "NOT THE FROZEN SUITE" in results["state"] and "red squares" in results["landmarks"]
    for title in ("Grain and relief", "Grain by octave", "Light and colour", "Border", "Answers"):
        assert table.count(f"### {title}") == 3
    assert "### Variants" not in table
    # One sheet per photograph; each fill's window is the result, one pixel per pixel.
    assert sorted(path.name for path in (out / "sheets").iterdir()) == ["one.jpg", "two.jpg"]
    assert not (out / SHEET).exists() and cv2.imread(str(out / "sheets" / "one.jpg")).shape[1] <= WIDTH
    windows = {path.name for path in (out / "windows").iterdir()}
    assert len(windows) == 12 * 6 and "two-nose-mirror.png" in windows
    truth, damaged = (cv2.imread(str(out / "windows" / f"one-nose-{name}.png")) for name in ("truth", "damaged"))
    hole = (damaged != truth).any(axis=2)
    fill = cv2.imread(str(out / "windows" / "one-nose-telea.png"))
    assert hole.any() and (fill[~hole] == truth[~hole]).all() and (fill != damaged).any()


def test_a_refusal_counts_as_the_untouched_input_and_is_counted(run, painter):
    status, out = run("--models", "painter", "--kinds", "half", "--limit", "1", baselines="untouched")
    results = json.loads((out / RESULTS).read_text())
    painted, untouched = (results["methods"][name]["half"] for name in ("painter", "untouched"))
    assert status == 0 and results["refusals"] == {"painter": {"no-face": 1}}
    assert painted["unanswered"] == 1 and untouched["unanswered"] == 0
    assert painted["grain_db"] == untouched["grain_db"] and painted["psnr"] == untouched["psnr"]
    assert "`painter` (no answer)" in (out / TABLE).read_text()


def test_variants_are_of_noses_mouths_and_eyes(run, painter):
    status, out = run("--models", "painter", "--variants", "3", "--kinds", "nose,cracks", "--limit", "1")
    results = json.loads((out / RESULTS).read_text())
    painted, telea = (results["methods"][name] for name in ("painter", "telea"))
    # Random flat colours are far apart, blurred or not; a method without hypotheses has no such figure.
    assert status == 0 and painted["nose"]["spread"] > 5 and painted["nose"]["spread_plain"] > 5
    assert painted["cracks"]["spread"] is None and telea["nose"]["spread"] is None
    assert painted["all kinds but cracks"]["outside"] == 0 and "### Variants" in (out / TABLE).read_text()


def test_a_fill_is_what_a_users_own_request_gives(assets, monkeypatch):
    """The landmarks are found once for all methods: a restoration that searches by itself must say the same."""
    monkeypatch.setattr(pipeline, "load_predictor", lambda *_: RedSquares())
    case = next(cases_of([assets / "photos" / "one.png"], lambda path, picture: FACE, ["nose"]))
    mirror = NativeContenders()("mirror", Setting())
    (ours,) = mirror.restore(case, LandmarkSource(RedSquares())(case), [7])
    request = pipeline.RestorationRequest(case.damaged, case.hole.astype(np.uint8) * 255, model="mirror", seed=7)
    theirs = pipeline.Restorer().restore(request).applied_to(case.damaged)
    np.testing.assert_array_equal(ours, theirs)
    assert (ours != case.damaged)[case.hole].any() and (ours == case.damaged)[~case.hole].all()
    assert mirror.restore(case, None, [7]) is None


def test_other_photographs_are_judged_too(run, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    cv2.imwrite(str(folder / "mine.jpg"), drawn(5)[..., ::-1])
    status, out = run("--models", "telea", "--photographs", str(folder), "--kinds", "eye", baselines="none")
    results = json.loads((out / RESULTS).read_text())
    assert status == 0 and [*results["manifest"]] == ["mine-eye"]
    assert "of your own" in results["state"] and results["landmarks"] == "nobody needs any"


def test_a_photograph_without_a_face_is_said_loudly(run, monkeypatch, capsys):
    def find(path, picture):
        return FACE if path.stem == "one" else None

    monkeypatch.setattr(native, "face_finder", lambda assets: find)
    status, out = run("--models", "telea", "--kinds", "nose")
    assert status == 0 and "*** NOT MEASURED *** two.tif" in capsys.readouterr().err
    assert "*** NOT MEASURED *** two.tif" in (out / TABLE).read_text()
    monkeypatch.setattr(native, "face_finder", lambda assets: lambda path, picture: None)
    assert run("--models", "telea", "--force")[0] == 2 and "No face" in capsys.readouterr().err


def test_an_earlier_run_is_only_replaced_when_asked(run, capsys):
    words = ["--models", "telea", "--kinds", "nose", "--limit", "1"]
    assert run(*words)[0] == 0
    assert run(*words)[0] == 8 and "--force" in capsys.readouterr().err
    assert run(*words, "--force")[0] == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--kinds", "nose,pits"], 2, "pits"),
        (["--worst"], 2, "--worst"),
        (["--rows", "3"], 2, "--rows"),
        (["--landmark-predictors", "facemesh"], 2, "--landmark-predictors"),
        (["--variants", "17"], 2, "16 variants"),
        (["--photographs", "nowhere"], 3, "nowhere"),
        (["--suite", "check", "--windows"], 2, "--windows"),
        (["--suite", "check", "--photographs", "nowhere"], 2, "--photographs"),
    ],
)
def test_wrong_requests(run, capsys, words, status, said):
    assert run("--models", "telea", *words)[0] == status
    assert said in capsys.readouterr().err


def test_the_sheet_shows_every_pixel_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 300, 3), np.uint8)
    row = SheetRow("bust-nose", "3 % of the face", [Cell("truth", pixels), *[Cell(f"m{k}", pixels) for k in range(12)]])
    sheet = contact_sheet([row, replace(row, title="bust-eye")])
    assert sheet.shape[1] <= WIDTH < 2500
    # Thirteen cells of 300 pixels need two lines; the noise is found untouched 26 times.
    places = np.argwhere((sheet[..., 0] == pixels[0, 0, 0]) & (sheet[..., 1] == pixels[0, 0, 1]))
    parts = [sheet[y : y + 90, x : x + 300] for y, x in places]
    assert sum(part.shape == pixels.shape and (part == pixels).all() for part in parts) == 26


def test_of_a_large_hole_the_middle_is_cut_out():
    hole = np.zeros((1500, 400), bool)
    hole[200:1400, 100:200] = True
    rows, columns = centre_on_hole(hole)
    assert rows.stop - rows.start == CELL and columns == slice(0, 400)
    assert (rows.start + rows.stop) / 2 == pytest.approx(800, abs=1)
