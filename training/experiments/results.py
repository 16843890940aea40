"""All that an experiment's runs found, in one JSON file, and each figure's mean and deviation."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from statue_models.whole_file import whole_file
from training.experiments.definition import Experiment, Part
from training.experiments.run_record import RunRecord
from training.experiments.trial import trials

RESULTS = "results.json"
#: Where curves are read off, in shares of the schedule. Chosen: most happens early.
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Figure:
    """A metric over several seeds.

    Attributes:
        mean, deviation: the sample's; the deviation is None for one seed. count: seeds.
    """

    mean: float
    deviation: float | None
    count: int


def figure(values: Sequence[float]) -> Figure | None:
    """Of some values; None of none."""
    if not values:
        return None
    return Figure(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class Results:
    """What is known of an experiment.

    Attributes:
        experiment: that was asked.
        runs: (group's key, cell's key) -> runs that are done, by seed.
    """

    experiment: Experiment
    runs: dict[tuple[str, str], dict[int, RunRecord]]

    @property
    def done(self) -> int:
        """Runs."""
        return sum(map(len, self.runs.values()))

    def of(self, group: Part, cell: Part) -> list[RunRecord]:
        """A cell's runs."""
        return list(self.runs[group.key, cell.key].values())

    def figure(self, group: Part, cell: Part, metric: str) -> Figure | None:
        """A cell's metric."""
        return figure([run.metrics[metric] for run in self.of(group, cell) if metric in run.metrics])

    def baseline(self, group: Part, metric: str) -> Figure | None:
        """A metric that no training changes: a seed's is the mean of its cells'."""
        by_seed: dict[int, list[float]] = {}
        for cell in self.experiment.cells:
            for seed, run in self.runs[group.key, cell.key].items():
                if metric in run.metrics:
                    by_seed.setdefault(seed, []).append(run.metrics[metric])
        return figure([statistics.fmean(values) for values in by_seed.values()])

    def curve(self, group: Part, cell: Part, name: str) -> list[Figure | None]:
        """A cell's curve at ``SHARES``: as the log has it there, between its lines linearly."""
        points = [run.curve(name) for run in self.of(group, cell)]
        read = [np.interp(SHARES, *np.array(line).T) for line in points if line]
        return [figure([float(values[index]) for values in read]) for index in range(len(SHARES))]


def gather(experiment: Experiment, folder: Path, assets: Path) -> Results:
    """What the runs in an experiment's folder found.

    Raises:
        StatueError: ``bad-recipe`` where one has other settings.
    """
    runs: dict[tuple[str, str], dict[int, RunRecord]] = {}
    for trial in trials(experiment, folder, assets):
        own = runs.setdefault((trial.group.key, trial.cell.key), {})
        if trial.state() == "done":
            own[trial.seed] = trial.record()
    return Results(experiment, runs)


def write_results(results: Results, folder: Path) -> Path:
    """Write ``results.json``; returns its path.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    experiment = results.experiment
    path = folder / RESULTS
    cells = [_cell(results, group, cell) for group in experiment.tables for cell in experiment.cells]
    content = {
        "experiment": experiment.name, "title": experiment.title, "question": experiment.question,
        "core_minutes": experiment.core_minutes, "seeds": experiment.seeds, "runs": experiment.runs,
        "done": results.done, "shares": SHARES, "cells": cells,
    }  # fmt: skip
    with whole_file(path, force=True) as stream:
        stream.write((json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    return path


def _cell(results: Results, group: Part, cell: Part) -> dict[str, Any]:
    runs = results.runs[group.key, cell.key]
    names = sorted({name for run in runs.values() for name in run.metrics})
    found = {name: results.figure(group, cell, name) for name in names}
    curves = {name: results.curve(group, cell, name) for name in results.experiment.curves}
    return {
        "group": group.name,
        "cell": cell.name,
        "figures": {name: vars(one) for name, one in found.items() if one is not None},
        "curves": {name: [one and one.mean for one in line] for name, line in curves.items()},
        "runs": [_run(seed, run) for seed, run in runs.items()],
    }


def _run(seed: int, run: RunRecord) -> dict[str, Any]:
    return {
        "seed": seed, "images": run.images, "core_seconds": run.core_seconds, "seconds": run.seconds,
        "recipe": dict(run.recipe), "metrics": dict(run.metrics),
    }  # fmt: skip
