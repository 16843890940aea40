"""What one search of a face was worth, and the table of many."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import LEVEL, FaceFrame, eye_roll, frame_of_landmarks
from statue_models.face.landmarks68 import INNER, Landmarks, interocular_distance

#: Frame error, over the eye distance, below which the crop is right. Chosen.
RIGHT = 0.10
#: Mean error of the inner points, over the eye distance, below which landmarks are good enough to restore from. Chosen.
USABLE = 0.10
#: About the roll from which frames turn with the face, level and turned ones are equally right. Chosen.
EITHER_WAY = math.radians(5)

#: Picture (H, W, 3), mask (H, W) -> landmarks and frame; raises ``StatueError``.
Finder = Callable[[NDArray[np.uint8], NDArray[np.uint8]], tuple[Landmarks, FaceFrame]]


@dataclass(frozen=True)
class Outcome:
    """One search. Errors are over the outer eye distance; infinite where no face was found.

    Attributes:
        groups: what the case belongs to, by kind of group ("damage": "nose", ...).
        frame: ``frame_error``.
        nme: mean distance of the 51 inner points from the truth.
        hidden: the same for the inner points under the mask; NaN where there is none.
        within: share of the inner points within two of their own standard deviations (per axis: 86 % if honest).
        score: the predictor's.
        source: of the landmarks.
        refused: code of the error, or "".
        seconds: wall time.
    """

    groups: dict[str, str]
    frame: float
    nme: float
    hidden: float
    within: float
    score: float
    source: str
    refused: str
    seconds: float


def frame_error(found: FaceFrame, truth: NDArray[np.float64]) -> float:
    """Inter-ocular error of a frame: how differently the crop shows the face than it should.

    The 68 true points are taken into the found crop and into the crop that the true points ask for, both of side 1;
    their mean displacement between the two, over the outer eye distance in the true crop. Shift, scale and turn all
    count, errors of single landmarks only as far as they move the frame. Where the true roll is within ``EITHER_WAY``
    of the angle from which frames turn with the face, the truth is level or turned as the found frame is.
    """
    roll = abs(eye_roll(truth))
    level = LEVEL
    if abs(roll - LEVEL) < EITHER_WAY:
        level = 0.0 if found.angle else math.pi
    right = frame_of_landmarks(truth, level=level).to_crop(truth, 1)
    moved = np.linalg.norm(found.to_crop(truth, 1) - right, axis=1).mean()
    return float(moved) / interocular_distance(right)


def search_case(
    finder: Finder,
    groups: dict[str, str],
    rgb: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    truth: NDArray[np.float64],
) -> Outcome:
    """Search one damaged picture (H, W, 3) and compare with true points (68, 2)."""
    start = time.perf_counter()
    try:
        found, frame = finder(rgb, hole.astype(np.uint8) * 255)
    except StatueError as error:
        seconds = time.perf_counter() - start
        return Outcome(groups, math.inf, math.inf, math.inf, 0.0, 0.0, "", error.code, seconds)
    seconds = time.perf_counter() - start
    errors = np.linalg.norm(found.points - truth, axis=1)[INNER]
    hidden = errors[found.hidden[INNER]]
    unit = interocular_distance(truth)
    return Outcome(
        groups,
        frame=frame_error(frame, truth),
        nme=float(errors.mean()) / unit,
        hidden=float(hidden.mean()) / unit if len(hidden) else math.nan,
        within=float((errors < 2 * found.sigma[INNER]).mean()),
        score=found.score,
        source=found.source,
        refused="",
        seconds=seconds,
    )


def print_outcomes(title: str, outcomes: Sequence[Outcome]) -> None:
    """One line for all, and one per group: shares of all searches; medians over the faces found."""
    print(f"\n{title}")
    print(
        f"{'':22}{'n':>4}{'right':>8}{'frame':>7}{'found':>7}{'profile':>9}{'usable':>8}{'NME':>7}{'hidden':>8}"
        f"{'in 2 s':>8}{'score':>7}{'s':>7}"
    )
    _print_row("all", outcomes)
    for kind in dict.fromkeys(kind for outcome in outcomes for kind in outcome.groups):
        for group in sorted({o.groups[kind] for o in outcomes if kind in o.groups}, key=_natural_order):
            _print_row(f"{kind} {group}", [o for o in outcomes if o.groups.get(kind) == group])


def _print_row(name: str, rows: Sequence[Outcome]) -> None:
    found = [row for row in rows if not row.refused]
    print(
        f"{name:22}{len(rows):4}{_share(r.frame < RIGHT for r in rows):8.1%}{_median(r.frame for r in found):7.3f}"
        f"{len(found) / len(rows):7.0%}{_share(r.refused == 'profile-face' for r in rows):9.1%}"
        f"{_share(r.nme < USABLE for r in rows):8.1%}{_median(r.nme for r in found):7.3f}"
        f"{_median(r.hidden for r in found):8.3f}{_mean(r.within for r in found):8.0%}"
        f"{_median(r.score for r in found):7.2f}{_mean(r.seconds for r in rows):7.2f}"
    )


def _natural_order(name: str) -> tuple[float, str]:
    """Numbers in their order, then words."""
    first = name.split("-", maxsplit=1)[0].lstrip("<")
    return (float(first), name) if first.replace(".", "").isdigit() else (math.inf, name)


def _share(hits: Iterable[bool]) -> float:
    return float(np.mean([bool(hit) for hit in hits]))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else math.nan


def _median(values: Iterable[float]) -> float:
    listed = [value for value in values if not math.isnan(value)]
    return float(np.median(listed)) if listed else math.nan
