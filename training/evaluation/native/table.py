"""Figures of many damaged photographs, grouped: all kinds but cracks, cracks, each kind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.native.scoring import NativeScore
from training.evaluation.reporting.table import Metric, Row
from training.suites.native.damage import CRACKS

BROKEN, CRACKED = "all kinds but cracks", CRACKS


@dataclass(frozen=True)
class FigureGroup:
    """Figures that one table shows, and what they say together.

    Attributes:
        title: of the table. metrics: its columns. about: the legend's first sentence.
    """

    title: str
    metrics: tuple[Metric, ...]
    about: str = ""


GRAIN = FigureGroup(
    "Grain and relief",
    (
        Metric("grain_db", "grain, dB", 2, "low", "mean of the absolute values; 0 is right."),
        Metric("grain_signed", "signed", 2, "zero", "the same with its sign: below 0 the fill is too smooth."),
        Metric("relief_db", "relief, dB", 2, "low", "as grain, of the next three octaves; 0 is right."),
    ),
    "Energy of log luma in the three finest octaves (differences of Gaussians, sigma 0.8, 1.6, 3.2 px) in the hole, two"
    " pixels from its border, result / truth.",
)
OCTAVES = FigureGroup(
    "Grain by octave",
    (
        Metric("octave_1", "0.8 px, dB", 2, "low", "mean over the cases of the absolute value; 0 is right."),
        Metric("octave_2", "1.6 px, dB", 2, "low", "the same of the second octave."),
        Metric("octave_3", "3.2 px, dB", 2, "low", "the same of the third octave."),
        Metric("octave_worst", "worst", 2, "low", "the largest of the three."),
        Metric("grain_1", "0.8 px, signed", 2, "zero", "the same with its sign: below 0 the fill is too smooth."),
        Metric("grain_2", "1.6 px, signed", 2, "zero", "the same with its sign."),
        Metric("grain_3", "3.2 px, signed", 2, "zero", "the same with its sign."),
    ),
    "The grain's three octaves each for itself: too little of one and too much of another do not make up for it.",
)
LIGHT = FigureGroup(
    "Light and colour",
    (
        Metric("light_dL", "light, L*", 2, "low", "mean absolute difference of L*; 0 is right."),
        Metric("light_r", "correlation", 3, "high", "of L* with the truth's; 1 is right."),
        Metric("light_gain", "gain", 2, "zero", "log2 of the ratio of deviations of L*: below 0 the fill is too flat."),
        Metric("colour_dab", "colour, a*b*", 2, "low", "mean distance in a*, b*; 0 is right."),
    ),
    "After a Gaussian of .05 eye distances.",
)
BORDER = FigureGroup(
    "Border",
    (
        Metric("seam", "seam", 2, "zero", "mean absolute luma step across the hole's border."),
        Metric(
            "level",
            "level",
            2,
            "zero",
            "the same between the means of two bands, .04 eye distances wide, inside and outside the border.",
        ),
    ),
    "Result minus truth, in 8-bit levels; 0 is right.",
)
VARIANTS = FigureGroup(
    "Variants",
    (
        Metric("spread", "variants", 2, None, "after a Gaussian of .05 eye distances: another shape, another light."),
        Metric("spread_plain", "without blur", 2, None, "grain that falls otherwise counts, too."),
    ),
    "Mean absolute difference of luma between two hypotheses in the hole, 8-bit levels, over noses, mouths and eyes.",
)
DISTANCES = FigureGroup(
    "Distance to the truth",
    (
        Metric("psnr", "PSNR", 2, "high", "dB over the hole's samples, at most 60; higher is better."),
        Metric("ssim", "SSIM", 3, "high", "grey, windows that touch the hole; higher is better."),
        Metric(
            "feature", "feature distance", 3, "low", "MobileNetV2 features, LPIPS-like but not LPIPS; lower is better."
        ),
        Metric("lpips", "LPIPS", 3, "low", "AlexNet, in the feature distance's window."),
    ),
    "As in the other suites, at the photograph's own size; feature distances are taken at 224 px.",
)
ANSWERS = FigureGroup(
    "Answers",
    (
        Metric("outside", "outside", 0, None, "samples changed outside the hole, in all; must be 0."),
        Metric(
            "unanswered", "no answer", 0, None, "cases without an answer; the untouched input is what is scored there."
        ),
        Metric(
            "seconds",
            "seconds",
            2,
            None,
            "median per case, all hypotheses, landmarks known; programs with their start.",
        ),
    ),
)
FIGURE_GROUPS = (GRAIN, OCTAVES, LIGHT, BORDER, VARIANTS, DISTANCES, ANSWERS)
#: What a table case by case shows.
CASE_METRICS = (*GRAIN.metrics, *LIGHT.metrics, *BORDER.metrics, *DISTANCES.metrics[:3])

_MEANS = (
    *("grain_db", "grain_signed", "grain_1", "grain_2", "grain_3", "relief_db"),
    *("light_dL", "light_r", "light_gain", "colour_dab", "seam", "level"),
    *("spread", "spread_plain", "psnr", "ssim", "feature", "lpips"),
)


def groups(scores: Sequence[NativeScore]) -> list[tuple[str, list[NativeScore]]]:
    """All kinds but cracks, cracks, then the other kinds in the order of their appearance; none of them empty."""
    kinds = [kind for kind in dict.fromkeys(score.kind for score in scores) if kind != CRACKS]
    found = [(BROKEN, [score for score in scores if score.kind != CRACKS])]
    found += [(kind, [score for score in scores if score.kind == kind]) for kind in (CRACKED, *kinds)]
    return [(label, chosen) for label, chosen in found if chosen]


def summarise(method: str, group: str, scores: Sequence[NativeScore]) -> Row:
    """The row of a group's scores: means over what was measured; "outside" and "unanswered" are sums."""
    columns = [score.flatten() for score in scores]

    def find_known(name: str) -> np.ndarray:
        values = np.array([row[name] for row in columns], np.float64)
        return values[~np.isnan(values)]

    values = {name: float(find_known(name).mean()) if len(find_known(name)) else float("nan") for name in _MEANS}
    octaves = [float(np.abs(find_known(f"grain_{octave}")).mean()) for octave in (1, 2, 3)]
    values |= {f"octave_{number + 1}": value for number, value in enumerate(octaves)}
    values["octave_worst"] = max(octaves)
    values["outside"] = float(sum(score.outside for score in scores))
    values["unanswered"] = float(sum(not score.answered for score in scores))
    values["seconds"] = float(np.median(find_known("seconds")))
    return Row(method, group, len(scores), values)


def rows(scores: Sequence[NativeScore]) -> list[Row]:
    """Per method: every group."""
    result = []
    for method in dict.fromkeys(score.method for score in scores):
        mine = [score for score in scores if score.method == method]
        result += [summarise(method, group, members) for group, members in groups(mine)]
    return result
