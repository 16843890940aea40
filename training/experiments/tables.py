"""An experiment's results as Markdown: a table per group, figures as mean and standard deviation over seeds."""

from textwrap import wrap

from training.evaluation.reporting.markdown_table import DASH, number, table
from training.experiments.definition import Column, Experiment, Part
from training.experiments.results import Figure, Results
from training.experiments.run_result import SHARES

#: Digits that count, of a loss. Chosen.
CURVE_DIGITS = 3
#: Letters in a line of the docs.
WIDTH = 120


def lines(results: Results) -> list[str]:
    """What is printed, and what the page shows between an experiment's marks."""
    experiment = results.experiment
    said = [*wrap(experiment.question, WIDTH), "", _amount(results), ""]
    if not results.done:
        return said
    for group in experiment.tables:
        said += [f"**{capital(group.name)}**", ""] if group.name else []
        said += _figures(results, group)
    for group in experiment.tables:
        said += _curves(results, group)
    return said


def _amount(results: Results) -> str:
    """How much was trained, in a sentence."""
    experiment = results.experiment
    if not results.done:
        return f"Not trained yet: `python -m training experiment {experiment.name}`."
    part = "" if results.done == experiment.runs else f" ({results.done} of {experiment.runs} runs are done)"
    seeds = f"mean ± standard deviation over {experiment.seeds} seeds" if experiment.seeds > 1 else "one seed"
    return f"{capital(seeds)}; {experiment.core_minutes:g} core-minutes a run{part}."


def _figures(results: Results, group: Part) -> list[str]:
    """One table: a row per cell, then a row per baseline; last, how many pictures a run of the cell saw in its time."""
    experiment = results.experiment
    columns = []
    for column in experiment.columns:
        found = [results.figure(group, cell, column.metric) for cell in experiment.cells]
        best = _best(found, column)
        cells = [(one, _cell(one, column.digits, experiment.seeds)) for one in found]
        columns.append([f"**{text}**" if one and one is best else text for one, text in cells])
    columns.append([_pictures(results, group, cell) for cell in experiment.cells])
    body = [[cell.name, *(column[row] for column in columns)] for row, cell in enumerate(experiment.cells)]
    body += [[title, *_baseline(results, group, before), DASH] for title, before in experiment.baselines.items()]
    return table([experiment.rows, *(column.title for column in experiment.columns), "pictures"], body)


def _pictures(results: Results, group: Part, cell: Part) -> str:
    """The mean of a cell's runs."""
    runs = results.of(group, cell)
    return f"{sum(run.images for run in runs) / len(runs):,.0f}" if runs else DASH


def _baseline(results: Results, group: Part, before: str) -> list[str]:
    """A baseline's cells: of the columns of the metric that it is a baseline of."""
    said = []
    for column in results.experiment.columns:
        metric, slash, label = column.metric.partition("/")
        fits = slash and before.startswith(f"{metric}_")
        found = results.baseline(group, f"{before}/{label}") if fits else None
        said.append(_cell(found, column.digits, results.experiment.seeds))
    return said


def _best(found: list[Figure | None], column: Column) -> Figure | None:
    """The best of several; None where nothing is compared."""
    known = [one for one in found if one is not None]
    if column.better == "none" or len(known) < 2:
        return None
    return (max if column.better == "high" else min)(known, key=lambda one: one.mean)


def _cell(one: Figure | None, digits: int, seeds: int) -> str:
    """A figure; how many seeds it is of, where not all are done."""
    if one is None:
        return DASH
    spread = "" if one.deviation is None else f" ± {number(one.deviation, digits)}"
    return f"{number(one.mean, digits)}{spread}" + ("" if one.count == seeds else f" (n {one.count})")


def _curves(results: Results, group: Part) -> list[str]:
    """A table per curve: a row per cell, a column per share of the schedule."""
    experiment = results.experiment
    said: list[str] = []
    for name in experiment.curves:
        found = {cell.name: results.curve(group, cell, name) for cell in experiment.cells}
        if not any(one for line in found.values() for one in line):
            continue
        rows = [[cell, *(DASH if one is None else f"{one.mean:.{CURVE_DIGITS}g}" for one in line)]
                for cell, line in found.items()]  # fmt: skip
        where = f", {group.name}" if group.name else ""
        said += [f"`{name}`{where}, by share of the schedule:", ""]
        said += table([experiment.rows, *(f"{100 * share:g} %" for share in SHARES)], rows)
    return said


def capital(text: str) -> str:
    """With a capital letter first."""
    return text[:1].upper() + text[1:]


def overview(experiments: list[Experiment]) -> list[str]:
    """All experiments: runs, core-hours, title."""
    body = [
        [f"`{one.name}`", one.title, str(one.runs), f"{one.runs * one.core_minutes / 60:.1f}"] for one in experiments
    ]
    return table(["experiment", "what", "runs", "core-hours"], body, names=2)
