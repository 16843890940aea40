"""The statue factory's commands.

    python -m training.statues make --count N --size 256 --out DIR [--seed S] [--pairs] [--workers W]
    python -m training.statues sheet --out FILE [--count 96] [--way picture]
    python -m training.statues profile [--count 16]

What comes out, and how good it is: docs/statue-factory.md.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import exit_status

MOST = 10_000_000
#: Seconds before the progress bar: what cannot be is said at once, alone.
BAR_AFTER = 2.5


def arguments() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    parser = argparse.ArgumentParser(prog="python -m training.statues", description="Render statues.")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    add = common.add_argument
    assets = os.environ.get("STATUE_ASSETS")
    add("--assets", type=Path, required=assets is None, default=assets and Path(assets), metavar="DIR",
        help="folder with morphable_head/ict_facekit.npz and environments/hdri_256x128.npz")  # fmt: skip
    add("--size", type=int, default=256, metavar="S", help="side of the pictures (default: 256)")
    add("--seed", type=int, default=0, metavar="S", help="of the first statue (default: 0)")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: the GPU where there is one")
    make = commands.add_parser("make", parents=[common], help="a data set")
    make.add_argument("--count", type=int, required=True, metavar="N", help="good statues to make")
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="made, or gone on with")
    make.add_argument("--pairs", action="store_true", help="also each statue damaged, and the mask of the damage")
    make.add_argument("--maps", action="store_true", help="also depth and normals")
    make.add_argument("--plain", action="store_true", help="single files instead of WebDataset shards")
    make.add_argument("--workers", type=int, metavar="W", help="processes on a CPU (default: one per core)")
    sheet = commands.add_parser("sheet", parents=[common], help="a contact sheet")
    sheet.add_argument("--count", type=int, default=96, metavar="N", help="statues (default: 96)")
    sheet.add_argument("--columns", type=int, default=12, metavar="N", help="default: 12")
    sheet.add_argument("--cell", type=int, metavar="PX", help="side of each statue (default: its own)")
    sheet.add_argument("--way", choices=("picture", "landmarks", "parts", "pairs"), default="picture")
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .png or .jpg file")
    profile = commands.add_parser("profile", parents=[common], help="images/s, and where the time goes")
    profile.add_argument("--count", type=int, default=16, metavar="N", help="statues to time (default: 16)")
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options, found to make sense.

    Raises:
        StatueError: ``usage``; ``output-unwritable``.
    """
    if not 1 <= options.count <= MOST:
        raise StatueError("usage", reason=f"--count must be from 1 to {MOST}")
    if not 0 <= options.seed < 2**62:
        raise StatueError("usage", reason="--seed must be from 0 to 2^62")
    for name in ("columns", "cell", "workers"):
        if getattr(options, name, None) is not None and getattr(options, name) < 1:
            raise StatueError("usage", reason=f"--{name} must be 1 or more")
    if options.command == "sheet" and not options.out.resolve().parent.is_dir():
        raise StatueError("output-unwritable", path=options.out, reason="there is no such folder")
    return options


def run(options: argparse.Namespace) -> int:
    """Do it; returns the exit status.

    Raises:
        StatueError: for bad options, missing assets and packages, files that cannot be written.
    """
    try:
        import torch
        import warp as wp
        from tqdm import tqdm
    except ModuleNotFoundError as error:
        how = "Install what training needs with 'pip install -e .[train]'."
        raise StatueError("missing-package", package=error.name, how=how) from None
    from training.statues.output import shards, sheet, timing
    from training.statues.output.samples import Wish
    from training.statues.rendering.factory import Factory
    from training.statues.sources.environments import read_environments
    from training.statues.sources.head_model import read_head

    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() and wp.is_cuda_available() else "cpu"
    if options.command == "make":
        wish = Wish(options.pairs, options.maps)
        order = shards.Order(
            options.out, options.assets, options.count, options.size, options.seed, wish, options.plain, device
        )
        with tqdm(total=options.count, unit="statue", delay=BAR_AFTER) as bar:
            tally = shards.make(order, options.workers or os.cpu_count() or 1, bar.update)
        print(f"{tally.sentence()}; {options.out / 'manifest.jsonl'}")
        return 0
    factory = Factory(read_head(options.assets), read_environments(options.assets), options.size, device)
    if options.command == "sheet":
        cell = options.cell or options.size
        with tqdm(total=options.count, unit="statue", delay=BAR_AFTER) as bar:
            picture, tally = sheet.contact_sheet(
                factory, options.seed, options.count, options.columns, cell, options.way, bar.update
            )
        sheet.write_sheet(options.out, picture)
        print(tally.sentence() + (f"; {sheet.legend()}" if options.way == "parts" else ""))
        return 0
    torch.set_num_threads(1)
    measured = timing.measure(factory, options.count, options.seed)
    print(timing.report(factory, measured, timing.growth(factory, options.count, options.seed)))
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit status, as ``statue`` has them (docs/cli.md)."""
    options = arguments().parse_args(words)
    return exit_status(lambda: run(checked(options)))


if __name__ == "__main__":
    sys.exit(main())
