"""Repeat the published systems' experiments: train what is missing, and print what was found.

    python -m training experiment NAME ... [--out DIR] [--jobs N] [--seeds N] [--kept] [--table] [--page [FILE]]
    python -m training experiment --list

NAME is a TOML file, or the name of one in training/recipes/experiments. Each run is one of `python -m training train`
in DIR/NAME/GROUP/CELL/seedN. What is done is not done again; what was stopped is gone on with. Ctrl-C stops all runs,
to be gone on with by the same command. The figures of every run that is done lie in DIR/NAME/results.json; with --kept
they are kept beside the TOML file instead, and what is kept there already counts as done.
"""

import argparse
import sys
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import add_assets, add_device
from training.experiments.definition import Experiment, experiment_names, read_experiment
from training.experiments.page import PAGE, mark, write_between

#: Runs at once, unless the user says otherwise. Chosen: the smallest machine that this is made for has two cores.
JOBS = 2
OUT = Path("runs/experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="experiments, one after the other")
    add("--list", action="store_true", help="say which there are, and end")
    add("--out", type=Path, default=OUT, metavar="DIR", help=f"folder of all runs and results (default: {OUT})")
    add("--jobs", type=int, default=JOBS, metavar="N", help=f"runs at once, a thread each (default: {JOBS})")
    add("--seeds", type=int, metavar="N", help="seeds per cell, instead of the experiment's")
    add("--core-minutes", type=float, metavar="M", help="processor time per run, instead of the experiment's")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change the recipe of every run: system.width=8; may be given again")  # fmt: skip
    add(
        "--kept",
        action="store_true",
        help="count runs as done whose figures are kept beside the experiment's file, and keep the new ones there",
    )
    add("--table", action="store_true", help="train nothing: print the tables of what is there")
    add("--page", type=Path, nargs="?", const=PAGE, metavar="FILE",
        help="also write the tables between this page's marks (default: docs/published-systems.md)")  # fmt: skip
    add_assets(parser)
    add_device(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train what is missing and say what was found; returns the exit status.

    Raises:
        StatueError: ``usage``; ``bad-recipe``; ``output-unwritable``.
    """
    if options.list or not options.names:
        return _list(options)
    if options.jobs < 1:
        raise StatueError("usage", reason="--jobs must be 1 or more")
    values = {"seeds": options.seeds, "core_minutes": options.core_minutes}
    experiments = [read_experiment(name, options.changes, **values) for name in options.names]
    status = 0
    for experiment in experiments:
        if not options.table:
            status = max(status, _train(experiment, options))
        _report(experiment, options)
        if status == StatueError("interrupted").exit_status:
            break
    return status


def _list(options: argparse.Namespace) -> int:
    from training.experiments.tables import overview

    if not options.list:
        raise StatueError("usage", reason="Name an experiment, or say --list")
    print("\n".join(overview([read_experiment(name) for name in experiment_names()])).rstrip())
    return 0


def _train(experiment: Experiment, options: argparse.Namespace) -> int:
    """Train what is missing; returns the exit status."""
    from training.engine.stopping import StopSignals
    from training.experiments.results import gather
    from training.experiments.running import clock, minutes_left, train_trials
    from training.experiments.trial import trials

    folder = options.out / experiment.name
    everything = trials(experiment, folder, options.assets)
    done = gather(experiment, folder, options.assets, options.kept).runs
    waiting = [trial for trial in everything if trial.key not in done]
    if not waiting:
        return 0
    hours = sum(trial.core_minutes_left() for trial in waiting) / 60
    print(
        f"{experiment.name}: {len(everything) - len(waiting)} of {len(everything)} runs are done; the others take"
        f" {hours:.2f} core-hours, about {clock(minutes_left(waiting, [], options.jobs))} with {options.jobs} at once",
        flush=True,
    )
    with StopSignals() as signals:
        progress = train_trials(
            waiting, options.jobs, options.device,
            say=lambda line: print(line, flush=True), asked_to_stop=lambda: signals.seen,
        )  # fmt: skip
    for trial, said in progress.failed:
        print(f"{trial.name}: {said}", file=sys.stderr)
    if progress.stopped:
        print("stopped; the same command goes on from there", file=sys.stderr)
        return StatueError("interrupted").exit_status
    return 1 if progress.failed else 0


def _report(experiment: Experiment, options: argparse.Namespace) -> None:
    """Keep the figures, print the tables, write them into the page."""
    from training.experiments.results import RESULTS, gather
    from training.experiments.run_result import read_results, write_results
    from training.experiments.tables import lines

    folder = options.out / experiment.name
    results = gather(experiment, folder, options.assets, options.kept)
    said = lines(results)
    print("\n".join([f"## {experiment.title}", "", *said]).rstrip(), flush=True)
    if results.done:
        path = experiment.kept if options.kept else folder / RESULTS
        # Seeds that were not asked for this time stay.
        write_results(path, (read_results(path) if options.kept else {}) | results.runs)
        print(f"wrote {path}", file=sys.stderr)
    if options.page is not None:
        write_between(options.page, mark(experiment.name), said)
        print(f"wrote {options.page}", file=sys.stderr)
