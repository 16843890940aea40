"""What is printed: the best in bold, nothing where nothing was measured."""

import math

import numpy as np
import pytest

from training.evaluation.reporting.markdown_table import best
from training.evaluation.reporting.table import METRICS, rows
from training.evaluation.scoring import Score

BY_KEY = {metric.key: metric for metric in METRICS}


@pytest.mark.parametrize(
    ("key", "values", "winner"),
    [
        ("psnr", [15.0, 17.0, math.nan], 17.0),
        ("feature", [0.6, 0.5], 0.5),
        ("seam", [3.0, -1.0, 2.0], -1.0),
        ("sharpness", [0.4, 2.0, 5.0], 2.0),
        ("outside", [0.0, 3.0], None),
        ("face", [math.nan], None),
    ],
)
def test_the_best_of_a_metric(key, values, winner):
    assert best(BY_KEY[key], values) == winner


def score(kind: str, coverage: float, **values: float) -> Score:
    known = {"psnr": 10.0, "ssim": 0.5, "feature": 0.5, "seam": 0.0, "sharpness": 1.0, "seconds": 0.1} | values
    rest = {"outside": 0, "answered": True, "pooled": np.zeros(32), "pooled_truth": np.zeros(32)}
    return Score(method="m", name="x", kind=kind, coverage=coverage, **known, **rest)


def test_groups_and_means():
    scores = [score("nose", 0.05, psnr=10, sharpness=0.5, face=0.1), score("half", 0.9, psnr=20, sharpness=2.0)]
    table = {row.group: row for row in rows(scores)}
    assert list(table) == ["nose", "half", "0-10 %", "over 40 %", "all"]
    assert table["all"].metrics["psnr"] == 15 and table["all"].metrics["sharpness"] == pytest.approx(1)
    # What was measured on some cases only is averaged over those; fifty cases are needed for the Frechet distance.
    assert table["all"].metrics["face"] == 0.1 and math.isnan(table["half"].metrics["face"])
    assert math.isnan(table["all"].metrics["frechet"])
