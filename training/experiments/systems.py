"""Put the runs of published systems beside what was published.

    python -m training systems RUN ... [--page [FILE]] [--sheet FILE.png]

RUN is a run's folder. One row per run: its size, how long it was trained, its PSNR in the holes beside that of fast
marching, and the published figures beside ours. Systems without a run keep the row of what was published.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statue_models.errors import StatueError
from training.evaluation.reporting.markdown_table import DASH, table
from training.experiments.page import PAGE, SYSTEMS, write_between
from training.experiments.run_record import RunRecord, read_run
from training.experiments.tables import capital
from training.toml_tables import fill, number, read_table

#: The published figures.
PUBLISHED = Path(__file__).parent / "published.toml"
SHEET_ENDING = ".png"
#: Labels of what is judged -> the one that a row shows: what a system was trained for comes first.
FIRST = "psnr/"


@dataclass(frozen=True)
class PublishedFigure:
    """A row of ``published.toml``.

    Attributes:
        system: the recipe's. figure: what was measured. published: as it was printed.
        source: where, and what to know of it.
        metric: of ours that stands beside it; "" = none does. digits: of ours.
    """

    system: str
    figure: str
    published: str
    source: str
    metric: str = ""
    digits: int = number(2, least=0, most=9)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("runs", nargs="*", type=Path, metavar="RUN", help="folders of runs; several of one system: its last is shown")
    add("--page", type=Path, nargs="?", const=PAGE, metavar="FILE",
        help="also write the table into this page, between its marks (default: docs/published-systems.md)")  # fmt: skip
    add("--sheet", type=Path, metavar="FILE", help="also draw every run's own sheet into this PNG")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table; write the page and the sheet.

    Raises:
        StatueError: ``usage``; ``missing-file`` for a folder without a run; ``output-unwritable``.
    """
    if options.sheet is not None and options.sheet.suffix.lower() != SHEET_ENDING:
        raise StatueError("usage", reason=f"the sheet's name must end in {SHEET_ENDING}")
    records = [_read(folder) for folder in options.runs]
    lines = systems_table(records, read_published())
    print("\n".join(lines).rstrip())
    if options.page is not None:
        write_between(options.page, SYSTEMS, lines)
        print(f"wrote {options.page}", file=sys.stderr)
    if options.sheet is not None:
        from training.engine.run_log import write_sheet
        from training.experiments.sheet import runs_sheet

        write_sheet(options.sheet, runs_sheet(records))
        print(f"wrote {options.sheet}", file=sys.stderr)


def _read(folder: Path) -> RunRecord:
    """A run that has been judged.

    Raises:
        StatueError: ``missing-file``.
    """
    record = read_run(folder)
    if not record.metrics:
        raise StatueError("missing-file", path=folder / "metrics.json")
    return record


def read_published() -> list[PublishedFigure]:
    """What was published, in the order of its file.

    Raises:
        StatueError: ``bad-recipe``.
    """
    return [fill(PublishedFigure, "figures", row) for row in read_table(str(PUBLISHED))["figures"]]


def systems_table(records: Sequence[RunRecord], published: Sequence[PublishedFigure]) -> list[str]:
    """The table of all systems, and where what was published is from, as notes."""
    by_system = {str(record.recipe["system"]): record for record in records}
    order = list(dict.fromkeys([*(one.system for one in published), *by_system]))
    body: list[list[str]] = []
    notes: list[str] = []
    for system in order:
        record = by_system.get(system)
        facts = _facts(record) if record is not None else [DASH] * len(FACTS)
        rows: list[PublishedFigure | None] = [one for one in published if one.system == system]
        rows = rows or [None]
        for index, one in enumerate(rows):
            own = [f"`{system}`", *facts] if index == 0 else [""] * (1 + len(facts))
            if one is not None:
                notes.append(one.source)
            body.append([*own, *_beside(one, record, len(notes))])
    header = ["system", *FACTS, "figure", "published", "ours"]
    rule = table(header, body)
    return [*rule, *(f"{index}. {capital(note)}." for index, note in enumerate(notes, 1)), ""]


#: Heads of the columns that say what was trained.
FACTS = ("side", "width", "pictures", "core-min", "judged on", "PSNR in the hole", "fast marching")


def _facts(record: RunRecord) -> list[str]:
    """A run's cells of ``FACTS``."""
    options: dict[str, Any] = dict(record.recipe.get("options", {}))
    sizes = [str(options.get(key, DASH)) for key in ("size", "width")]
    labels = [name.removeprefix(FIRST) for name in record.metrics if name.startswith(FIRST)]
    label = labels[0] if labels else ""
    psnr = [_figure(record.metrics.get(f"{name}/{label}"), 2) for name in ("psnr", "psnr_telea")]
    minutes = f"{record.core_seconds / 60:.1f}"
    return [*sizes, f"{record.images:,}", minutes, label or DASH, *psnr]


def _beside(one: PublishedFigure | None, record: RunRecord | None, note: int) -> list[str]:
    """A published figure, as it is printed, and ours."""
    if one is None:
        return [DASH, DASH, DASH]
    value = None if record is None else record.metrics.get(one.metric)
    return [one.figure, f"{one.published} [{note}]", _figure(value, one.digits)]


def _figure(value: float | None, digits: int) -> str:
    return DASH if value is None else f"{value:.{digits}f}"
