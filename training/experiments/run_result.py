"""What is kept of a run: its figures and the course of its curves, in a few lines of JSON.

A run's folder holds checkpoints, sheets and logs, megabytes that stay where they were made. What the tables need of it
is small enough to lie beside the experiment's file, so that every figure of a page can be looked up by seed, and what
took hours on one machine need not be trained again on the next.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from statue_models.whole_file import whole_file
from training.experiments.run_record import RunRecord
from training.toml_tables import bad_recipe

#: Where curves are read off, in shares of the schedule. Chosen: most happens early.
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0)

#: (group's key, cell's key, seed).
Key = tuple[str, str, int]


@dataclass(frozen=True)
class RunResult:
    """A run that is done.

    Attributes:
        settings: ``settings_digest`` of its recipe.
        images: examples that it saw.
        core_seconds, seconds: of processor time and of a clock.
        metrics: of its last judgement.
        curves: ``Experiment.curves`` at ``SHARES``: as the log has them there, between its lines linearly. None = not
            in the log.
    """

    settings: str
    images: int
    core_seconds: float
    seconds: float
    metrics: Mapping[str, float]
    curves: Mapping[str, Sequence[float]]


def settings_digest(recipe: Mapping[str, Any]) -> str:
    """SHA-256 of a recipe as JSON has it."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def result_of(record: RunRecord, curves: Sequence[str], settings: str) -> RunResult:
    """What is kept of a run's folder."""
    lines = {name: record.curve(name) for name in curves}
    read = {name: np.interp(SHARES, *np.array(line).T).tolist() for name, line in lines.items() if line}
    metrics = dict(record.metrics)
    return RunResult(settings, record.images, record.core_seconds, record.seconds, metrics, read)


def read_results(path: Path) -> dict[Key, RunResult]:
    """What a file keeps; nothing where there is none.

    Raises:
        StatueError: ``bad-recipe`` for a file that holds something else.
    """
    if not path.is_file():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["runs"]
        return {(row.pop("group"), row.pop("cell"), row.pop("seed")): RunResult(**row) for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad_recipe(f"{path} does not hold an experiment's results ({error!r})") from None


def write_results(path: Path, results: Mapping[Key, RunResult]) -> None:
    """Keep them: a line per run, in order of their keys.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    lines = []
    for group, cell, seed in sorted(results):
        row = {"group": group, "cell": cell, "seed": seed} | vars(results[group, cell, seed])
        lines.append(json.dumps(_rounded(row), allow_nan=False))
    body = ",\n".join(lines)
    with whole_file(path, force=True) as stream:
        stream.write(f'{{"shares": {json.dumps(SHARES)}, "runs": [\n{body}\n]}}\n'.encode())


def _rounded(value: Any) -> Any:
    """To six digits that count: far finer than what two seeds differ by."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
