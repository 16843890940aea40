"""The results of one run of the native suite as Markdown and as JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from training.evaluation.contenders.contender import Contender
from training.evaluation.native.scoring import NativeScore
from training.evaluation.native.table import BROKEN, CASE_METRICS, CRACKED, FIGURE_GROUPS, FigureGroup
from training.evaluation.reporting.markdown_table import column, count_list, method_cells, number, table
from training.evaluation.reporting.report import to_json
from training.evaluation.reporting.table import Metric, Row, figure

#: Of the results' format; no unit.
SCHEMA = 1
SUITE = "native"
ABOUT = (
    "Photographs at their own size, with nose, mouth, an eye, the chin, half of the face and cracks missing in turn:"
    " what a person sees at 100 %."
)


@dataclass(frozen=True, eq=False)
class NativeReport:
    """All that came out of a run.

    Attributes:
        state: what the digest says. facts: JSON-ready circumstances.
        contenders: who; shown: names of those whose cases are listed one by one.
        rows: the table; scores: case by case. not_measured: sentences.
        refusals: contender -> error code -> how often.
    """

    state: str
    facts: dict[str, Any]
    contenders: Sequence[Contender]
    shown: Sequence[str]
    rows: Sequence[Row]
    scores: Sequence[NativeScore]
    not_measured: Sequence[str]
    refusals: dict[str, dict[str, int]] = field(default_factory=dict)

    def value(self, method: str, group: str, metric: str) -> float:
        """One figure; NaN where there is none."""
        return figure(self.rows, method, group, metric)


def markdown(report: NativeReport) -> str:
    """The whole report as Markdown."""
    facts = report.facts
    lines = [f"# Evaluation on the suite `{SUITE}`", "", ABOUT, ""]
    lines += [f"{facts['cases']} cases from {facts['pictures']} photographs, sha256 `{facts['digest'][:16]}`"]
    lines[-1] += f" ({report.state})."
    lines += [""]
    lines += [f"- {name}: {facts[name.lower()]}." for name in ("Landmarks", "Hypotheses", "Device", "Machine")]
    lines += [f"- `{one.name}`: {one.about}." for one in report.contenders if one.about]
    lines += [f"- *** NOT MEASURED *** {sentence}" for sentence in report.not_measured]
    lines += [f"- No answer, `{name}`: {count_list(counts)}." for name, counts in report.refusals.items()]
    lines += [""]
    there = dict.fromkeys((row.group, row.cases) for row in report.rows)
    for group, cases in there:
        if group in (BROKEN, CRACKED):
            lines += [f"## {group.capitalize()} ({cases})", ""]
            for figures in FIGURE_GROUPS:
                lines += _overall(report, figures, group)
    lines += ["## What the figures are", ""]
    for figures in FIGURE_GROUPS:
        if measured := _measured_metrics(report, figures, [group for group, _ in there]):
            lines += [f"- **{figures.title}**{f': {figures.about}' if figures.about else ''}"]
            lines += [f"  - {metric.title}: {metric.about}" for metric in measured]
    lines += ["", "## By kind of damage", ""]
    for figures in FIGURE_GROUPS:
        lines += _by_kind(report, figures, list(there))
    lines += ["## Case by case", "", *_by_case(report)]
    return "\n".join(lines).rstrip() + "\n"


def _measured_metrics(report: NativeReport, figures: FigureGroup, groups: Sequence[str]) -> list[Metric]:
    rows = [row for row in report.rows if row.group in groups]
    return [m for m in figures.metrics if any(not math.isnan(row.metrics[m.key]) for row in rows)]


def _cells(report: NativeReport, shown: Sequence[Metric], group: str) -> list[list[str]]:
    """Per contender: its name and its figures of a group, the best of each in bold."""
    names = [one.name for one in report.contenders]
    columns = [column(metric, [report.value(name, group, metric.key) for name in names]) for metric in shown]
    return method_cells(names, columns)


def _overall(report: NativeReport, figures: FigureGroup, group: str) -> list[str]:
    shown = _measured_metrics(report, figures, [group])
    if not shown:
        return []
    titles = [metric.title for metric in shown]
    return [f"### {figures.title}", "", *table(["method", *titles], _cells(report, shown, group))]


def _by_kind(report: NativeReport, figures: FigureGroup, groups: Sequence[tuple[str, int]]) -> list[str]:
    kinds = [(group, cases) for group, cases in groups if group != BROKEN]
    shown = _measured_metrics(report, figures, [kind for kind, _ in kinds])
    if not shown:
        return []
    body = [[f"{kind} ({cases})", *cells] for kind, cases in kinds for cells in _cells(report, shown, kind)]
    titles = [metric.title for metric in shown]
    return [f"### {figures.title}", "", *table(["damage", "method", *titles], body, names=2)]


def _by_case(report: NativeReport) -> list[str]:
    body = []
    for score in report.scores:
        if score.method in report.shown:
            values = score.flatten()
            cells = [number(values[metric.key], metric.digits) for metric in CASE_METRICS]
            said = f"`{score.method}`" + ("" if score.answered else " (no answer)")
            body.append([score.name, score.kind, f"{100 * score.coverage:.0f} %", said, *cells])
    header = ["photograph", "damage", "of the face", "method", *(metric.title for metric in CASE_METRICS)]
    return table(header, body, names=4)


def json_ready(report: NativeReport) -> dict[str, Any]:
    """The whole report as plain values; what was not measured is null."""
    grouped: dict[str, dict[str, Any]] = {one.name: {} for one in report.contenders}
    for row in report.rows:
        grouped[row.method][row.group] = {"cases": row.cases} | row.metrics
    content = {
        "schema": SCHEMA,
        "suite": SUITE,
        "state": report.state,
        **report.facts,
        "about": {one.name: one.about for one in report.contenders if one.about},
        "methods": grouped,
        "refusals": report.refusals,
        "not_measured": list(report.not_measured),
        "scores": [score.flatten() for score in report.scores],
    }
    return to_json(content)
