"""An experiment as a TOML file: what is asked, which runs answer it, which of their figures are shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.toml_tables import RECIPES, bad_recipe, choice, converted_field, fill, number, read_table

#: Where experiments are looked for by name.
EXPERIMENTS = RECIPES / "experiments"


def _texts(name: str) -> Any:
    """A field for an array of texts."""

    def convert(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise bad_recipe(f"{name} must be an array of texts")
        return tuple(value)

    return converted_field(tuple, convert)


def _rows(kind: Any, table: str) -> Any:
    """A field for an array of tables, each a dataclass; names within it must differ."""

    def convert(value: Any) -> tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(one, dict) for one in value):
            raise bad_recipe(f"{table} must be an array of tables")
        rows = tuple(fill(kind, table, one) for one in value)
        keys = [row.key for row in rows]
        if len(set(keys)) < len(keys):
            raise bad_recipe(f"two of {table} have the same name")
        return rows

    return converted_field(tuple, convert)


def _baselines(value: Any) -> Mapping[str, str]:
    """Row's title -> what its metrics' names have before the slash."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise bad_recipe("baselines must be a table of texts")
    return value


@dataclass(frozen=True)
class Part:
    """A cell (a row of the table), or a group of cells that has a table of its own.

    Attributes:
        name: how it is printed.
        changes: of the recipe, as ``--set`` takes them.
        recipe: another than the experiment's; "" = that one.
    """

    name: str
    changes: tuple[str, ...] = _texts("changes")
    recipe: str = ""

    @property
    def key(self) -> str:
        """Its folder's name: letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "all"


@dataclass(frozen=True)
class Column:
    """A figure that is shown.

    Attributes:
        metric: in a run's ``metrics.json``.
        name: how it is printed; "" = as the metric.
        better: which value is the best, and bold.
        digits: how many are printed.
    """

    metric: str
    name: str = ""
    better: str = choice("high", ("high", "low", "none"))
    digits: int = number(2, least=0, most=9)

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.metric

    @property
    def title(self) -> str:
        """How it is printed."""
        return self.name or self.metric


#: The one group of an experiment that has no groups.
WHOLE = Part("")


@dataclass(frozen=True)
class Experiment:
    """What a file of ``training/recipes/experiments`` holds.

    Attributes:
        name: of the file.
        title, question: what is asked, and after whom.
        recipe: of every cell that names no other; its reduced form is trained.
        changes: of every run's recipe, as ``--set`` takes them.
        rows: what the cells are, as the head of their column says it.
        cells: the table's rows.
        groups: tables; each has all cells. Empty = one table.
        seeds: every cell is trained with so many, from 0 on.
        core_minutes: processor time of every run.
        columns: the table's figures.
        baselines: title of a row below -> what stands before the slash in its metrics' names: with "psnr_telea",
            the column psnr/perlin shows psnr_telea/perlin there, and a column l1/perlin nothing.
        curves: what is shown by share of the schedule: a player's loss ("generator"), a term ("generator.pixels") or a
            judgement's metric ("psnr/own").
        overrides: of every run's recipe, after all others; no key of the file.
        file: the file itself; no key of it either.
    """

    name: str
    title: str
    question: str
    recipe: str = ""
    changes: tuple[str, ...] = _texts("changes")
    rows: str = "trained"
    cells: tuple[Part, ...] = _rows(Part, "cells")
    groups: tuple[Part, ...] = _rows(Part, "groups")
    #: Chosen: the fewest that have a standard deviation worth printing, and what two cores carry in an evening.
    seeds: int = number(3, least=1, most=100)
    core_minutes: float = number(5.0, least=0, most=1e5, above=True)
    columns: tuple[Column, ...] = _rows(Column, "columns")
    baselines: Mapping[str, str] = converted_field(dict, _baselines)
    curves: tuple[str, ...] = _texts("curves")
    overrides: tuple[str, ...] = ()
    file: Path = Path()

    @property
    def kept(self) -> Path:
        """Where its runs' figures are kept (``run_result``): beside its file."""
        return self.file.with_suffix(".json")

    @property
    def tables(self) -> Sequence[Part]:
        """Its groups, or the one that stands for none."""
        return self.groups or (WHOLE,)

    @property
    def runs(self) -> int:
        """How many it has in all."""
        return len(self.cells) * len(self.tables) * self.seeds


def experiment_names() -> list[str]:
    """All there are."""
    return sorted(path.stem for path in EXPERIMENTS.glob("*.toml"))


def read_experiment(name: str, changes: Sequence[str] = (), **values: Any) -> Experiment:
    """The experiment of a file.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes/experiments``.
        changes: of every run's recipe, after all others.
        **values: keys of the file; None leaves the file's own.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    own = EXPERIMENTS / f"{name}.toml"
    if not own.is_file() and not name.endswith(".toml"):
        raise bad_recipe(f"there is no experiment {name!r}; there are {', '.join(experiment_names())}")
    path = own if own.is_file() else Path(name)
    table = read_table(str(path))
    table |= {key: value for key, value in values.items() if value is not None}
    experiment = fill(Experiment, "experiment", table, name=path.stem, overrides=tuple(changes), file=path)
    if not experiment.cells or not experiment.columns:
        raise bad_recipe(f"{path} needs cells and columns")
    if not all(experiment.recipe or cell.recipe for cell in experiment.cells):
        raise bad_recipe(f"{path} needs a recipe, or one in every cell")
    return experiment
