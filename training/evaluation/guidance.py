"""Whether restored faces follow their landmarks, and what the landmarks are worth.

    python -m training guidance --assets DIR --models statuefit,statueflow

Two tables on the ``check`` suite. In the first, lost noses come back twice: for the truth's landmarks, and for those
with the nose dragged by ten pixels of a face frame of 256. A landmark predictor says where both noses are. It follows
a nose less far than it moved: it expects noses in the middle of faces, and sees what is left of the old one beside
the hole. So it is also shown the undamaged picture with its nose warped by the same drag, everywhere and in the hole
alone: that is its gain. And the picture itself says how far the nose went: where the patch with tip and nostrils is
found again.

In the second table, methods know nothing of this face: a mean face in the same frame, and no heatmaps.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import COUNT, Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.methods.method import Method
from statue_models.pixels.grid import cells_at, centres_of
from training.commands import add_assets
from training.evaluation.contenders.baselines import Picture, Restoring, of_registry
from training.evaluation.contenders.predictors import named_predictor
from training.evaluation.metrics.landmark_errors import face_error, find_landmarks, find_points
from training.suites.cases import Case, check_cases, labelled_landmarks

Points = NDArray[np.float64]

#: The drag, in pixels of a face frame of this side. Chosen.
DRAG, SIDE = 10.0, 256
#: Along the frame's axes (x right, y down).
DIRECTIONS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
#: How far each landmark goes along: tip and nostrils as a whole, the bridge ever less up to between the eyes.
#: Landmarks.
TIP, LOWER = 30, slice(30, 36)
FOLLOWING = np.zeros(COUNT)
FOLLOWING[28:36] = (1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1)
#: The warped picture's nose moves as a whole within the first distance from its tip and not at all beyond the second,
#: in pixels of the frame. Set by eye.
WHOLE, STILL = 18.0, 56.0
#: Side of the patch that is found again, and how far off it is looked for, in pixels of the frame. Chosen.
PATCH, SEARCH = 32, 20
#: What a nose that truly moved looks like.
INSTRUMENT = ("the truth, warped", "the truth, warped in the hole alone")
KINDS = ("nose", "mouth", "eye")
#: What the methods are told in the second table.
TOLD = ("mean face", "found", "given")


def frame_of(points: Points) -> FaceFrame:
    """The frame that pixels and directions are of."""
    return frame_of_landmarks(points, level=0.0)


def step_of(points: Points, direction: str) -> Points:
    """(2,) the drag in pixels of the picture."""
    frame = frame_of(points)
    return frame.matrix(SIDE)[:, :2] @ (DRAG * np.array(DIRECTIONS[direction]))


def drag_nose(points: Points, step: Points) -> Points:
    """(68, 2) the same face with its nose dragged by (2,) pixels."""
    return points + FOLLOWING[:, None] * step


def warp_nose(picture: Picture, points: Points, step: Points) -> Picture:
    """The picture (H, W, 3) with the nose itself moved by (2,) pixels, and the stone around it drawn along."""
    pixel = frame_of(points).side / SIDE
    rows, columns = centres_of(np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float64))
    middle = points[TIP] + step / 2
    apart = np.hypot(columns - middle[0], rows - middle[1]) / pixel
    along = 0.5 + 0.5 * np.cos(np.pi * np.clip((apart - WHOLE) / (STILL - WHOLE), 0, 1))
    x, y = cells_at(columns) - along * step[0], cells_at(rows) - along * step[1]
    moved = cv2.remap(picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, None, cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


@dataclass(frozen=True)
class Movement:
    """How far a nose went along its drag, in pixels of the frame of 256.

    Attributes:
        method: or one of ``INSTRUMENT``. direction: of the drag.
        tip: point 30, as a landmark predictor sees it. nose: the mean of points 30 to 35.
        patch: the picture of tip and nostrils.
    """

    method: str
    direction: str
    tip: float
    nose: float
    patch: float


@dataclass(frozen=True, eq=False)
class LocatedFace:
    """A picture (H, W, 3) uint8 and the (68, 2) landmarks that a predictor sees in it, in its pixels."""

    picture: Picture
    points: Points


def patch_shift(before: Picture, after: Picture, points: Points) -> Points:
    """(2,) how far the patch with tip and nostrils went, in pixels of the frame of 256, by the best match of greys."""
    frame = frame_of(points)
    first, second = (cv2.cvtColor(frame.crop(picture, SIDE)[0], cv2.COLOR_RGB2GRAY) for picture in (before, after))
    left, top = np.rint(frame.to_crop(points[LOWER], SIDE).mean(0) - PATCH / 2).astype(int)
    left, top = (int(np.clip(value, SEARCH, SIDE - PATCH - SEARCH)) for value in (left, top))
    patch = first[top : top + PATCH, left : left + PATCH]
    place = second[top - SEARCH : top + PATCH + SEARCH, left - SEARCH : left + PATCH + SEARCH]
    row, column = np.unravel_index(
        cv2.matchTemplate(place, patch, cv2.TM_CCOEFF_NORMED).argmax(), (2 * SEARCH + 1,) * 2
    )
    return np.array([column, row], np.float64) - SEARCH


def measure_movement(name: str, direction: str, case: Case, before: LocatedFace, after: LocatedFace) -> Movement:
    """What became of a nose between two pictures of a case."""
    step = step_of(case.points, direction)
    along = (after.points - before.points) @ step / (step @ step) * DRAG
    patch = patch_shift(before.picture, after.picture, case.points) @ np.array(DIRECTIONS[direction])
    return Movement(name, direction, float(along[TIP]), float(along[LOWER].mean()), float(patch))


def measure_movements(
    cases: Iterable[Case], methods: dict[str, Restoring], predictor: LandmarkPredictor, directions: Sequence[str]
) -> Iterator[Movement]:
    """Every nose in every direction: the truth's, warped (``INSTRUMENT``), and every method's."""
    for case in cases:

        def find_landmarks(picture: Picture, case: Case = case) -> LocatedFace:
            return LocatedFace(picture, find_points(predictor, picture, case.points))

        truth = find_landmarks(case.truth)
        before = {name: find_landmarks(_restore(restore, case, case.points)) for name, restore in methods.items()}
        for direction in directions:
            step = step_of(case.points, direction)
            moved = warp_nose(case.truth, case.points, step)
            yield measure_movement(INSTRUMENT[0], direction, case, truth, find_landmarks(moved))
            moved = np.where(case.hole[..., None], moved, case.truth)
            yield measure_movement(INSTRUMENT[1], direction, case, truth, find_landmarks(moved))
            for name, restore in methods.items():
                after = _restore(restore, case, drag_nose(case.points, step))
                yield measure_movement(name, direction, case, before[name], find_landmarks(after))


def _mask(case: Case) -> NDArray[np.uint8]:
    return case.hole.astype(np.uint8) * 255


def _restore(restore: Restoring, case: Case, points: Points) -> Picture:
    answer = restore(case, Landmarks.given(points).hidden_under(_mask(case)), [0])
    assert answer is not None
    return answer[0]


def mean_face(faces: Iterable[Points]) -> Points:
    """(68, 2) the mean of faces, each in its own frame of side 1."""
    return np.mean([frame_of(points).to_crop(points, 1) for points in faces], axis=0)


def open_unguided(name: str) -> Restoring:
    """A method of the registry whose network, if it has one, gets no heatmaps."""
    restoring = of_registry(name)
    method: Method = restoring.method
    network = getattr(method, "network", None)
    if network is not None:
        forward = network.forward
        network.forward = lambda z, t, known, mask, guide, heatmaps: forward(z, t, known, mask, guide, 0 * heatmaps)
    return restoring


def open_guided(name: str) -> Restoring:
    """A method of the registry as it is."""
    return of_registry(name)


def measure_face_errors(
    cases: Iterable[Case], names: Sequence[str], predictor: LandmarkPredictor, mean: Points
) -> Iterator[tuple[str, str, str, float]]:
    """(method, what it was told, kind of damage, completed-face NME) for every case in which a face is found.

    Raises:
        StatueError: ``no-face``, ``profile-face``.
    """
    on, off = {name: open_guided(name) for name in names}, {name: open_unguided(name) for name in names}
    for case in cases:
        found = find_landmarks(case, predictor)
        frame = frame_of(found.points)
        told = {
            "mean face": Landmarks.given(frame.to_photograph(mean, 1)).hidden_under(_mask(case)),
            "found": found,
            "given": Landmarks.given(case.points).hidden_under(_mask(case)),
        }
        yield "undamaged", "", case.kind, face_error(predictor, case.truth, case.points)
        for name in names:
            for what, landmarks in told.items():
                answer = (off if what == "mean face" else on)[name](case, landmarks, [0])
                assert answer is not None
                yield name, what, case.kind, face_error(predictor, answer[0], case.points)


def _quartiles(values: Sequence[float]) -> str:
    low, median, high = np.percentile(values, [25, 50, 75])
    return f"{median:.1f} ({low:.1f} to {high:.1f})"


def movement_table(found: Sequence[Movement], names: Sequence[str], directions: Sequence[str]) -> str:
    """Markdown: median and quartiles of each movement."""
    lines = ["| | nose dragged by 10 px | " + " | ".join(directions) + " | all |"]
    lines.append("| --- | --- |" + " ---: |" * (len(directions) + 1))
    for part, title in (("tip", "tip"), ("nose", "tip and nostrils"), ("patch", "patch")):
        for name in (*INSTRUMENT, *names):
            rows = [one for one in found if one.method == name]
            groups = [[one for one in rows if one.direction == d] for d in directions] + [rows]
            cells = [_quartiles([getattr(one, part) for one in group]) for group in groups]
            lines.append(f"| {title} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def error_table(found: Sequence[tuple[str, str, str, float]], names: Sequence[str]) -> str:
    """Markdown: median / mean completed-face NME."""
    lines = ["| completed-face NME, median / mean | " + " | ".join(KINDS) + " | all |", "| --- |" + " ---: |" * 4]
    for name, what in (("undamaged", ""), *((name, what) for name in names for what in TOLD)):
        rows = [row for row in found if row[:2] == (name, what)]
        groups = [[row[3] for row in rows if kind in (row[2], "all")] for kind in KINDS] + [[row[3] for row in rows]]
        cells = [f"{np.median(g):.4f} / {np.mean(g):.4f}" if g else "–" for g in groups]
        lines.append(f"| {f'`{name}`, {what}' if what else name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add_assets(parser)
    add("--models", default="statuefit,statueflow", metavar="NAME,...", help="methods of the registry")
    add("--limit", type=int, metavar="N", help="only the suite's first N pictures")
    add("--directions", default="left,right,down", metavar="NAME,...", help="of " + ", ".join(DIRECTIONS))
    add("--parts", default="movement,error", metavar="NAME,...", help="the tables to make")
    add("--predictor", metavar="NAME", help="what finds landmarks (default: the program's)")
    add("--landmark-models", type=Path, metavar="DIR", help="folder of FaceMesh's files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the tables.

    Raises:
        StatueError: ``usage``; for assets and models that are missing.
    """
    assets, names, directions = options.assets, options.models.split(","), options.directions.split(",")
    if not set(directions) <= set(DIRECTIONS):
        raise StatueError("usage", reason=f"Directions are {', '.join(DIRECTIONS)}")
    predictor = named_predictor(options.predictor, options.landmark_models)
    print(f"Landmarks on the results by {predictor.name}.")
    if "movement" in options.parts:
        noses = check_cases(assets, ["nose"], options.limit)
        moved = list(measure_movements(noses, {name: open_guided(name) for name in names}, predictor, directions))
        print(f"\n{len(moved) // (len(names) + len(INSTRUMENT)) // len(directions)} noses\n")
        print(movement_table(moved, names, directions))
    if "error" in options.parts:
        mean = mean_face(points for _, points in labelled_landmarks(assets, "train"))
        errors = list(measure_face_errors(check_cases(assets, KINDS, options.limit), names, predictor, mean))
        print(f"\n{sum(row[0] == 'undamaged' for row in errors)} cases\n")
        print(error_table(errors, names))
