"""Measure every kind of damage, and draw it.

    python -m training damage [--sheet FILE] [--size N] [--seed S] [--count N] [--assets DIR]

It prints the tables of docs/damage.md.
"""

import argparse
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import add_device

#: The sides that make sense: the smallest on which every kind can be drawn, and one that fits into memory. In
#: pixels; chosen.
SIZES = (32, 1024)
SHEET_ENDING = ".png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("--sheet", type=Path, metavar="FILE", help="also draw some masks of every kind into this PNG")
    add("--size", type=int, default=128, metavar="N", help="side of the masks; paintings: 2N x 3N (default: 128)")
    add("--seed", type=int, default=0, metavar="S", help="decides every mask (default: 0)")
    add("--count", type=int, default=256, metavar="N", help="masks of each kind that are measured (default: 256)")
    add("--assets", type=Path, metavar="DIR",
        help="folder with statues128: measure hulls on its faces, and compare (default: the bundled head)")  # fmt: skip
    add_device(parser)
    parser.set_defaults(run=run)


def _check(options: argparse.Namespace) -> None:
    """Refuse options that make no sense.

    Raises:
        StatueError: ``usage``.
    """
    if not SIZES[0] <= options.size <= SIZES[1]:
        raise StatueError("usage", reason=f"--size must be from {SIZES[0]} to {SIZES[1]}")
    if options.count < 1:
        raise StatueError("usage", reason="--count must be 1 or more")
    if not 0 <= options.seed < 2**63 - 1:
        raise StatueError("usage", reason="--seed must be from 0 to 2^63 - 2")
    if options.sheet is not None and options.sheet.suffix.lower() != SHEET_ENDING:
        raise StatueError("usage", reason=f"the sheet's name must end in {SHEET_ENDING}")


def run(options: argparse.Namespace) -> None:
    """Print the tables and write the sheet.

    Raises:
        StatueError: ``usage``, ``output-unwritable``, and those of ``faces`` and ``torch_device``.
    """
    _check(options)
    # Only now: what is refused needs no torch.
    import torch

    from statue_models.networks.loading import torch_device
    from training.damage import draws, faces, sheet, table

    device = torch_device(options.device)
    # A few small masks at once gain nothing from more threads, and lose much beside other work.
    torch.set_num_threads(1)
    if options.assets is None:
        measured = faces.built_in_faces(options.count, draws.Draws(options.seed, device))
    else:
        measured = faces.photographed_faces(options.assets, device)
    if options.sheet is not None:
        sheet.write_sheet(options.sheet, options.size, options.seed, device)
    for line in table.coverage_lines(options.count, options.size, options.seed, device):
        print(line, flush=True)
    print()
    for line in table.hull_lines(measured, options.size, device, compared=options.assets is not None):
        print(line, flush=True)
