"""Train a model by a recipe.

    python -m training train RECIPE --out DIR [--resume DIR] [--minutes M] [--batch N] [--set KEY=VALUE ...]

RECIPE is a TOML file, or the name of one in training/recipes. What it holds and what is written: docs/training.md.
"""

import argparse
import json
import sys
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import add_assets, add_device
from training.engine.recipe import read_recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="a TOML file, or the name of one in training/recipes")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add("--resume", type=Path, metavar="DIR", help="go on from the run in this folder, which may be that of --out")
    add_assets(parser)
    add("--reduced", action="store_true", help="what two processor cores carry: the keys of the recipe's [reduced]")
    add("--minutes", type=float, metavar="M", help="the schedule's length, instead of the recipe's")
    add("--images", type=int, metavar="N", help="the schedule's length in images, instead of the recipe's")
    add("--stop-after", type=float, default=float("inf"), metavar="M",
        help="pause after so many minutes, with the schedule as it is, to be gone on with later")  # fmt: skip
    add("--batch", type=int, metavar="N", help="images per step and process")
    add("--seed", type=int, metavar="S", help="decides weights and examples")
    add_device(parser)
    add("--features", metavar="NAME",
        help="feature network of its losses: mobilenet, random-vgg19, vgg19 or a file of VGG-19's weights; the same "
        "as --set system.features")  # fmt: skip
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change the recipe: run.clip=0.5, system.width=32; VALUE as in TOML; may be given again")  # fmt: skip
    add("--force", action="store_true", help="overwrite a run that is in the folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train; returns the exit status.

    Raises:
        StatueError: for a bad recipe or bad options, and all that ``training.engine.trainer.train`` raises.
    """
    # JSON's way of writing text is TOML's, too.
    named = [f"system.features={json.dumps(options.features)}"] if options.features is not None else []
    recipe = read_recipe(
        options.recipe, [*options.changes, *named], options.reduced,
        minutes=options.minutes, images=options.images, batch=options.batch, seed=options.seed,
    )  # fmt: skip
    if not options.stop_after >= 0:
        raise StatueError("usage", reason="--stop-after must be 0 or more")
    # Only now: what is refused needs no torch.
    from training.engine import ranks, trainer
    from training.engine.stopping import StopSignals

    with ranks.join(options.device) as own, StopSignals(quiet=not own.first) as signals:
        outcome = trainer.train(
            recipe, options.out, options.assets, own, options.resume, options.force,
            stop_after=options.stop_after, asked_to_stop=lambda: signals.seen,
            say=lambda line: print(line, flush=True),
        )  # fmt: skip
    if own.first:
        position = outcome.position
        print(f"{position.images} images in {position.steps} steps, {outcome.images_per_second:.1f} images/s")
        print(f"wrote {options.out}", flush=True)
        if outcome.ended != "done":
            print(f"{outcome.ended} before its end; --resume {options.out} goes on from there", file=sys.stderr)
    return StatueError("interrupted").exit_status if outcome.ended == "stopped" else 0
