"""What a run's folder says of it: how it was asked for, how it ended, its figures and their course."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training.engine.run_log import LOG, METRICS


@dataclass
class RunRecord:
    """One run.

    Attributes:
        folder: of the run.
        recipe: as JSON has it; {} where no run began.
        ended: "done", "stopped", "paused", or "" for one that was killed or never began.
        images, core_seconds, seconds: how far it came.
        share: of its schedule that is done.
        metrics: of its last judgement.
        progress: the log's lines of progress, each as JSON has it.
        judgements: (images, metrics) of each.
    """

    folder: Path
    recipe: Mapping[str, Any] = field(default_factory=dict)
    ended: str = ""
    images: int = 0
    core_seconds: float = 0.0
    seconds: float = 0.0
    share: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    progress: list[Mapping[str, Any]] = field(default_factory=list)
    judgements: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)

    def curve(self, name: str) -> list[tuple[float, float]]:
        """(share of the schedule, value) of a loss, a term or a judged metric, as ``Experiment.curves`` names them."""
        if "/" in name:
            images, shares = [line["images"] for line in self.progress], [line["share"] for line in self.progress]
            if not images:
                return []
            judged = [(count, metrics[name]) for count, metrics in self.judgements if metrics.get(name) is not None]
            return [(float(np.interp(count, images, shares)), value) for count, value in judged]
        group = "terms" if "." in name else "loss"
        found = [(line["share"], line.get(group, {}).get(name)) for line in self.progress]
        return [(share, value) for share, value in found if value is not None]


def read_run(folder: Path) -> RunRecord:
    """What is known of a run; of one that went on, without what came after the checkpoint that it went on from."""
    record = RunRecord(folder)
    for event in _events(folder / LOG):
        kind = event.get("event")
        if kind == "start":
            record.recipe, record.ended = event["recipe"], ""
            record.progress = [line for line in record.progress if line["images"] <= event["images"]]
            record.judgements = [one for one in record.judgements if one[0] <= event["images"]]
        elif kind == "progress":
            record.progress.append(event)
            record.images, record.share = event["images"], event["share"]
            record.seconds = event.get("seconds", 0.0)
        elif kind == "judgement":
            record.judgements.append((event["images"], event["metrics"]))
        elif kind == "end":
            record.ended = event["ended"]
    metrics = folder / METRICS
    if record.ended and metrics.is_file():
        found = json.loads(metrics.read_text(encoding="utf-8"))
        record.images, record.share, record.seconds = found["images"], found["share"], found["seconds"]
        record.core_seconds = found.get("core_seconds", 0.0)
        record.metrics = {name: value for name, value in found["metrics"].items() if value is not None}
    return record


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """A log's lines; the last one may be cut off, where a process was killed while it wrote."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
