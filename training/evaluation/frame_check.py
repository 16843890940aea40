"""How well the face is found: frame and landmarks on damaged statues, and what is found where no face is.

    python -m training.evaluation.frame_check --assets DIR [--landmark-models DIR] [--limit N]

Three tables: the ``check`` suite (128-pixel pictures framed on the face), the six whole photographs of busts, damaged
the same way, and pictures without faces. On the photographs the reference is what the search finds in the undamaged
picture when told where the face is. ``--assets`` may come from the environment as ``STATUE_ASSETS``.
"""

import argparse
import csv
import math
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.restoring.face_frame import FaceFrame, frame_of_landmarks
from statue_models.restoring.face_search import find_face
from statue_models.restoring.landmark_predictor import LandmarkPredictor, predictor
from statue_models.restoring.landmarks68 import INNER, Landmarks, interocular_distance
from training.evaluation.cases import DAMAGE, Case, check_cases
from training.evaluation.masks import FEATURES, damage_mask

#: Mean error of the inner points, over the eye distance, below which landmarks are good enough to restore from.
USABLE = 0.10


@dataclass(frozen=True)
class Outcome:
    """One search. Errors are over the outer eye distance; infinite where no face was found.

    Attributes:
        group: what was damaged.
        nme: mean distance of the 51 inner points from the reference.
        hidden: the same for the inner points under the mask; NaN where there is none.
        frame: mean distance of the frame's corners from the reference frame's.
        within: share of the inner points within two of their own standard deviations (per axis: 86 % if honest).
        score: the predictor's.
        seconds: wall time.
    """

    group: str
    nme: float
    hidden: float
    frame: float
    within: float
    score: float
    seconds: float


def searched(
    finder: LandmarkPredictor, group: str, rgb: NDArray[np.uint8], hole: NDArray[np.bool_], truth: NDArray[np.float64]
) -> Outcome:
    """Search one damaged picture (H, W, 3) and compare with reference points (68, 2)."""
    start = time.perf_counter()
    try:
        found, frame = find_face(rgb, hole.astype(np.uint8) * 255, finder)
    except StatueError:
        return Outcome(group, math.inf, math.inf, math.inf, 0.0, 0.0, time.perf_counter() - start)
    seconds = time.perf_counter() - start
    unit = interocular_distance(truth)
    errors = np.linalg.norm(found.points - truth, axis=1)[INNER]
    hidden = errors[found.hidden[INNER]]
    return Outcome(
        group,
        nme=float(errors.mean()) / unit,
        hidden=float(hidden.mean()) / unit if len(hidden) else math.nan,
        frame=corner_distance(frame, frame_of_landmarks(truth)) / unit,
        within=float((errors < 2 * found.sigma[INNER]).mean()),
        score=found.score,
        seconds=seconds,
    )


def corner_distance(one: FaceFrame, other: FaceFrame) -> float:
    """Mean distance of two frames' corners in pixels."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    return float(np.linalg.norm(one.to_photograph(corners, 1) - other.to_photograph(corners, 1), axis=1).mean())


def suite_outcomes(finder: LandmarkPredictor, assets: Path, limit: int | None) -> Iterator[Outcome]:
    """The check suite, and its pictures without damage."""
    seen: dict[str, Case] = {}
    for case in check_cases(assets, FEATURES, limit):
        if case.name not in seen:
            seen[case.name] = case
            yield searched(finder, "undamaged", case.truth, np.zeros(case.hole.shape, bool), case.points)
        yield searched(finder, case.kind, case.damaged, case.hole, case.points)


def photograph_outcomes(finder: LandmarkPredictor, assets: Path) -> Iterator[Outcome]:
    """The whole photographs, undamaged and with three seeds of each damage."""
    folder = assets / "photos"
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for index, row in enumerate(rows):
        rgb = read_rgb(folder / row["file"])
        x, y, width, height = (float(value) for value in row["face_bbox_xywh"].split(","))
        nothing = np.zeros(rgb.shape[:2], np.uint8)
        reference: Landmarks = find_face(rgb, nothing, finder, face=(x, y, width, height))[0]
        yield searched(finder, "undamaged", rgb, nothing > 0, reference.points)
        for number, kind in enumerate(FEATURES):
            for seed in range(3):
                rng = np.random.default_rng([index, number, seed])
                hole = damage_mask(reference.points, kind, rgb.shape[:2], rng)
                damaged = np.where(hole[..., None], np.uint8(DAMAGE), rgb)
                yield searched(finder, kind, damaged, hole, reference.points)


def faceless_scores(finder: LandmarkPredictor, assets: Path) -> Iterator[tuple[str, bool]]:
    """Pictures without faces, without and with a round hole: (group, whether a face was found)."""
    rng = np.random.default_rng(0)
    for group, rgb in faceless_pictures(assets):
        height, width = rgb.shape[:2]
        centre, radius = rng.uniform(0.3, 0.7, 2) * (width, height), rng.uniform(20, 90)
        y, x = np.mgrid[:height, :width]
        disc = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2
        for mask in (np.zeros((height, width), np.uint8), disc.astype(np.uint8) * 255):
            try:
                find_face(rgb, mask, finder)
                yield group, True
            except StatueError:
                yield group, False


def faceless_pictures(assets: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Stone textures, and panoramas tone-mapped to half of a 1024 x 512 picture's white."""
    for path in sorted((assets / "stone_textures").glob("*.jpg")):
        yield "stone", read_rgb(path)
    for light in np.load(assets / "environments" / "hdri_256x128.npz")["env"].astype(np.float32):
        exposed = np.clip(light / np.percentile(light, 80), 0, 1) ** (1 / 2.2) * 255
        yield "panorama", cv2.resize(exposed.astype(np.uint8), (1024, 512), interpolation=cv2.INTER_CUBIC)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of a picture file."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise StatueError("missing-file" if not path.exists() else "not-an-image", path=path)
    return np.ascontiguousarray(picture[..., ::-1])


def print_outcomes(title: str, outcomes: Iterable[Outcome]) -> None:
    """One line per group: medians, and shares of all searches."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    print(f"\n{title}")
    print(
        f"{'':12}{'n':>4}{'found':>7}{'usable':>8}{'NME':>7}{'hidden':>8}{'frame':>7}{'in 2 s':>8}{'score':>7}{'s':>7}"
    )
    for group, rows in groups.items():
        found = [row for row in rows if row.score > 0]
        usable = sum(row.nme < USABLE for row in rows) / len(rows)
        hidden = [row.hidden for row in found if not math.isnan(row.hidden)]
        print(
            f"{group:12}{len(rows):4}{len(found) / len(rows):7.0%}{usable:8.1%}{_median(r.nme for r in found):7.3f}"
            f"{_median(hidden):8.3f}{_median(r.frame for r in found):7.3f}{np.mean([r.within for r in found]):8.0%}"
            f"{_median(r.score for r in found):7.2f}{np.mean([r.seconds for r in rows]):7.2f}"
        )


def _median(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.median(listed)) if listed else math.nan


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.frame_check")
    parser.add_argument(
        "--assets", type=Path, default=os.environ.get("STATUE_ASSETS"), help="folder of the packed data"
    )
    parser.add_argument("--predictor", default="facemesh", help="name of the landmark predictor")
    parser.add_argument("--landmark-models", type=Path, help="folder of the predictor's files")
    parser.add_argument("--limit", type=int, help="only so many pictures of the check suite")
    options = parser.parse_args(arguments)
    if options.assets is None:
        parser.error("give --assets DIR or set STATUE_ASSETS")
    assets = Path(options.assets)
    finder = predictor(options.predictor, options.landmark_models)
    print(f"Errors over the outer eye distance; usable: NME below {USABLE:g}. Medians are over the faces found.")
    print_outcomes("check suite", suite_outcomes(finder, assets, options.limit))
    print_outcomes("photographs", photograph_outcomes(finder, assets))
    print("\nfaces found where there are none")
    faceless = list(faceless_scores(finder, assets))
    for group in dict.fromkeys(name for name, _ in faceless):
        hits = [hit for name, hit in faceless if name == group]
        print(f"{group:12}{sum(hits):4} of {len(hits)}")


if __name__ == "__main__":
    main()
