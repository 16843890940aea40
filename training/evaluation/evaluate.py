"""Score models on a suite: JSON, a Markdown table and a contact sheet.

    python -m training evaluate --assets DIR --models statuefit,statueflow --suite check --out DIR

Every run also scores the baselines; docs/quality.md says what is measured, and how. The suite ``native``, whole
photographs at their own size, has figures, tables and sheets of its own: ``training.evaluation.native``.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from heapq import nlargest
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from statue_models.errors import StatueError
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.whole_file import whole_file
from training.evaluation.arguments import NATIVE, RESULTS, SHEET, TABLE, add_options, complete
from training.evaluation.contenders.contender import Setting, contenders
from training.evaluation.contenders.predictors import predictors
from training.evaluation.metrics import perceptual, stopwatch
from training.evaluation.metrics.hole import FeatureMetric
from training.evaluation.metrics.landmark_errors import LandmarkOutcome, landmark_outcome, rectangle_cases
from training.evaluation.native import run as native
from training.evaluation.reporting import table
from training.evaluation.reporting.report import Report, json_ready, markdown
from training.evaluation.reporting.sheet import SheetRow, choose_rows, contact_sheet, sheet_row
from training.evaluation.scoring import CaseResult, LandmarkSource, Scorer
from training.features.mobilenet import MobileNet
from training.suites.cases import Case, Truth, case_digest, cases_of, suite_digest
from training.suites.masks import FEATURES
from training.suites.suite import SUITES, Suite

#: Of the sheet's JPEG file, of 100; set by eye.
QUALITY = 88
#: Seconds before a progress bar: what cannot be is said at once, alone. Chosen.
BAR_AFTER = 1.5


def read_suite(suite: Suite, options: argparse.Namespace) -> tuple[list[Truth], list[Case]]:
    """Pictures and cases.

    Raises:
        StatueError: as the suite does; ``usage`` if no hole is large enough.
    """
    with tqdm(unit="statue", disable=None, delay=BAR_AFTER) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        truths = list(suite.truths(options.assets, options.cache, options.limit, advance))
    cases = list(cases_of(truths, options.kinds))
    if not cases:
        raise StatueError("usage", reason="No picture of the suite has a hole of these kinds")
    return truths, cases


def state_of(suite: Suite, digest: str, options: argparse.Namespace) -> str:
    """What a digest says about the cases."""
    if digest == suite.digest:
        return "the frozen suite"
    if options.limit is not None or options.kinds != list(FEATURES):
        return "part of the suite or more than it"
    other = "rendered otherwise than elsewhere" if suite.name == "rendered" else "other pictures or labels"
    return f"NOT THE FROZEN SUITE: {other}; compare only with tables of the same digest"


def score_cases(
    scorer: Scorer, cases: Sequence[Case], rows: int, worst: str | None = None
) -> tuple[list[CaseResult], list[SheetRow]]:
    """Every case, and rows of the contact sheet; only those keep their pictures.

    Args:
        rows: so many, spread evenly.
        worst: instead, those with the largest feature distances of this contender, the largest first, and before cases
            that it did not answer.
    """
    results, sheet_rows, shown = [], [], choose_rows(len(cases), rows)
    furthest: list[tuple[bool, float, int, SheetRow]] = []
    for number, case in enumerate(tqdm(cases, unit="case", disable=None, delay=BAR_AFTER)):
        result = scorer(case)
        row = sheet_row(case, scorer.contenders, result)
        if worst is not None:
            score = next(score for score in result.scores if score.method == worst)
            furthest = nlargest(rows, [*furthest, (score.answered, score.feature, -number, row)])
        elif number in shown:
            sheet_rows.append(row)
        results.append(CaseResult(result.scores, [], result.face_of_truth))
    return results, sheet_rows or [row for *_, row in furthest]


def landmark_outcomes(
    finders: Mapping[str, LandmarkPredictor], truths: Sequence[Truth], cases: Sequence[Case]
) -> list[LandmarkOutcome]:
    """Every predictor on every case, then on the statue detector's rectangles."""
    everything = [*cases, *rectangle_cases(truths)]
    outcomes = []
    for name, finder in finders.items():
        for case in tqdm(everything, unit="face", desc=name, disable=None, delay=BAR_AFTER):
            outcomes.append(landmark_outcome(name, finder, case))
    return outcomes


def floor_of(cases: Sequence[Case], results: Sequence[CaseResult]) -> dict[str, float]:
    """Mean completed-face NME of the undamaged pictures, by group."""
    index = {id(case): result.face_of_truth for case, result in zip(cases, results, strict=True)}
    return {label: float(np.mean([index[id(case)] for case in members])) for label, members in table.groups(cases)}


def score_suite(options: argparse.Namespace) -> Report:
    """Score, write the three files, print the table.

    Raises:
        StatueError: see ``contenders``, ``read_suite``; ``out-of-memory``, ``interrupted``.
    """
    setting, suite = Setting(options.device, options.steps), SUITES[options.suite]
    finder, finders, not_measured = predictors(options)
    entries, missing = contenders(options.models, setting, options.baselines)
    not_measured += missing
    lpips, without = perceptual.open_lpips()
    not_measured += [sentence for sentence in (without, perceptual.NOT_FID) if sentence]
    for sentence in not_measured:
        print(f"*** NOT MEASURED *** {sentence}", file=sys.stderr)
    features = FeatureMetric(MobileNet(options.assets))
    truths, cases = read_suite(suite, options)
    digest = suite_digest(cases)
    state = state_of(suite, digest, options)
    print(f"{len(cases)} cases, sha256 {digest[:16]} ({state})", file=sys.stderr)

    source = LandmarkSource(finder if options.landmarks == "found" else None)
    seeds = range(options.seed, options.seed + options.variants)
    scorer = Scorer(entries, source, features, finder, lpips, seeds)
    results, sheet_rows = score_cases(scorer, cases, options.rows, entries[-1].name if options.worst else None)
    scores = [score for result in results for score in result.scores]
    outcomes = landmark_outcomes(finders, truths, cases)
    report = Report(
        suite=suite.name,
        about=suite.about,
        state=state,
        facts=_facts(options, cases, digest, source),
        contenders=entries,
        rows=table.rows(scores),
        scores=scores,
        floor=floor_of(cases, results),
        times=stopwatch.times(entries, scores, cases[0], setting, not options.no_processes),
        landmarks=table.landmark_rows(outcomes),
        not_measured=not_measured,
        face_predictor=None if finder is None else finder.name,
        refusals=scorer.refusals,
    )
    write(options.out, report, sheet_rows)
    print(markdown(report))
    return report


def _facts(
    options: argparse.Namespace, cases: Sequence[Case], digest: str, source: LandmarkSource
) -> dict[str, object]:
    """The circumstances; those that the Markdown shows are sentences."""
    missed = ", ".join(f"{code} {count}" for code, count in source.failures.items())
    told = "the truth's own"
    if source.predictor is not None:
        told = f"found on the damaged picture by {source.predictor.name}" + (f"; not found: {missed}" if missed else "")
    machine = stopwatch.machine()
    steps = "" if options.steps is None else f", {options.steps} sampling steps"
    return {
        "cases": len(cases),
        "pictures": len({case.name for case in cases}),
        "kinds": options.kinds,
        "limit": options.limit,
        "digest": digest,
        "manifest": {f"{case.name} {case.kind}": case_digest(case)[:16] for case in cases},
        "landmarks": told,
        "landmark_failures": source.failures,
        "hypotheses": f"{options.variants} per case, first seed {options.seed}{steps}",
        "variants": options.variants,
        "seed": options.seed,
        "steps": options.steps,
        "device": options.device,
        "machine": f"{machine['processor']}, {machine['cores']} cores, load {machine.get('load', '?')}",
        "machine_details": machine,
    }


def write(folder: Path, report: Report, sheet_rows: Sequence[SheetRow]) -> None:
    """The three files, each whole.

    Raises:
        StatueError: ``output-unwritable``, ``disk-full``.
    """
    sheet = contact_sheet(sheet_rows)
    jpeg = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    results = json.dumps(json_ready(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for name, content in ((TABLE, markdown(report).encode()), (SHEET, jpeg), (RESULTS, results.encode())):
        with whole_file(folder / name, force=True) as stream:
            stream.write(content)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Score as the options say.

    Raises:
        StatueError: see ``complete``, ``score_suite`` and ``training.evaluation.native.run``.
    """
    complete(options)
    if options.suite == NATIVE:
        native.run(options)
    else:
        score_suite(options)
