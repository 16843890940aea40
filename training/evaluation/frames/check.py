"""The face-frame suite: from nothing but a picture and a mask, is the crop right?

    python -m training frames --assets DIR [--landmark-models DIR] [--predictors facemesh,landmarknet]
        [--suites composed,check,photographs,faceless] [--composed N] [--profiles N] [--cache DIR] [--limit N]
        [--calibrate]

Four parts: ``composed`` (rendered heads on scenes, 60 to 2,000 pixels, one to three faces, and heads in profile, which
must be refused), the ``check`` suite (128-pixel pictures framed on the face), the six whole ``photographs`` of busts
damaged the same way, and pictures without faces. On the photographs the truth is what the search finds in the undamaged
picture when told where the face is. A frame is right when its inter-ocular error (``outcomes.frame_error``) is
below a tenth. ``--calibrate`` prints one predictor's ``shares`` (``PredictorDescriptor``) instead: how often frames
were right, by score, over composed pictures and the ``check`` suite, nothing refused. landmarknet@FILE are other
weights.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models import places
from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search import best_sighting, find_face
from training.commands import add_assets
from training.evaluation.contenders.predictors import named_predictor
from training.evaluation.frames.calibration import calibration
from training.evaluation.frames.outcomes import RIGHT, USABLE, Finder, Outcome, print_outcomes, search_case
from training.suites.cases import DAMAGE, check_cases
from training.suites.composed.cases import FrameCase, composed_cases
from training.suites.composed.heads import frame_heads
from training.suites.composed.scenes import Scenes, panoramas, photographs, stones
from training.suites.masks import FEATURES, damage_mask

SUITES = ("composed", "check", "photographs", "faceless")
#: Cases that say how good the search is, and heads in profile. Chosen.
COMPOSED, PROFILES = 280, 56


def composed_outcomes(finder: Finder, assets: Path, cache: Path, count: int, profiles: int) -> Iterator[Outcome]:
    """The composed pictures; those in profile carry no group but ``profile``."""
    heads = frame_heads(assets, cache)
    for case in composed_cases(heads, Scenes(assets, heads.scenes), count, profiles):
        yield search_case(finder, _groups(case), case.rgb, case.hole, case.points)


def _groups(case: FrameCase) -> dict[str, str]:
    if case.profile:
        return {"profile": "75-90"}
    return {
        "damage": case.damage,
        "face px": _bin(case.size, (60, 120, 400, 1000, 2000)),
        "yaw": _bin(abs(case.yaw), (0, 15, 30, 45, 60)),
        "roll": _bin(abs(case.roll), (0, 15, 30)),
        "faces": str(case.faces),
        "scene": case.scene,
        "edge": "at it" if case.at_edge else "away",
    }


def _bin(value: float, limits: Sequence[int]) -> str:
    index = int(np.clip(np.searchsorted(limits, value, "right"), 1, len(limits) - 1))
    return f"{limits[index - 1]}-{limits[index]}"


def suite_outcomes(finder: Finder, assets: Path, limit: int | None) -> Iterator[Outcome]:
    """The check suite, and its pictures without damage."""
    seen: set[str] = set()
    for case in check_cases(assets, FEATURES, limit):
        if case.name not in seen:
            seen.add(case.name)
            nothing = np.zeros(case.hole.shape, bool)
            yield search_case(finder, {"damage": "none"}, case.truth, nothing, case.points)
        yield search_case(finder, {"damage": case.kind}, case.damaged, case.hole, case.points)


def photograph_outcomes(finder: Finder, boxed: LandmarkPredictor, assets: Path) -> Iterator[Outcome]:
    """The whole photographs, undamaged and with three seeds of each damage.

    Args:
        boxed: finds the truth in the undamaged face's box.
    """
    for index, (_, photograph) in enumerate(photographs(assets)):
        rgb, (x0, y0, x1, y1) = photograph.rgb, photograph.face
        nothing = np.zeros(rgb.shape[:2], np.uint8)
        truth = find_face(rgb, nothing, [boxed], face=FaceBox(x0, y0, x1 - x0, y1 - y0))[0].points
        yield search_case(finder, {"damage": "none"}, rgb, nothing > 0, truth)
        for number, kind in enumerate(FEATURES):
            for seed in range(3):
                rng = np.random.default_rng([index, number, seed])
                hole = damage_mask(truth, kind, rgb.shape[:2], rng)
                damaged = np.where(hole[..., None], np.uint8(DAMAGE), rgb)
                yield search_case(finder, {"damage": kind}, damaged, hole, truth)


def faceless_scores(finder: Finder, assets: Path) -> Iterator[tuple[str, float]]:
    """Pictures without faces, without and with a round hole: (group, score of what was found; 0 is nothing)."""
    rng = np.random.default_rng(0)
    for group, rgb in faceless_pictures(assets):
        height, width = rgb.shape[:2]
        centre, radius = rng.uniform(0.3, 0.7, 2) * (width, height), rng.uniform(20, 90)
        y, x = np.mgrid[:height, :width]
        disc = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2
        for mask in (np.zeros((height, width), np.uint8), disc.astype(np.uint8) * 255):
            try:
                yield group, finder(rgb, mask)[0].score
            except StatueError:
                yield group, 0.0


def faceless_pictures(assets: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Stone textures, and panoramas."""
    for rgb in stones(assets):
        yield "stone", rgb
    for rgb in panoramas(assets):
        yield "panorama", rgb


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add_assets(parser)
    add("--predictors", default="facemesh", help="names of landmark predictors, with commas between (facemesh)")
    add("--landmark-models", type=Path, help="folder of the predictors' files")
    add("--suites", default=",".join(SUITES), help=f"which, of {', '.join(SUITES)} (all)")
    add("--composed", type=int, default=COMPOSED, help=f"composed cases ({COMPOSED})")
    add("--profiles", type=int, default=PROFILES, help=f"composed cases in profile ({PROFILES})")
    add("--limit", type=int, help="only so many pictures of the check suite")
    add("--calibrate", action="store_true", help="print how often the predictor's frames are right, by score")
    add("--cache", type=Path, help="folder where the rendered heads are kept (the user's data folder)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the tables, or the calibration.

    Raises:
        StatueError: ``usage``; for assets and models that are missing.
    """
    unknown = set(options.suites.split(",")) - set(SUITES)
    if unknown:
        raise StatueError("usage", reason=f"There is no suite {', '.join(sorted(unknown))}")
    if options.calibrate:
        _calibrate(options)
    else:
        _print(options)


def _print(options: argparse.Namespace) -> None:
    assets, suites = options.assets, options.suites.split(",")
    finders = [named_predictor(name, options.landmark_models) for name in options.predictors.split(",")]

    def finder(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> tuple[Landmarks, FaceFrame]:
        return find_face(rgb, mask, finders)

    print(f"Errors over the outer eye distance. Right: frame error below {RIGHT:g}; usable: NME below {USABLE:g}.")
    cache = options.cache or places.data_directory() / "evaluation"
    if "composed" in suites:
        rows = list(composed_outcomes(finder, assets, cache, options.composed, options.profiles))
        print_outcomes("composed", [row for row in rows if "profile" not in row.groups])
        print_outcomes("composed, in profile: right is to refuse", [row for row in rows if "profile" in row.groups])
    if "check" in suites:
        rows = list(suite_outcomes(finder, assets, options.limit))
        print_outcomes("check suite", rows)
    if "photographs" in suites:
        print_outcomes("photographs", list(photograph_outcomes(finder, finders[0], assets)))
    if "faceless" in suites:
        _print_faceless(list(faceless_scores(finder, assets)))


def _calibrate(options: argparse.Namespace) -> None:
    assets = options.assets
    finder = named_predictor(options.predictors, options.landmark_models)

    def find_best_face(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> tuple[Landmarks, FaceFrame]:
        best = best_sighting(rgb, mask, finder)
        if best is None:
            raise StatueError("no-face", where="around the missing part", more="")
        return best.face, frame_of_landmarks(best.face.points)

    cache = options.cache or places.data_directory() / "evaluation"
    rows = list(composed_outcomes(find_best_face, assets, cache, options.composed, options.profiles))
    rows += suite_outcomes(find_best_face, assets, options.limit)
    scores, shares = calibration([row for row in rows if row.groups.get("damage") != "none"])
    print(f"{finder.name}, {len(rows)} searches\n{scores}\n{shares}")


def _print_faceless(scores: list[tuple[str, float]]) -> None:
    print("\nfaces found where there are none, with a score above")
    for group in dict.fromkeys(name for name, _ in scores):
        of_group = np.array([score for name, score in scores if name == group])
        shares = "  ".join(f"{limit:g}: {(of_group > limit).sum()}" for limit in (0.0, 0.1, 0.3, 0.6))
        print(f"{group:12}{shares}  of {len(of_group)}")
