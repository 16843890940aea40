"""Learn what carving and wear add to a lit head, from labelled photographs.

    python -m training appearance [RECIPE] --out DIR [--workers N] [--set KEY=VALUE ...]

RECIPE is a TOML file, or the name of one in training/recipes. What it holds and what is written: docs/training.md.
"""

import argparse
import os
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import add_assets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("recipe", nargs="?", default="appearance", metavar="RECIPE",
        help="a TOML file, or the name of one in training/recipes (default: appearance)")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add_assets(parser)
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one per core)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change the recipe: appearance.rounds=1; may be given again")  # fmt: skip
    add("--force", action="store_true", help="overwrite a run that is in the folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Learn the appearance model.

    Raises:
        StatueError: for a bad recipe or bad options, and all that ``training.appearance.run.make`` raises.
    """
    from training.appearance.recipe import read_appearance_recipe
    from training.appearance.run import make

    recipe = read_appearance_recipe(options.recipe, options.changes)
    if options.workers < 1:
        raise StatueError("usage", reason="--workers must be 1 or more")
    make(recipe, options.assets, options.out, options.workers, options.force, say=lambda line: print(line, flush=True))
    print(f"wrote {options.out}")
