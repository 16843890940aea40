"""The evaluation command on a made-up suite: what it writes, counts and refuses."""

import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from statue_models.errors import StatueError
from statue_models.methods import registry
from statue_models.methods.method import Answer, Fill
from statue_models.methods.statueflow.method import FlowMethod
from training.__main__ import main
from training.evaluation import evaluate
from training.evaluation.arguments import RESULTS, SHEET, TABLE
from training.evaluation.contenders import baselines, predictors
from training.evaluation.contenders.contender import Setting, contender
from training.evaluation.metrics.hole import FeatureMetric
from training.evaluation.scoring import LandmarkSource, Scorer
from training.features.mobilenet import MobileNet
from training.suites.cases import check_cases


@pytest.fixture(scope="module")
def assets(tmp_path_factory, picture, random_network, face):
    """An assets folder with 13 good pictures (so two of the suite) and a random feature network."""
    folder = tmp_path_factory.mktemp("assets")
    random_network(folder)
    (folder / "statues128" / "train").mkdir(parents=True)
    labels = {}
    for number in range(14):
        name = f"train/{number:04d}.jpg"
        cv2.imwrite(str(folder / "statues128" / name), cv2.resize(picture(number), (128, 128)))
        labels[name] = {"points": face.tolist(), "spread": 0.01, "good": number != 5}
    (folder / "statues128" / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    return folder


@pytest.fixture
def run(assets, tmp_path, monkeypatch):
    """(words) -> (exit status, folder): a short run without landmark predictors, GIMP and other processes."""

    def no_predictor(*_, **__):
        raise StatueError("weights-missing", path="facemesh.tflite", how="Fetch it.")

    monkeypatch.setattr(predictors.registry, "predictor", no_predictor)
    facemesh = predictors.registry.descriptor("facemesh")
    monkeypatch.setattr(predictors.registry, "descriptor", lambda name: facemesh)

    def command(*words, baselines="mean,telea"):
        out = tmp_path / "out"
        fixed = ["--assets", str(assets), "--landmarks", "given", "--limit", "1", "--no-processes", "--out", str(out)]
        return main(["evaluate", *fixed, "--baselines", baselines, *words]), out

    return command


def test_every_method_stands_in_every_table_and_the_sheet_shows_them(run, capsys):
    status, out = run("--models", "biharmonic,mirror", "--rows", "3")
    assert status == 0
    table, results = (out / TABLE).read_text(), json.loads((out / RESULTS).read_text())
    assert capsys.readouterr().out.strip() == table.strip()
    for method in ("mean", "telea", "biharmonic", "mirror"):
        # Eight metrics, all of which this run has, and the times.
        assert table.count(f"| `{method}` |") >= 8
        groups = results["methods"][method]
        assert list(groups)[:5] == ["nose", "mouth", "eye", "chin", "half"] and list(groups)[-1] == "all"
        assert sum(row["cases"] for name, row in groups.items() if "%" in name) == groups["all"]["cases"] == 5
        assert groups["all"]["outside"] == 0
    sheet = cv2.imread(str(out / SHEET))
    # Labels at the left, then damaged, four methods and the truth, three rows.
    assert sheet.shape[1] > 6 * 150 and sheet.shape[0] > 3 * 150
    assert len(results["scores"]) == 5 * 4 and len(results["manifest"]) == 5


def test_an_earlier_run_is_only_replaced_when_asked(run, capsys):
    assert run("--models", "none")[0] == 0
    status, out = run("--models", "none", "--kinds", "nose")
    assert status == 8 and len(json.loads((out / RESULTS).read_text())["kinds"]) == 5
    assert run("--models", "none", "--kinds", "nose", "--force")[0] == 0
    assert json.loads((out / RESULTS).read_text())["kinds"] == ["nose"]
    assert "--force" in capsys.readouterr().err


def test_what_is_not_measured_is_said_loudly(run, monkeypatch, capsys):
    monkeypatch.setattr(baselines.shutil, "which", lambda name: None)
    status, out = run("--models", "telea", baselines="gmic")
    said, table = capsys.readouterr().err, (out / TABLE).read_text()
    for what in ("gmic", "LPIPS", "FID", "Completed-face NME", "Landmarks of facemesh"):
        assert f"*** NOT MEASURED *** {what}" in said and f"*** NOT MEASURED *** {what}" in table
    assert status == 0 and "`gmic`" not in table and "### completed-face NME" not in table


def test_an_external_module_is_scored_and_its_crash_counts_as_untouched(run, tmp_path, monkeypatch, capsys):
    (tmp_path / "other_people.py").write_text(
        "def restore(bgr, mask):\n    if mask.mean() > 20: raise RuntimeError('too much')\n    return bgr, None\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    status, out = run("--models", "module:other_people", baselines="untouched")
    assert status == 0
    theirs, untouched = (
        json.loads((out / RESULTS).read_text())["methods"][name]["all"] for name in ("other_people", "untouched")
    )
    assert theirs.pop("unanswered") > untouched.pop("unanswered") == 0
    assert theirs == untouched
    assert "too much" in capsys.readouterr().err
    sys.modules.pop("other_people", None)


def test_an_untrained_model_is_refused_before_any_work(run, monkeypatch, capsys):
    dreamer = replace(registry.descriptor("statueflow"), name="dreamer", untrained="Train it first.")
    known = (dreamer, *registry.descriptors())
    monkeypatch.setattr(registry, "_all", lambda: known)
    status, out = run("--models", "dreamer")
    assert status == 5 and not (out / RESULTS).exists()
    assert "dreamer" in (said := capsys.readouterr().err) and "Train it first." in said


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--models", "nobody"], 5, "nobody"),
        (["--kinds", "nose,ear"], 2, "ear"),
        (["--predictor", "oracle"], 2, "oracle"),
        (["--models", "telea@weights.safetensors"], 2, "no weights file"),
        (["--models", "path:nowhere/at/all"], 3, "nowhere/at/all"),
        (["--models", "module:no_such_module"], 2, "no_such_module"),
        (["--models", "none", "--baselines", "none"], 2, "nothing to score"),
        (["--seed", "-1"], 2, "--seed"),
        (["--rows", "301"], 2, "300 rows"),
    ],
)
def test_wrong_requests(run, capsys, words, status, said):
    assert run(*words)[0] == status
    assert said in capsys.readouterr().err


class Painter:
    """A stand-in for a network: paints the hole in a colour that the seed decides, but for halves has no answer."""

    def __init__(self):
        self.steps = []

    def restore(self, crop, hypotheses, options, progress):
        self.steps.append(options.steps)
        colours = [np.random.default_rng(each.seed).random(3).astype(np.float32) for each in hypotheses]
        return Answer(tuple(Fill(np.broadcast_to(one, crop.rgb.shape)) for one in colours), None, {})


def test_weights_of_a_file_are_scored_with_their_hypotheses(run, tmp_path, monkeypatch):
    weights = tmp_path / "trial.safetensors"
    weights.write_bytes(b"")
    asked, painter = [], Painter()

    def from_file(path, sha256, device, precision):
        asked.append((path, sha256, device, precision))
        return painter

    monkeypatch.setattr(FlowMethod, "from_file", from_file)
    status, out = run("--models", f"statueflow@{weights}", "--variants", "3", "--steps", "2")
    results = json.loads((out / RESULTS).read_text())
    assert status == 0 and asked == [(weights, None, "cpu", "fp32")] and set(painter.steps) == {2}
    painted, telea = (results["methods"][name]["all"] for name in ("statueflow@trial", "telea"))
    # Random flat colours differ from each other, and are mostly further from the truth than a smooth fill.
    assert painted["diversity"] > 0.01 and 0 <= painted["smears"] <= 1 and painted["outside"] == 0
    assert telea["diversity"] is None and telea["smears"] is None


def test_methods_see_grey_in_the_hole_and_change_nothing_else(assets):
    case = next(check_cases(assets))
    assert (case.damaged[case.hole] == 128).all()
    result = baselines.of_registry("telea")(case, None, [0, 1])
    assert len(result) == 1 and (result[0][~case.hole] == case.truth[~case.hole]).all()


def test_part_of_a_suite_is_not_taken_for_the_suite(run, capsys):
    _, out = run("--models", "none")
    assert json.loads((out / RESULTS).read_text())["state"] == "part of the suite or more than it"
    assert "NOT THE FROZEN" not in capsys.readouterr().err


def test_the_worst_cases_come_first_on_their_sheet(assets):
    cases = list(check_cases(assets, ("nose", "mouth", "chin")))
    entries = [contender("mean", Setting("cpu", None)), contender("telea", Setting("cpu", None))]
    metric = FeatureMetric(MobileNet(assets))
    results, rows = evaluate.score_cases(Scorer(entries, LandmarkSource(None), metric), cases, 2, "telea")
    distances = sorted((r.scores[1].feature for r in results), reverse=True)
    assert [cell[2] for row in rows for cell in row.cells if cell[0] == "telea"] == [f"{d:.3f}" for d in distances[:2]]


def test_what_was_not_answered_is_not_what_was_answered_worst(assets):
    telea = contender("telea", Setting("cpu", None))

    def moody(case, landmarks, seeds):
        return None if case.kind == "nose" else telea.restore(case, landmarks, seeds)

    cases = list(check_cases(assets, ("nose", "mouth", "chin")))
    scorer = Scorer([replace(telea, restore=moody)], LandmarkSource(None), FeatureMetric(MobileNet(assets)))
    answered = sum(case.kind != "nose" for case in cases)
    _, rows = evaluate.score_cases(scorer, cases, len(cases), "telea")
    captions = [cell[2] for row in rows for cell in row.cells if cell[0] == "telea"]
    assert [caption == "no answer" for caption in captions] == [False] * answered + [True] * (len(cases) - answered)
