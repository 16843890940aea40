"""Scores of many cases, grouped: by kind of damage, by coverage, all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np

from training.evaluation.metrics.hole import frechet
from training.evaluation.metrics.landmark_errors import RECTANGLES, LandmarkOutcome, LandmarkRow, summarise_landmarks
from training.evaluation.scoring import Score

#: Coverage in per cent: (low, high). Chosen.
COVERAGE_BINS = ((0, 10), (10, 20), (20, 40), (40, 1000))


@dataclass(frozen=True)
class Metric:
    """A column of the tables.

    Attributes:
        key: in ``Row.metrics`` and the JSON. title, digits: how it is printed.
        best: which value is best: "high", "low", the one nearest to "zero" or (as a ratio) to "one"; None: none is.
        about: one sentence for the legend.
    """

    key: str
    title: str
    digits: int
    best: Literal["high", "low", "zero", "one"] | None
    about: str


METRICS = (
    Metric("psnr", "PSNR", 2, "high", "dB over the hole's samples, at most 60; higher is better."),
    Metric("ssim", "SSIM", 3, "high", "grey, windows that touch the hole; higher is better."),
    Metric("feature", "feature distance", 3, "low", "MobileNetV2 features, LPIPS-like but not LPIPS; lower is better."),
    Metric("frechet", "Frechet", 2, "low", "of the same features' means, from 50 cases on; lower is better."),
    Metric("seam", "seam", 1, "zero", "grey levels of step at the hole's border more than in the truth; 0 is right."),
    Metric("sharpness", "sharpness", 2, "one", "Laplacian energy in the hole over the truth's; 1 is right."),
    Metric("face", "completed-face NME", 4, "low", "landmarks found in the completed face against the truth's."),
    Metric("lpips", "LPIPS", 3, "low", "AlexNet, in the feature distance's window."),
    Metric("diversity", "diversity", 3, None, "mean feature distance between two hypotheses."),
    Metric("smears", "smears", 2, "low", "share of hypotheses further from the truth than Telea's fill."),
    Metric("outside", "outside", 0, None, "samples changed outside the hole, in all; must be 0."),
    Metric("unanswered", "no answer", 0, None, "cases without an answer; the untouched input is what is scored there."),
)


@dataclass(frozen=True)
class Row:
    """One method on one group of cases: metrics by key, NaN where there are too few cases or nothing was measured."""

    method: str
    group: str
    cases: int
    metrics: dict[str, float]


def figure(rows: Sequence[Row], method: str, group: str, metric: str) -> float:
    """One figure of these rows; NaN where there is none."""
    return next((row.metrics[metric] for row in rows if row.method == method and row.group == group), math.nan)


class GroupMember(Protocol):
    """What can be grouped."""

    @property
    def kind(self) -> str:
        """The kind of hole."""
        ...

    @property
    def coverage(self) -> float:
        """The share of the picture that the hole covers."""
        ...


G = TypeVar("G", bound=GroupMember)


def groups(
    members: Sequence[G], coverage: Callable[[G], float] = lambda one: one.coverage
) -> list[tuple[str, list[G]]]:
    """Kinds of damage in the order of their appearance, bins of coverage, all; none of them empty."""
    result = [(kind, [m for m in members if m.kind == kind]) for kind in dict.fromkeys(m.kind for m in members)]
    for low, high in COVERAGE_BINS:
        label = f"{low}-{high} %" if high <= 100 else f"over {low} %"
        result.append((label, [m for m in members if low <= coverage(m) * 100 < high]))
    result.append(("all", list(members)))
    return [(label, chosen) for label, chosen in result if chosen]


def summarise(method: str, group: str, scores: Sequence[Score]) -> Row:
    """The row of a group's scores: means; sharpness geometric, "outside" and "unanswered" sums."""

    def mean(name: str) -> float:
        values = np.array([getattr(score, name) for score in scores], np.float64)
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else float("nan")

    values = {name: mean(name) for name in ("psnr", "ssim", "feature", "seam", "face", "lpips", "diversity", "smears")}
    values["frechet"] = frechet(np.stack([s.pooled for s in scores]), np.stack([s.pooled_truth for s in scores]))
    values["sharpness"] = float(np.exp(np.mean([np.log(score.sharpness) for score in scores])))
    values["outside"] = float(sum(score.outside for score in scores))
    values["unanswered"] = float(sum(not score.answered for score in scores))
    return Row(method, group, len(scores), {metric.key: values[metric.key] for metric in METRICS})


def rows(scores: Sequence[Score]) -> list[Row]:
    """Per method: every kind of damage, every coverage bin, and all cases."""
    result = []
    for method in dict.fromkeys(score.method for score in scores):
        mine = [score for score in scores if score.method == method]
        result += [summarise(method, group, members) for group, members in groups(mine)]
    return result


def landmark_rows(outcomes: Sequence[LandmarkOutcome]) -> list[LandmarkRow]:
    """Per predictor: kinds, bins of hole / face box, all; then the rectangles, in bins of hole / picture."""
    result = []
    for predictor in dict.fromkeys(outcome.predictor for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.predictor == predictor]
        ours = [outcome for outcome in mine if outcome.kind != RECTANGLES]
        theirs = [outcome for outcome in mine if outcome.kind == RECTANGLES]
        result += [summarise_landmarks(predictor, group, members) for group, members in groups(ours) if ours]
        for group, members in groups(theirs, lambda one: one.share):
            if "%" in group:
                result.append(summarise_landmarks(predictor, f"{RECTANGLES} {group}", members))
            elif group == "all":
                result.append(summarise_landmarks(predictor, RECTANGLES, members))
    return result
