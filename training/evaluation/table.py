"""Scores of many cases, grouped and printed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import frechet

#: Hole / face-box coverage in per cent: (low, high).
COVERAGE_BINS = ((0, 10), (10, 20), (20, 40), (40, 1000))
HEADER = (
    f"{'method':<16} {'group':<12}{'cases':>6}{'PSNR':>8}{'SSIM':>8}{'feature':>9}{'Frechet':>9}{'seam':>7}{'sharp':>7}"
)


@dataclass(frozen=True, eq=False)
class Score:
    """One method on one case.

    Attributes:
        method, kind: names; coverage: hole / face box.
        psnr: dB; ssim; feature: distance; seam: grey levels; sharpness: ratio; outside: samples; seconds.
        pooled, pooled_truth: (32,) features for the Frechet distance.
    """

    method: str
    kind: str
    coverage: float
    psnr: float
    ssim: float
    feature: float
    seam: float
    sharpness: float
    outside: int
    seconds: float
    pooled: NDArray[np.float64]
    pooled_truth: NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One method on one group of cases: means (sharpness: geometric), NaN where there are too few cases."""

    method: str
    group: str
    cases: int
    psnr: float
    ssim: float
    feature: float
    frechet: float
    seam: float
    sharpness: float

    def __str__(self) -> str:
        return (
            f"{self.method:<16} {self.group:<12}{self.cases:>6}{self.psnr:>8.2f}{self.ssim:>8.3f}{self.feature:>9.4f}"
            f"{self.frechet:>9.2f}{self.seam:>7.2f}{self.sharpness:>7.2f}"
        )


def summarise(method: str, group: str, scores: Sequence[Score]) -> Row:
    """The row of a group's scores."""

    def mean(name: str) -> float:
        return float(np.mean([getattr(score, name) for score in scores]))

    return Row(
        method,
        group,
        len(scores),
        mean("psnr"),
        mean("ssim"),
        mean("feature"),
        frechet(np.stack([s.pooled for s in scores]), np.stack([s.pooled_truth for s in scores])),
        mean("seam"),
        float(np.exp(np.mean([np.log(score.sharpness) for score in scores]))),
    )


def rows(scores: Sequence[Score]) -> list[Row]:
    """Per method: every kind of damage, every coverage bin, and all cases."""
    result = []
    for method in dict.fromkeys(score.method for score in scores):
        mine = [score for score in scores if score.method == method]
        groups = {kind: [s for s in mine if s.kind == kind] for kind in dict.fromkeys(s.kind for s in mine)}
        for low, high in COVERAGE_BINS:
            label = f"{low}-{high} %" if high <= 100 else f"over {low} %"
            groups[label] = [s for s in mine if low <= s.coverage * 100 < high]
        groups["all"] = mine
        result += [summarise(method, group, members) for group, members in groups.items() if members]
    return result


def print_table(scores: Sequence[Score]) -> None:
    """The table on standard output, then speed and what changed outside the hole."""
    print(HEADER)
    for row in rows(scores):
        print(row)
    print()
    for method in dict.fromkeys(score.method for score in scores):
        mine = [score for score in scores if score.method == method]
        seconds, outside = np.median([s.seconds for s in mine]), sum(s.outside for s in mine)
        print(f"{method}: median {seconds:.3f} s per case; {outside} samples changed outside the hole")
