"""The results of one run as Markdown and as JSON."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from training.evaluation.contenders.contender import Contender
from training.evaluation.metrics.landmark_errors import LandmarkRow
from training.evaluation.metrics.stopwatch import Time
from training.evaluation.reporting.markdown_table import DASH, column, count_list, method_cells, number, percent, table
from training.evaluation.reporting.table import METRICS, Metric, Row, figure
from training.evaluation.scoring import Score

#: Of the results' format; no unit.
SCHEMA = 1
UNDAMAGED = "(undamaged)"

#: Column -> how a landmark row's value is printed.
LANDMARK_COLUMNS: tuple[tuple[str, Callable[[LandmarkRow], str]], ...] = (
    ("cases", lambda row: str(row.cases)),
    ("face found", lambda row: percent(row.found)),
    ("68, median", lambda row: number(row.median, 4)),
    ("68, mean", lambda row: number(row.mean, 4)),
    ("inner, median", lambda row: number(row.inner, 4)),
    ("inner, mean", lambda row: number(row.mean_inner, 4)),
    ("hidden", lambda row: number(row.hidden, 4)),
    ("visible", lambda row: number(row.visible, 4)),
    ("inner below .10", lambda row: percent(row.usable)),
    ("in own 68 %", lambda row: percent(row.within)),
    ("hidden in own 68 %", lambda row: percent(row.within_hidden)),
    ("MSE, px² at 128", lambda row: number(row.squared, 1)),
)
LANDMARK_LEGEND = (
    "NME: mean distance of a picture's points from the truth's, over the distance of the outer eye corners. Medians are"
    " over all cases, a face that was not found being infinitely far; means over the faces found. Inner: points 17 to"
    " 67. Hidden and visible: points whose true place lies under the hole or not. In own 68 %: share of the points in"
    " the ellipse that the predictor draws round each (68 is honest, less is overconfident). Coverage is of the face"
    " box; of the rectangles (2, 4, ... 14 of 10 to 30 pixels at 128, the statue detector's own test) it is of the"
    " picture."
)


@dataclass(frozen=True, eq=False)
class Report:
    """All that came out of a run.

    Attributes:
        suite, about: name and sentence. state: what the digest says. facts: JSON-ready circumstances.
        contenders: who; rows: their table; scores: case by case; floor: completed-face NME of undamaged pictures.
        times: how long. landmarks: the predictors' table. not_measured: sentences.
        face_predictor: name of the network that found the completed faces' points.
    """

    suite: str
    about: str
    state: str
    facts: dict[str, Any]
    contenders: Sequence[Contender]
    rows: Sequence[Row]
    scores: Sequence[Score]
    floor: dict[str, float]
    times: Sequence[Time]
    landmarks: Sequence[LandmarkRow]
    not_measured: Sequence[str]
    face_predictor: str | None = None
    refusals: dict[str, dict[str, int]] = field(default_factory=dict)

    def value(self, method: str, group: str, metric: str) -> float:
        """One figure; NaN where there is none."""
        return figure(self.rows, method, group, metric)


def _measured_metrics(report: Report) -> list[Metric]:
    return [m for m in METRICS if any(not math.isnan(row.metrics[m.key]) for row in report.rows)]


def markdown(report: Report) -> str:
    """The whole report as Markdown."""
    facts = report.facts
    lines = [f"# Evaluation on the suite `{report.suite}`", "", report.about, ""]
    lines += [
        f"{facts['cases']} cases from {facts['pictures']} pictures, sha256 `{facts['digest'][:16]}` ({report.state})."
    ]
    lines += ["", *(f"- {name}: {facts[name.lower()]}." for name in ("Landmarks", "Hypotheses", "Device", "Machine"))]
    lines += [f"- `{one.name}`: {one.about}." for one in report.contenders if one.about]
    lines += [*(f"- *** NOT MEASURED *** {sentence}" for sentence in report.not_measured), ""]
    lines += ["## All cases", "", *_overall(report)]
    lines += [f"- {metric.title}: {metric.about}" for metric in _measured_metrics(report)]
    if report.face_predictor:
        lines += [f"- The completed face's landmarks were found by `{report.face_predictor}`."]
    lines += [f"- No answer, `{name}`: {count_list(counts)}." for name, counts in report.refusals.items()]
    lines += ["", "## By damage and coverage", "", "Coverage: hole over face box.", ""]
    for metric in _measured_metrics(report):
        lines += [f"### {metric.title}", "", *_by_group(report, metric)]
    lines += ["## Time", "", *_time(report)]
    if report.landmarks:
        lines += ["## Landmarks on damaged faces", "", *_landmarks(report.landmarks), LANDMARK_LEGEND, ""]
    return "\n".join(lines).rstrip() + "\n"


def _overall(report: Report) -> list[str]:
    names = [one.name for one in report.contenders]
    shown = _measured_metrics(report)
    columns = [column(metric, [report.value(name, "all", metric.key) for name in names]) for metric in shown]
    body = method_cells(names, columns)
    return table(["method", *(metric.title for metric in shown)], body)


def _by_group(report: Report, metric: Metric) -> list[str]:
    names = [one.name for one in report.contenders]
    groups = list(dict.fromkeys((row.group, row.cases) for row in report.rows))
    columns = [column(metric, [report.value(name, group, metric.key) for name in names]) for group, _ in groups]
    body = method_cells(names, columns)
    if metric.key == "face":
        body.append([UNDAMAGED, *(number(report.floor.get(group, math.nan), metric.digits) for group, _ in groups)])
    return table(["method", *(f"{group} ({cases})" for group, cases in groups)], body)


def _time(report: Report) -> list[str]:
    body = [
        [
            f"`{one.method}`",
            number(one.warm, 4),
            f"{one.warm_ratio:.3g}",
            number(one.whole, 2),
            DASH if math.isnan(one.whole_ratio) else f"{one.whole_ratio:.3g}",
        ]
        for one in report.times
    ]
    header = ["method", "warm, s per case", "ratio", "whole process, s", "ratio"]
    legend = (
        "Warm: median per case, all hypotheses, landmarks known; programs with their start. Whole process: `statue"
        " restore` with given landmarks, median of three. Ratios are to the row with 1."
    )
    return [*table(header, body), legend, ""]


def _landmarks(rows: Sequence[LandmarkRow]) -> list[str]:
    body = [[f"`{row.predictor}`", row.group, *(show(row) for _, show in LANDMARK_COLUMNS)] for row in rows]
    return table(["predictor", "damage", *(title for title, _ in LANDMARK_COLUMNS)], body)


def json_ready(report: Report) -> dict[str, Any]:
    """The whole report as plain values; what was not measured, or is infinite, is null."""
    grouped: dict[str, dict[str, Any]] = {one.name: {} for one in report.contenders}
    for row in report.rows:
        grouped[row.method][row.group] = {"cases": row.cases} | row.metrics
    left_out = ("pooled", "pooled_truth")
    cases = [{key: value for key, value in vars(score).items() if key not in left_out} for score in report.scores]
    content = {
        "schema": SCHEMA,
        "suite": report.suite,
        "state": report.state,
        **report.facts,
        "about": {one.name: one.about for one in report.contenders if one.about},
        "face_predictor": report.face_predictor,
        "methods": grouped,
        "undamaged_face_nme": report.floor,
        "refusals": report.refusals,
        "times": [asdict(one) for one in report.times],
        "landmarks": [asdict(row) for row in report.landmarks],
        "not_measured": list(report.not_measured),
        "scores": cases,
    }
    return to_json(content)


def to_json(value: Any) -> Any:
    """What JSON can hold: figures to six digits; what is no number, or infinite, is null."""
    if isinstance(value, dict):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None
