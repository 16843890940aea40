"""Score methods on the ``check`` suite.

    python -m training.evaluation.check --assets DIR --methods statuefit,telea,biharmonic [--limit N] [--sheet FILE]

Methods get the 128-pixel pictures as their crop. ``--assets`` may come from the environment as ``STATUE_ASSETS``.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.evaluation import metrics
from training.evaluation.baselines import LandmarkSource, Restoring, of_module, restoring
from training.evaluation.cases import CHECK_DIGEST, Case, check_cases, suite_digest
from training.evaluation.masks import FEATURES, KINDS
from training.evaluation.mobilenet import MobileNet
from training.evaluation.table import Score, print_table

DEFAULT_METHODS = "mean,telea,ns,biharmonic,mirror,gmic"
#: The sheet shows every so many pictures, with so many cases side by side.
SHEET_EVERY, SHEET_COLUMNS, SHEET_ROWS = 4, 14, 6


def score_case(
    case: Case, methods: dict[str, Restoring], landmarks: LandmarkSource, feature_metric: metrics.FeatureMetric
) -> tuple[list[Score], list[NDArray[np.uint8]]]:
    """Scores and pictures of every method on one case; a missing output counts as the untouched input."""
    found = landmarks(case)
    given = case.damaged
    results, seconds = [], []
    for restore in methods.values():
        start = time.perf_counter()
        result = restore(case, found)
        seconds.append(time.perf_counter() - start)
        results.append(given if result is None else result)
    features = feature_metric(case.truth, results, case.hole, case.box)
    scores = [
        Score(
            method=name,
            kind=case.kind,
            coverage=case.coverage,
            psnr=metrics.psnr(result, case.truth, case.hole),
            ssim=metrics.ssim(result, case.truth, case.hole),
            feature=float(features.distances[index]),
            seam=metrics.seam(result, case.truth, case.hole),
            sharpness=metrics.sharpness(result, case.truth, case.hole),
            outside=metrics.outside(result, given, case.hole),
            seconds=seconds[index],
            pooled=features.pooled[index],
            pooled_truth=features.pooled_truth,
        )
        for index, (name, result) in enumerate(zip(methods, results, strict=True))
    ]
    return scores, results


def write_sheet(path: Path, columns: list[NDArray[np.uint8]]) -> None:
    """Cases side by side: damaged, each method, truth from top to bottom."""
    lines = []
    for start in range(0, min(len(columns), SHEET_COLUMNS * SHEET_ROWS), SHEET_COLUMNS):
        line = columns[start : start + SHEET_COLUMNS]
        line += [np.zeros_like(columns[0])] * (min(SHEET_COLUMNS, len(columns)) - len(line))
        lines.append(np.concatenate(line, axis=1))
    if lines:
        sheet = np.concatenate(lines, axis=0)
        temporary = path.with_name("." + path.name)
        cv2.imwrite(str(temporary), sheet[..., ::-1])
        temporary.replace(path)


def chosen_methods(names: str, external: str | None) -> dict[str, Restoring]:
    """Name -> method; programs that are not installed are left out, loudly."""
    methods: dict[str, Restoring] = {}
    for name in names.split(","):
        try:
            methods[name] = restoring(name)
        except StatueError as error:
            if error.code != "missing-package":
                raise
            print(f"*** NOT MEASURED: {name}. {error.sentence} {error.remedy} ***", file=sys.stderr)
    if external:
        methods[external] = of_module(external)
    print("*** NOT MEASURED: Resynthesizer (GIMP's heal selection) is not driven by this command. ***", file=sys.stderr)
    return methods


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.check")
    parser.add_argument(
        "--assets", type=Path, default=os.environ.get("STATUE_ASSETS"), help="folder of the packed data"
    )
    parser.add_argument(
        "--methods", default=DEFAULT_METHODS, help="names, separated by commas: the registry's, mean, untouched, gmic"
    )
    parser.add_argument("--external", metavar="MODULE", help="also score MODULE.restore(bgr, mask) -> (bgr, info)")
    parser.add_argument("--kinds", default=",".join(FEATURES), help=f"of damage: {', '.join(KINDS)}")
    parser.add_argument("--limit", type=int, help="only so many pictures")
    parser.add_argument("--landmarks", choices=("found", "given"), default="found")
    parser.add_argument("--landmark-models", type=Path, help="folder of FaceMesh's two files")
    parser.add_argument("--sheet", type=Path, help="write a picture of every fourth photograph's cases")
    options = parser.parse_args(arguments)
    if options.assets is None:
        parser.error("give --assets DIR or set STATUE_ASSETS")
    options.assets = Path(options.assets)
    return options


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    options = parse(arguments)
    methods = chosen_methods(options.methods, options.external)
    kinds = options.kinds.split(",")
    landmarks = LandmarkSource(options.landmarks, options.landmark_models)
    feature_metric = metrics.FeatureMetric(MobileNet(options.assets))
    cases = list(check_cases(options.assets, kinds, options.limit))
    digest = suite_digest(cases)
    whole = options.limit is None and kinds == list(FEATURES)
    state = "the frozen suite" if digest == CHECK_DIGEST else "NOT THE FROZEN SUITE" if whole else "a part or more"
    print(f"{len(cases)} cases, sha256 {digest[:16]} ({state}), landmarks {options.landmarks}")
    scores: list[Score] = []
    columns: list[NDArray[np.uint8]] = []
    pictures = list(dict.fromkeys(case.name for case in cases))
    for case in cases:
        new, results = score_case(case, methods, landmarks, feature_metric)
        scores += new
        if options.sheet and pictures.index(case.name) % SHEET_EVERY == 0:
            columns.append(np.concatenate([case.damaged, *results, case.truth], axis=0))
    print_table(scores)
    if landmarks.failures:
        print(f"no landmarks: {landmarks.failures}")
    if options.sheet:
        write_sheet(options.sheet, columns)


if __name__ == "__main__":
    main()
