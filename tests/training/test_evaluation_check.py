"""The evaluation command on a made-up suite: what it prints, counts and refuses."""

import json
import sys

import cv2
import numpy as np
import pytest

from training.evaluation import baselines, check
from training.evaluation.cases import Case, check_cases, suite_digest
from training.evaluation.table import rows


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
    labels["test/0000.jpg"] = labels["train/0000.jpg"]
    (folder / "statues128" / "relabelled_landmarks68.json").write_text(json.dumps(labels))
    return folder


def test_suite_takes_every_twelfth_good_training_picture_and_never_a_test_picture(assets):
    cases = list(check_cases(assets))
    assert list(dict.fromkeys(case.name for case in cases)) == ["train/0000.jpg", "train/0013.jpg"]
    assert suite_digest(cases) == suite_digest(list(check_cases(assets)))


def test_holes_do_not_depend_on_which_kinds_are_asked_for(assets):
    alone = [case.hole for case in check_cases(assets, ["eye"])]
    among = [case.hole for case in check_cases(assets) if case.kind == "eye"]
    assert all((a == b).all() for a, b in zip(alone, among, strict=True))


def test_the_table_names_every_method_and_the_sheet_is_written(assets, tmp_path, capsys):
    options = ["--assets", str(assets), "--landmarks", "given", "--limit", "1", "--sheet", str(tmp_path / "sheet.png")]
    check.main([*options, "--methods", "mean,telea,biharmonic,mirror"])
    printed = capsys.readouterr().out
    for method in ("mean", "telea", "biharmonic", "mirror"):
        assert f"{method:<16} all" in printed
    assert printed.count("0 samples changed outside") == 4
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None and sheet.shape[0] % (128 * 6) == 0


def test_a_program_that_is_not_installed_is_named_loudly(assets, monkeypatch, capsys):
    monkeypatch.setattr(baselines.shutil, "which", lambda name: None)
    check.main(["--assets", str(assets), "--landmarks", "given", "--limit", "1", "--methods", "mean,gmic"])
    captured = capsys.readouterr()
    assert "NOT MEASURED: gmic" in captured.err and "gmic" not in captured.out


def test_an_external_module_is_scored_and_its_crash_counts_as_untouched(assets, tmp_path, monkeypatch, capsys):
    (tmp_path / "other_people.py").write_text(
        "def restore(bgr, mask):\n    if mask.mean() > 20: raise RuntimeError('too much')\n    return bgr, None\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    arguments = ["--assets", str(assets), "--landmarks", "given", "--limit", "1", "--methods", "untouched"]
    check.main([*arguments, "--external", "other_people"])
    captured = capsys.readouterr()
    lines = [line.split()[2:] for line in captured.out.splitlines() if " all " in line]
    assert len(lines) == 2 and lines[0] == lines[1]
    assert "too much" in captured.err
    sys.modules.pop("other_people", None)


def test_methods_see_grey_in_the_hole_and_change_nothing_else(assets):
    case = next(check_cases(assets))
    assert (case.damaged[case.hole] == 128).all()
    result = baselines.of_registry("telea")(case, None)
    assert (result[~case.hole] == case.truth[~case.hole]).all()


def test_coverage_is_hole_over_face_box():
    hole = np.zeros((100, 100), bool)
    hole[:20, :50] = True
    points = np.zeros((68, 2))
    points[0] = [100, 50]
    assert Case("x", "nose", np.zeros((100, 100, 3), np.uint8), hole, points).coverage == 0.2


def test_rows_group_by_kind_and_coverage(assets):
    feature_metric = check.metrics.FeatureMetric(check.MobileNet(assets))
    landmarks = baselines.LandmarkSource("given")
    scores = []
    for case in check_cases(assets, limit=1):
        scores += check.score_case(case, {"mean": baselines.mean_colour}, landmarks, feature_metric)[0]
    table = rows(scores)
    groups = [row.group for row in table]
    assert groups[:5] == ["nose", "mouth", "eye", "chin", "half"] and groups[-1] == "all"
    binned = [row.cases for row in table if "%" in row.group]
    assert sum(binned) == len(scores) == table[-1].cases
