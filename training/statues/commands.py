"""Render statues.

    python -m training statues make --count N --size 256 --out DIR [--seed S] [--yaw 50 82] [--pairs] [--workers W]
    python -m training statues sheet --out FILE [--count 96] [--way picture]
    python -m training statues profile [--count 16]

What comes out, and how good it is: docs/statue-factory.md.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.errors import StatueError
from training.commands import add_assets, add_device

if TYPE_CHECKING:
    from training.statues.rendering.factory import Factory

#: Statues that one run may be asked for; chosen: a bound on slips of the hand.
MOST = 10_000_000
#: Degrees: from behind.
MOST_YAW = 180.0
#: Seconds before the progress bar: what cannot be is said at once, alone. Chosen.
BAR_AFTER = 2.5


def add_make(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command that makes a data set."""
    add = parser.add_argument
    add("--count", type=int, required=True, metavar="N", help="good statues to make")
    add("--out", type=Path, required=True, metavar="DIR", help="made, or gone on with")
    add("--pairs", action="store_true", help="also each statue damaged, and the mask of the damage")
    add("--maps", action="store_true", help="also depth and normals")
    add(
        "--yaw",
        type=float,
        nargs=2,
        metavar=("LEAST", "MOST"),
        help="degrees by which heads are turned, to either side, whatever that hides (default: mostly to the front)",
    )
    add("--plain", action="store_true", help="single files instead of WebDataset shards")
    add("--workers", type=int, metavar="W", help="processes on a CPU (default: one per core)")
    _add_common(parser)
    parser.set_defaults(run=make)


def add_sheet(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command that makes a contact sheet."""
    add = parser.add_argument
    add("--count", type=int, default=96, metavar="N", help="statues (default: 96)")
    add("--columns", type=int, default=12, metavar="N", help="default: 12")
    add("--cell", type=int, metavar="PX", help="side of each statue (default: its own)")
    add("--way", choices=("picture", "landmarks", "parts", "pairs"), default="picture")
    add("--out", type=Path, required=True, metavar="FILE", help="a .png or .jpg file")
    _add_common(parser)
    parser.set_defaults(run=sheet)


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command that says how many images a second there are, and where the time goes."""
    parser.add_argument("--count", type=int, default=16, metavar="N", help="statues to time (default: 16)")
    _add_common(parser)
    parser.set_defaults(run=profile)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_assets(parser, "morphable_head/ict_facekit.npz and environments/hdri_256x128.npz")
    parser.add_argument("--size", type=int, default=256, metavar="S", help="side of the pictures (default: 256)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first statue (default: 0)")
    add_device(parser)


def _check(options: argparse.Namespace) -> None:
    """Refuse options that make no sense.

    Raises:
        StatueError: ``usage``.
    """
    if not 1 <= options.count <= MOST:
        raise StatueError("usage", reason=f"--count must be from 1 to {MOST}")
    if not 0 <= options.seed < 2**62:
        raise StatueError("usage", reason="--seed must be from 0 to 2^62")
    yaw = getattr(options, "yaw", None)
    if yaw is not None and not 0 <= yaw[0] <= yaw[1] <= MOST_YAW:
        raise StatueError("usage", reason=f"--yaw takes two angles from 0 to {MOST_YAW:g}, the lesser one first")
    for name in ("columns", "cell", "workers"):
        if getattr(options, name, None) is not None and getattr(options, name) < 1:
            raise StatueError("usage", reason=f"--{name} must be 1 or more")


def make(options: argparse.Namespace) -> None:
    """Make a data set, or go on with it.

    Raises:
        StatueError: ``usage``; for assets that are missing, files that cannot be written.
    """
    _check(options)
    from tqdm import tqdm

    from training.statues.output import shards
    from training.statues.output.samples import Wish

    order = shards.Order(
        options.out, options.assets, options.count, options.size, options.seed,
        Wish(options.pairs, options.maps, options.yaw and tuple(options.yaw)), options.plain, _device(options.device),
    )  # fmt: skip
    with tqdm(total=options.count, unit="statue", delay=BAR_AFTER) as bar:
        tally = shards.make(order, options.workers or os.cpu_count() or 1, bar.update)
    print(f"{tally.sentence()}; {options.out / 'manifest.jsonl'}")


def sheet(options: argparse.Namespace) -> None:
    """Draw a contact sheet.

    Raises:
        StatueError: ``usage``; ``output-unwritable``; for assets that are missing.
    """
    _check(options)
    if not options.out.resolve().parent.is_dir():
        raise StatueError("output-unwritable", path=options.out, reason="there is no such folder")
    from tqdm import tqdm

    from training.statues.output.sheet import contact_sheet, legend, write_sheet

    factory, cell = _factory(options), options.cell or options.size
    with tqdm(total=options.count, unit="statue", delay=BAR_AFTER) as bar:
        picture, tally = contact_sheet(
            factory, options.seed, options.count, options.columns, cell, options.way, bar.update
        )
    write_sheet(options.out, picture)
    print(tally.sentence() + (f"; {legend()}" if options.way == "parts" else ""))


def profile(options: argparse.Namespace) -> None:
    """Say how many images a second there are, and where the time goes.

    Raises:
        StatueError: ``usage``; for assets that are missing.
    """
    _check(options)
    import torch

    from training.statues.output import timing

    factory = _factory(options)
    torch.set_num_threads(1)
    measured = timing.measure(factory, options.count, options.seed)
    print(timing.report(factory, measured, timing.growth(factory, options.count, options.seed)))


def _device(name: str) -> str:
    """The device of a name; "auto" is the GPU where torch and Warp both can work on it."""
    import torch
    import warp as wp

    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() and wp.is_cuda_available() else "cpu"


def _factory(options: argparse.Namespace) -> "Factory":
    from training.statues.rendering.factory import Factory
    from training.statues.sources.environments import read_environments
    from training.statues.sources.head_model import read_head

    head, environments = read_head(options.assets), read_environments(options.assets)
    return Factory(head, environments, options.size, _device(options.device))
