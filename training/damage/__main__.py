"""Measure every kind of damage, and draw it.

    python -m training.damage [--sheet FILE] [--size N] [--seed S] [--count N] [--assets DIR]

It prints the tables of docs/damage.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import exit_status

#: The sides that make sense: the smallest on which every kind can be drawn, and one that fits into memory.
SIZES = (32, 1024)
SHEET_ENDING = ".png"


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog="python -m training.damage", description="Measure every kind of damage.")
    add = parser.add_argument
    add("--sheet", type=Path, metavar="FILE", help="also draw some masks of every kind into this PNG")
    add("--size", type=int, default=128, metavar="N", help="side of the masks; paintings: 2N x 3N (default: 128)")
    add("--seed", type=int, default=0, metavar="S", help="decides every mask (default: 0)")
    add("--count", type=int, default=256, metavar="N", help="masks of each kind that are measured (default: 256)")
    add("--assets", type=Path, metavar="DIR",
        help="folder with statues128: measure hulls on its faces, and compare (default: the bundled head)")  # fmt: skip
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: the GPU where there is one")
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options, found to make sense.

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
    return options


def run(options: argparse.Namespace) -> int:
    """Print the tables and write the sheet; returns the exit status.

    Raises:
        StatueError: ``missing-package``, ``output-unwritable``, and those of ``faces`` and ``torch_device``.
    """
    try:
        import torch

        from statue_models.networks.loading import torch_device
        from training.damage import draws, faces, sheet, table
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise StatueError("missing-package", package="torch", how="Install it with 'pip install torch'.") from None
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
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit status, as ``statue`` has them (docs/cli.md)."""
    options = arguments().parse_args(words)
    return exit_status(lambda: run(checked(options)))


if __name__ == "__main__":
    sys.exit(main())
