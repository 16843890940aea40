"""What the evaluation command takes."""

import argparse
from pathlib import Path

from statue_models.errors import StatueError
from statue_models.fields import FIELDS
from statue_models.methods import registry
from statue_models.whole_file import check_writable
from training.commands import add_assets
from training.evaluation.contenders.contender import BASELINES
from training.evaluation.contenders.predictors import LANDMARK_BASELINE
from training.evaluation.native.report import ABOUT as NATIVE_ABOUT
from training.evaluation.native.report import SUITE as NATIVE
from training.suites.masks import FEATURES, KINDS
from training.suites.native.damage import KINDS as NATIVE_KINDS
from training.suites.suite import SUITES

RESULTS, TABLE, SHEET = "results.json", "table.md", "sheet.jpg"
#: A JPEG file has at most 65,535 pixels on a side. Chosen to keep sheets far below that.
MOST_ROWS = 300
#: Options that one kind of suite alone knows. The native one shows every case, and knows no 68 true points.
NATIVE_ONLY = ("photographs", "windows")
NOT_NATIVE = ("cache", "landmark_predictors", "rows", "worst")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    suites = (*((one.name, one.about) for one in SUITES.values()), (NATIVE, NATIVE_ABOUT))
    parser.epilog = "\n".join(["suites:", *(f"  {name}: {about}" for name, about in suites)])
    add = parser.add_argument
    add_assets(parser)
    add("--models", type=_names, default=[registry.descriptor("default").name], metavar="A,B",
        help="the registry's names; statueflow@FILE.safetensors for other weights; path:DIR for the folder of a"
        " training run of it; module:NAME for restore(bgr, mask) -> (bgr, info) of an importable module"
        " (default: the registry's)")  # fmt: skip
    add("--baselines", type=_names, default=list(BASELINES), metavar="A,B",
        help=f"scored beside them, or 'none' (default: {','.join(BASELINES)}; also: untouched)")  # fmt: skip
    add("--suite", choices=(*SUITES, NATIVE), default="check",
        help="default: check; photographs is for final tables only")  # fmt: skip
    add("--kinds", type=_names, metavar="A,B",
        help=f"of damage: {', '.join(KINDS)} (default: the first {len(FEATURES)}); of the suite {NATIVE}:"
        f" {', '.join(NATIVE_KINDS)} (default: all)")  # fmt: skip
    add("--photographs", type=Path, metavar="FOLDER",
        help=f"of the suite {NATIVE}: other photographs than the frozen ones")  # fmt: skip
    add("--limit", type=_positive, metavar="N", help="only the first N pictures")
    add("--landmarks", choices=("found", "given"), default="found",
        help=f"what methods are told (default: found; given: the truth's, in the suite {NATIVE} those found on the"
        " undamaged photograph)")  # fmt: skip
    add("--predictor", metavar="NAME", help="finds the landmarks, also of completed faces (default: the program's)")
    add("--landmark-models", type=Path, metavar="DIR", help="folder of FaceMesh's files (default: the usual places)")
    add("--landmark-predictors", type=_names, metavar="A,B",
        help="compared in the landmark table, or 'none'; NAME@FILE.safetensors for other weights of a network"
        f" (default: {LANDMARK_BASELINE} and the program's)")  # fmt: skip
    add("--variants", type=_positive, default=1, metavar="N", help="hypotheses per case, for diversity (default: 1)")
    add("--steps", type=_positive, metavar="N", help="sampling steps of networks (default: their own)")
    add("--seed", type=int, default=0, metavar="S", help="of the first hypothesis; the others follow (default: 0)")
    add("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="of networks (default: cpu)")
    add("--cache", type=Path, metavar="DIR", help="folder of the rendered suite's pictures (default: the user's data)")
    add("--no-processes", action="store_true", help="do not time whole processes")
    add("--rows", type=_positive, default=24, metavar="N", help="cases on the contact sheet (default: 24)")
    add("--worst", action="store_true", help="show those where the last model answered and is furthest from the truth")
    add("--windows", action="store_true",
        help=f"of the suite {NATIVE}: write every fill with its surroundings as a PNG file of its own")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR",
        help=f"gets {RESULTS}, {TABLE} and {SHEET} ({NATIVE}: a sheet per photograph); made if need be")  # fmt: skip
    add("--force", action="store_true", help="replace what an earlier run wrote there")


def _names(text: str) -> list[str]:
    return [] if text == "none" else list(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def complete(options: argparse.Namespace) -> None:
    """Refuse options that make no sense, fill in what the suite decides, and make the output folder.

    Raises:
        StatueError: ``usage``; ``output-unwritable``, ``output-exists``.
    """
    native = options.suite == NATIVE
    _check_suite(options, NOT_NATIVE if native else NATIVE_ONLY)
    known = NATIVE_KINDS if native else KINDS
    if options.kinds is None:
        options.kinds = list(NATIVE_KINDS if native else FEATURES)
    for kind in options.kinds:
        if kind not in known:
            raise StatueError("usage", reason=f"There is no damage called {kind}; there are {', '.join(known)}")
    if native and options.variants > FIELDS["variants"].highest:
        raise StatueError("usage", reason=f"A restoration has {FIELDS['variants'].highest} variants at most")
    if not options.models and not options.baselines:
        raise StatueError("usage", reason="There is nothing to score: name models or baselines")
    if options.rows > MOST_ROWS:
        raise StatueError("usage", reason=f"A contact sheet has {MOST_ROWS} rows at most")
    if not 0 <= options.seed < 2**62:
        raise StatueError("usage", reason="--seed must be from 0 to 2^62")
    if not options.kinds:
        raise StatueError("usage", reason="There is no damage to score: name kinds")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=options.out, reason=error.strerror or str(error)) from None
    for name in (RESULTS, TABLE) if native else (RESULTS, TABLE, SHEET):
        check_writable(options.out / name, options.force)


def _check_suite(options: argparse.Namespace, foreign: tuple[str, ...]) -> None:
    """Refuse options that the suite does not know, rather than ignore them."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    for name in foreign:
        if getattr(options, name) != parser.get_default(name):
            flag = name.replace("_", "-")
            raise StatueError("usage", reason=f"--{flag} is not for the suite {options.suite}")
