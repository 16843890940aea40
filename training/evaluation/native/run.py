"""``python -m training evaluate --suite native``: scores whole photographs, and writes tables, sheets and windows."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from statue_models.errors import StatueError
from statue_models.whole_file import check_writable, whole_file
from training.evaluation.arguments import RESULTS, TABLE
from training.evaluation.contenders.contender import Contender, Setting, contenders
from training.evaluation.contenders.predictors import named_predictor
from training.evaluation.metrics import perceptual, stopwatch
from training.evaluation.metrics.hole import FeatureMetric
from training.evaluation.native import table
from training.evaluation.native.contenders import NativeContenders, needs_face
from training.evaluation.native.report import NativeReport, json_ready, markdown
from training.evaluation.native.scoring import NativeResult, NativeScore, NativeScorer, UndamagedLandmarks
from training.evaluation.native.sheet import SheetRow, contact_sheet, jpeg, png, sheet_row
from training.evaluation.scoring import LandmarkSource
from training.features.mobilenet import MobileNet
from training.suites.cases import case_digest
from training.suites.native.cases import FOLDER, NATIVE_DIGEST, NativeCase, cases_of, digest, photographs
from training.suites.native.damage import KINDS
from training.suites.native.faces import face_finder

SHEETS, WINDOWS = "sheets", "windows"
#: Seconds before a progress bar: what cannot be is said at once, alone. Chosen.
BAR_AFTER = 1.5


def run(options: argparse.Namespace) -> NativeReport:
    """Score, write the files, print the tables. Photographs are in memory one at a time.

    Args:
        options: of the evaluation command, checked.

    Raises:
        StatueError: as ``contenders``, ``photographs`` and ``cases_of`` do; ``usage`` if no photograph has a face;
            ``output-exists``, ``output-unwritable``, ``disk-full``; ``out-of-memory``, ``interrupted``.
    """
    paths = photographs(options.photographs or options.assets / FOLDER, options.limit)
    _make_folders(options, paths)
    setting = Setting(options.device, options.steps)
    others = [name for name in options.baselines if name not in options.models]
    entries, not_measured = contenders(options.models, setting, others, make=NativeContenders())
    shown = [one.name for one in entries[-len(options.models) :]]
    lpips, without = perceptual.open_lpips()
    not_measured += [without] if without else []
    for sentence in not_measured:
        _warn_not_measured(sentence)
    scorer = NativeScorer(
        entries,
        _landmarks(options, entries),
        FeatureMetric(MobileNet(options.assets)),
        lpips,
        range(options.seed, options.seed + options.variants),
    )

    def without_face(name: str) -> None:
        not_measured.append(f"{name}: no face was found in it.")
        _warn_not_measured(not_measured[-1])

    find = face_finder(options.assets)
    scores: list[NativeScore] = []
    manifest: dict[str, str] = {}
    with tqdm(total=len(paths) * len(options.kinds), unit="case", disable=None, delay=BAR_AFTER) as bar:
        for path in paths:
            rows: list[SheetRow] = []
            for case in cases_of([path], find, options.kinds, without_face):
                result = scorer(case)
                scores += result.scores
                manifest[case.title] = case_digest(case)
                rows.append(sheet_row(case, result, shown))
                if options.windows:
                    _write_windows(options.out / WINDOWS, case, result)
                bar.update()
            if rows:
                _write(options.out / SHEETS / f"{path.stem}.jpg", jpeg(contact_sheet(rows)))
    if not scores:
        raise StatueError("usage", reason="No face was found in any of the photographs")
    whole = digest(manifest.values())
    report = NativeReport(
        state=state_of(whole, options),
        facts=_facts(options, scorer, manifest, whole),
        contenders=entries,
        shown=shown,
        rows=table.rows(scores),
        scores=scores,
        not_measured=not_measured,
        refusals=scorer.refusals,
    )
    results = json.dumps(json_ready(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    _write(options.out / TABLE, markdown(report).encode())
    _write(options.out / RESULTS, results.encode())
    print(f"{len(manifest)} cases, sha256 {whole[:16]} ({report.state})", file=sys.stderr)
    print(markdown(report))
    return report


def state_of(whole: str, options: argparse.Namespace) -> str:
    """What a digest says about the cases."""
    if whole == NATIVE_DIGEST:
        return "the frozen suite"
    if options.photographs is not None:
        return "photographs of your own: compare only with tables of the same digest"
    if options.limit is not None or options.kinds != list(KINDS):
        return "part of the suite"
    return (
        "NOT THE FROZEN SUITE: other photographs, or holes drawn otherwise; compare only with tables of the same digest"
    )


def _landmarks(options: argparse.Namespace, entries: Sequence[Contender]) -> LandmarkSource | None:
    if not any(needs_face(one) for one in entries):
        return None
    predictor = named_predictor(options.predictor, options.landmark_models)
    return LandmarkSource(predictor) if options.landmarks == "found" else UndamagedLandmarks(predictor)


def _facts(
    options: argparse.Namespace, scorer: NativeScorer, manifest: dict[str, str], whole: str
) -> dict[str, object]:
    """The circumstances; those that the Markdown shows are sentences."""
    told, source = "nobody needs any", scorer.landmarks
    failures = {} if source is None else source.failures
    if source is not None and source.predictor is not None:
        where = "damaged" if options.landmarks == "found" else "undamaged"
        missed = ", ".join(f"{code} {count}" for code, count in failures.items())
        told = f"found on the {where} photograph by {source.predictor.name}"
        told += f", median {np.median(scorer.search):.2f} s" + (f"; not found: {missed}" if missed else "")
    machine = stopwatch.machine()
    steps = "" if options.steps is None else f", {options.steps} sampling steps"
    many = " of a nose, mouth or eye, 1 of the others" if options.variants > 1 else " per case"
    return {
        "cases": len(manifest),
        "pictures": len({title.rsplit("-", 1)[0] for title in manifest}),
        "kinds": options.kinds,
        "limit": options.limit,
        "digest": whole,
        "manifest": {title: each[:16] for title, each in manifest.items()},
        "landmarks": told,
        "landmark_failures": failures,
        "hypotheses": f"{options.variants}{many}, seed {options.seed}{steps}",
        "variants": options.variants,
        "seed": options.seed,
        "steps": options.steps,
        "device": options.device,
        "machine": f"{machine['processor']}, {machine['cores']} cores, load {machine.get('load', '?')}",
        "machine_details": machine,
    }


def _make_folders(options: argparse.Namespace, paths: Sequence[Path]) -> None:
    """The folders for sheets and windows; what an earlier run wrote there is replaced only when asked."""
    try:
        (options.out / SHEETS).mkdir(exist_ok=True)
        if options.windows:
            (options.out / WINDOWS).mkdir(exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=options.out, reason=error.strerror or str(error)) from None
    for path in paths:
        check_writable(options.out / SHEETS / f"{path.stem}.jpg", options.force)


def _write_windows(folder: Path, case: NativeCase, result: NativeResult) -> None:
    """The hole with its surroundings at 100 %: damaged, the truth, and every contender's hypotheses."""
    _write(folder / f"{case.title}-damaged.png", png(case.damaged[result.window]))
    _write(folder / f"{case.title}-truth.png", png(case.truth[result.window]))
    for name, pictures in result.pictures.items():
        for number, picture in enumerate(pictures):
            ending = f"-{number + 1}" if number else ""
            _write(folder / f"{case.title}-{name}{ending}.png", png(picture))


def _write(path: Path, content: bytes) -> None:
    with whole_file(path, force=True) as stream:
        stream.write(content)


def _warn_not_measured(sentence: str) -> None:
    print(f"*** NOT MEASURED *** {sentence}", file=sys.stderr)
