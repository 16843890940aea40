"""Markdown tables of figures: how numbers are printed, and which of a column is the best."""

import math
from collections.abc import Callable, Mapping, Sequence

from training.evaluation.reporting.table import Metric

DASH = "–"


def number(value: float, digits: int) -> str:
    """A figure; a dash where there is none."""
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞"
    # Adding 0 turns a rounded -0.0 into 0.0.
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.replace("0.", ".", 1) if digits and text.startswith(("0.", "-0.")) else text


def percent(value: float) -> str:
    """A share; a dash where there is none."""
    return DASH if math.isnan(value) else f"{100 * value:.0f} %"


def table(header: Sequence[str], body: Sequence[Sequence[str]], names: int = 1) -> list[str]:
    """The lines of a table and an empty one; all but the first ``names`` columns are aligned to the right."""
    rule = ["---"] * names + ["---:"] * (len(header) - names)
    return [_line(header), _line(rule), *(_line(cells) for cells in body), ""]


def count_list(counts: Mapping[str, int]) -> str:
    """Names and how often, in a row."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def method_cells(names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[list[str]]:
    """Per method: its name, and its cell of every column."""
    return [[f"`{name}`", *(cells[index] for cells in columns)] for index, name in enumerate(names)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def best(metric: Metric, values: Sequence[float]) -> float | None:
    """The best of the values that are there; None where nothing is compared."""
    known = [value for value in values if math.isfinite(value)]
    if metric.best is None or len(known) < 2:
        return None
    keys: dict[str, Callable[[float], float]] = {
        "high": lambda value: -value,
        "low": lambda value: value,
        "zero": abs,
        "one": lambda value: abs(math.log(max(value, 1e-9))),
    }
    return min(known, key=keys[metric.best])


def column(metric: Metric, values: Sequence[float]) -> list[str]:
    """A column's cells, the best in bold."""
    top = best(metric, values)
    winner = None if top is None else number(top, metric.digits)
    cells = [number(value, metric.digits) for value in values]
    return [f"**{cell}**" if cell == winner else cell for cell in cells]
