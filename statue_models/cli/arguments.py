"""What ``statue`` takes: the parser, without any import that a mere ``--help`` would not need."""

import argparse
import math
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import statue_models
from statue_models.errors import StatueError
from statue_models.fields import BOX, FIELDS, INTEGER, LANDMARKS, NUMBER, SWITCH, Field
from statue_models.tasks.paths import name_of, path_of

PICTURES = "PNG, JPEG, TIFF, WebP, camera raw, HEIC, AVIF, GIF or BMP"

_EXITS = (
    "exit status: 0 done, 1 internal error, 2 usage, 3 input, 4 no face found, 5 model or weights, 6 device or memory, "
    "7 runner or cluster, 8 output, 9 some of many pictures failed, 130 interrupted"
)


#: Processes at most: a slip of the hand is refused. Chosen.
MOST_WORKERS = 4096


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage as the catalogue does."""

    def error(self, message: str) -> NoReturn:
        raise StatueError("usage", reason=message[:1].upper() + message[1:].rstrip("."))


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; ``options.run(options)`` carries it out.

    Raises:
        StatueError: usage.
        SystemExit: after --help and --version.
    """
    return _parser().parse_args(words)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="statue",
        description="Restores the missing parts of damaged statue faces in photographs.",
        epilog=_EXITS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"statue {statue_models.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    restore = _command(commands, "restore", "fill the missing part of a photograph, or of many", "restore")
    _restore(restore)
    restore.set_defaults(run=_run_restore)
    _landmarks(_command(commands, "landmarks", "find the 68 landmarks of the face", "landmarks"))
    _models(_command(commands, "models", "list what restore --model and --predictor can be given", "models"))
    _serve(_command(commands, "serve", "run the local service that GIMP uses (it starts it by itself)", "serve"))
    return parser


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, summary: str, module: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=summary, description=summary[:1].upper() + summary[1:] + ".", epilog=_EXITS, allow_abbrev=False
    )

    def run(options: argparse.Namespace) -> int | None:
        status: int | None = import_module(f"statue_models.cli.{module}").run(options)
        return status

    parser.set_defaults(run=run)
    return parser


def _run_restore(options: argparse.Namespace) -> int | None:
    """One photograph, or many."""
    name = "restore_many" if _is_many(options) else "restore"
    status: int | None = import_module(f"statue_models.cli.{name}").run(options)
    return status


def _is_many(options: argparse.Namespace) -> bool:
    """Whether more than the one photograph is asked for, or what there is for many alone.

    Raises:
        StatueError: usage, where neither one nor many are asked for.
    """
    if len(options.photos) > 1 or any((options.masks, options.list, options.resume, options.workers, options.ray)):
        return True
    needed = {"PHOTO": options.photos, "--mask": options.mask, "-o/--output": options.output}
    lacking = ", ".join(name for name, given in needed.items() if not given)
    if lacking:
        raise StatueError("usage", reason=f"The following arguments are required: {lacking}")
    return False


def parse_more(words: Sequence[str], options: argparse.Namespace) -> argparse.Namespace:
    """The options of a ``statue restore`` where ``words`` are added to its command line; nothing else changes.

    Raises:
        StatueError: usage.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    _restore(parser)
    more = parser.parse_args(words, argparse.Namespace(**vars(options)))
    more.photos = options.photos
    return more


def _restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=name_of, nargs="*", metavar="PHOTO", help=PICTURES)
    _mask(parser)
    _output(parser)
    for field in FIELDS.values():
        if field.on_command_line:
            _option(parser, field)
    _files_beside(parser)
    parser.add_argument("--runner", action="store_true", help="let the local service do the work")
    _many(parser)
    _json(parser)
    _force_and_quiet(parser)


def _output(parser: argparse.ArgumentParser) -> None:
    words = "first variant, or a folder; the others become STEM.2.EXT, ..."
    parser.add_argument("-o", "--output", type=name_of, metavar="OUT", help=words)


def _files_beside(parser: argparse.ArgumentParser) -> None:
    """What can be had beside the variants."""
    words = "write the record of how it was made, as JSON"
    parser.add_argument("--report", type=name_of, metavar="FILE", help=words)
    words = "write how far variant 1 may be off: a grey picture of the size of the photograph"
    parser.add_argument("--uncertainty", type=name_of, metavar="FILE", help=words)


def _many(parser: argparse.ArgumentParser) -> None:
    """What there is for many photographs (docs/batch.md)."""
    many = parser.add_argument_group("many photographs", "-o, --report and --uncertainty name folders then")
    words = "each photograph's mask is the picture of the same stem in there"
    many.add_argument("--masks", type=name_of, metavar="DIR", help=words)
    words = "CSV or JSON: columns photo, mask, output and any option of one photograph"
    many.add_argument("--list", type=name_of, metavar="FILE", help=words)
    words = "do what is not done yet, as it is asked for now"
    many.add_argument("--resume", action="store_true", help=words)
    words = "processes that restore (default: as many as cores and memory carry)"
    many.add_argument("--workers", type=_integer(1, MOST_WORKERS), metavar="N", help=words)
    words = "restore on a Ray cluster: HOST:PORT, auto, or local for one of this machine"
    many.add_argument("--ray", metavar="ADDRESS", help=words)


def _landmarks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", type=path_of, metavar="PHOTO", help=PICTURES)
    _mask(parser)
    _option(parser, FIELDS["face"])
    _option(parser, FIELDS["predictor"])
    _option(parser, FIELDS["white"])
    parser.add_argument("--all", action="store_true", help="all faces of the picture, not one; JSON alone")
    parser.add_argument(
        "-o", "--output", type=path_of, metavar="FILE", help=".json, .pts or .svg; without it, JSON goes to stdout"
    )
    _json(parser)
    _force_and_quiet(parser)


def _mask(parser: argparse.ArgumentParser) -> None:
    """Which part is missing."""
    words = "picture of the same size: white = missing; or alpha, for what the photograph itself shows through"
    parser.add_argument("--mask", metavar="MASK", help=words)
    words = "black = missing; --no-invert takes a mask as it is that looks inverted (default: such a one is refused)"
    parser.add_argument("--invert", action=argparse.BooleanOptionalAction, help=words)
    for name, words in (
        ("grow", "let the mask reach PX pixels further"),
        ("feather", "let it fade over PX pixels more"),
    ):
        flag, limits = f"--{name}", _integer(0, 200)
        parser.add_argument(flag, type=limits, default=0, metavar="PX", help=f"{words} (default 0)")


def _models(parser: argparse.ArgumentParser) -> None:
    _json(parser)


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_integer(0, 65535), default=0, help="on 127.0.0.1; 0 (the default) takes any free one"
    )
    parser.add_argument(
        "--idle", type=_minutes, default=10.0, metavar="MINUTES", help="end when unused so long (default 10; 0 = never)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where runner.json goes instead of the user's state directory"
    )


def _option(parser: argparse.ArgumentParser, field: Field) -> None:
    """The option that a field of the request has; landmarks come in a file."""
    if field.kind == SWITCH:
        parser.add_argument(field.flag, action="store_true", help=field.line)
        return
    readers = {INTEGER: _integer(field.lowest, field.highest), NUMBER: _positive, BOX: _box, LANDMARKS: name_of}
    parser.add_argument(
        field.flag,
        type=readers.get(field.kind, str),
        default=field.default,
        choices=field.choices or None,
        metavar=field.metavar,
        help=field.line,
    )
    if field.shorthand:
        words = f"short for {field.flag} {field.shorthand}"
        parser.add_argument(
            f"--{field.shorthand}", dest=field.name, action="store_const", const=field.shorthand, help=words
        )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, also for errors")


def _force_and_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    parser.add_argument("--quiet", action="store_true", help="say nothing on stderr but errors")


def _integer(low: int, high: int) -> Callable[[str], int]:
    def integer(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    return integer


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes")
    return value


def _box(text: str) -> tuple[float, ...]:
    try:
        x, y, width, height = (float(word) for word in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not X,Y,W,H") from None
    return x, y, width, height
