"""All that an experiment's runs found: each figure's mean and deviation over the seeds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.experiments.definition import Experiment, Part
from training.experiments.run_result import SHARES, Key, RunResult, read_results
from training.experiments.trial import trials

RESULTS = "results.json"


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
        runs: those that are done.
    """

    experiment: Experiment
    runs: dict[Key, RunResult]

    @property
    def done(self) -> int:
        """Runs."""
        return len(self.runs)

    def of(self, group: Part, cell: Part) -> list[RunResult]:
        """A cell's runs."""
        keys = [(group.key, cell.key, seed) for seed in range(self.experiment.seeds)]
        return [self.runs[key] for key in keys if key in self.runs]

    def figure(self, group: Part, cell: Part, metric: str) -> Figure | None:
        """A cell's metric."""
        return figure([run.metrics[metric] for run in self.of(group, cell) if metric in run.metrics])

    def baseline(self, group: Part, metric: str) -> Figure | None:
        """A metric that no training changes: a seed's is the mean of its cells'."""
        by_seed: dict[int, list[float]] = {}
        for (of_group, _, seed), run in self.runs.items():
            if of_group == group.key and metric in run.metrics:
                by_seed.setdefault(seed, []).append(run.metrics[metric])
        return figure([statistics.fmean(values) for values in by_seed.values()])

    def curve(self, group: Part, cell: Part, name: str) -> list[Figure | None]:
        """A cell's curve at ``SHARES``."""
        lines = [run.curves[name] for run in self.of(group, cell) if name in run.curves]
        return [figure([line[index] for line in lines]) for index in range(len(SHARES))]


def gather(experiment: Experiment, folder: Path, assets: Path, kept: bool = False) -> Results:
    """What is known of an experiment's runs.

    Args:
        experiment: that was asked.
        folder: of its runs.
        assets: folder of the data.
        kept: with what was kept of earlier runs of the same settings (``Experiment.kept``), where the folder has none.

    Raises:
        StatueError: ``bad-recipe`` where a run in the folder has other settings, or nothing can be read of those kept.
    """
    before = read_results(experiment.kept) if kept else {}
    runs: dict[Key, RunResult] = {}
    for trial in trials(experiment, folder, assets):
        earlier = before.get(trial.key)
        if trial.state() == "done":
            runs[trial.key] = trial.result()
        elif earlier is not None and earlier.settings == trial.settings:
            runs[trial.key] = earlier
    return Results(experiment, runs)
