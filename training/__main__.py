"""Training and judging.

    python -m training train RECIPE --out DIR [--resume DIR] [--minutes M] [--batch N] [--set KEY=VALUE ...]
    python -m training appearance [RECIPE] --out DIR [--workers N] [--set KEY=VALUE ...]
    python -m training publish RUN
    python -m training evaluate ...

RECIPE is a TOML file, or the name of one in training/recipes. What it holds and what is written: docs/training.md.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from statue_models.errors import StatueError
from training.commands import exit_status
from training.engine.recipe import Recipe, read_recipe


def arguments() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    parser = argparse.ArgumentParser(prog="python -m training", description="Train and judge the project's models.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train a model by a recipe")
    add = train.add_argument
    assets = os.environ.get("STATUE_ASSETS")
    add("recipe", metavar="RECIPE", help="a TOML file, or the name of one in training/recipes")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add("--resume", type=Path, metavar="DIR", help="go on from the run in this folder, which may be that of --out")
    add("--assets", type=Path, required=assets is None, default=assets and Path(assets), metavar="DIR",
        help="folder of the data (default: the environment's STATUE_ASSETS)")  # fmt: skip
    add("--minutes", type=float, metavar="M", help="the schedule's length, instead of the recipe's")
    add("--images", type=int, metavar="N", help="the schedule's length in images, instead of the recipe's")
    add("--stop-after", type=float, default=float("inf"), metavar="M",
        help="pause after so many minutes, with the schedule as it is, to be gone on with later")  # fmt: skip
    add("--batch", type=int, metavar="N", help="images per step and process")
    add("--seed", type=int, metavar="S", help="decides weights and examples")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: the GPU where there is one")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change the recipe: run.clip=0.5, system.width=32; VALUE as in TOML; may be given again")  # fmt: skip
    add("--force", action="store_true", help="overwrite a run that is in the folder")
    _add_appearance(commands.add_parser("appearance", help="learn what carving and wear add to a lit head"), assets)
    publish = commands.add_parser("publish", help="make a run's network the one that this checkout's program uses")
    publish.add_argument("run", type=Path, metavar="RUN", help="folder of a run, judged and done")
    evaluate = commands.add_parser("evaluate", add_help=False, help="judge methods on frozen cases")
    evaluate.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def _add_appearance(parser: argparse.ArgumentParser, assets: str | None) -> None:
    add = parser.add_argument
    add("recipe", nargs="?", default="appearance", metavar="RECIPE",
        help="a TOML file, or the name of one in training/recipes (default: appearance)")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add("--assets", type=Path, required=assets is None, default=assets and Path(assets), metavar="DIR",
        help="folder of the data (default: the environment's STATUE_ASSETS)")  # fmt: skip
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one per core)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change the recipe: appearance.rounds=1; may be given again")  # fmt: skip
    add("--force", action="store_true", help="overwrite a run that is in the folder")


def train(options: argparse.Namespace) -> int:
    """Train; returns the exit status.

    Raises:
        StatueError: for a bad recipe or bad options, and all that ``training.engine.trainer.train`` raises.
    """
    recipe = read_recipe(
        options.recipe, options.changes,
        minutes=options.minutes, images=options.images, batch=options.batch, seed=options.seed,
    )  # fmt: skip
    if not options.stop_after >= 0:
        raise StatueError("usage", reason="--stop-after must be 0 or more")
    return _run(recipe, options)


def _run(recipe: Recipe, options: argparse.Namespace) -> int:
    try:
        from training.engine import ranks, trainer
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise StatueError("missing-package", package="torch", how="Install it with 'pip install torch'.") from None
    from training.engine.stopping import StopSignals

    with ranks.joined(options.device) as own, StopSignals(quiet=not own.first) as signals:
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


def appearance(options: argparse.Namespace) -> int:
    """Learn the appearance model; returns the exit status.

    Raises:
        StatueError: for a bad recipe or bad options, and all that ``training.appearance.run.make`` raises.
    """
    from training.appearance import run
    from training.appearance.recipe import read_appearance_recipe

    recipe = read_appearance_recipe(options.recipe, options.changes)
    if options.workers < 1:
        raise StatueError("usage", reason="--workers must be 1 or more")
    run.make(
        recipe, options.assets, options.out, options.workers, options.force, say=lambda line: print(line, flush=True)
    )
    print(f"wrote {options.out}")
    return 0


def publish(options: argparse.Namespace) -> int:
    """Publish; returns the exit status.

    Raises:
        StatueError: see ``training.publishing.publish`` and ``training.appearance.run.publish``; ``missing-package``.
    """
    if (options.run / "appearance.safetensors").is_file():
        from training.appearance import run

        print(f"published: {run.publish(options.run)}")
        return 0
    try:
        from training import publishing
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise StatueError("missing-package", package="torch", how="Install it with 'pip install torch'.") from None
    print(f"published: {publishing.publish(options.run)}")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit status, as ``statue`` has them (docs/cli.md)."""
    given = list(sys.argv[1:] if words is None else words)
    if given[:1] == ["evaluate"]:
        # All its words are its own, --help too.
        def evaluate() -> int:
            from training.evaluation.evaluate import main as evaluate_main

            return evaluate_main(given[1:])

        return exit_status(evaluate)
    options = arguments().parse_args(given)
    command = {"train": train, "appearance": appearance, "publish": publish}[options.command]
    return exit_status(lambda: command(options))


if __name__ == "__main__":
    sys.exit(main())
