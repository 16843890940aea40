"""Train ``statueflow``.

    python -m training.train_flow --assets DIR -o OUT.safetensors [--minutes M] [--batch N] [--resume FILE] [--register]

What it needs, what it takes and what is not known: docs/training.md.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from statue_models.errors import StatueError
from training.commands import exit_status

#: The product runs the network at this size, so only weights trained at it can be registered.
PRODUCT_SIZE = 256
MULTIPLE = 32
#: Seeds of statues set aside for each seed of a training run.
STATUE_SEEDS = 10**9


class StopSignals:
    """The first Ctrl-C (or SIGTERM, as batch systems send it) asks for a clean stop, the second stops at once."""

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> "StopSignals":
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True
        print("stopping after this step; once more to stop at once", file=sys.stderr)


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog="python -m training.train_flow", description="Train the model statueflow.")
    add = parser.add_argument
    assets = os.environ.get("STATUE_ASSETS")
    add("--assets", type=Path, required=assets is None, default=assets and Path(assets), metavar="DIR",
        help="folder with renders256.npz or renders256_b.npz, and statues128 if there")  # fmt: skip
    add("-o", "--output", type=Path, required=True, metavar="FILE", help="the .safetensors file to write")
    add("--minutes", type=float, default=60.0, metavar="M", help="of training, without loading (default: 60)")
    add("--images", type=int, metavar="N", help="stop after so many images, if that comes first")
    add("--batch", type=int, metavar="N", help="images per step (default: 256 on a GPU, 8 on a CPU)")
    add("--size", type=int, default=PRODUCT_SIZE, metavar="S",
        help=f"side of the pictures; only {PRODUCT_SIZE} can be registered (default: {PRODUCT_SIZE})")  # fmt: skip
    add("--resume", type=Path, metavar="FILE", help="go on from this checkpoint")
    add("--learning-rate", type=float, metavar="R", help="at its peak (default: 4e-4, resumed 2e-4)")
    add("--seed", type=int, default=0, metavar="S", help="decides weights, pictures and damage (default: 0)")
    add("--limit", type=int, metavar="N", help="only so many renders of each file")
    add("--statues", type=int, default=0, metavar="N", help="also draw N new statues, and train on them")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: the GPU where there is one")
    add("--compile", action="store_true", help="with torch.compile: a minute to start, faster after it")
    add("--register", action="store_true", help="then make it this checkout's statueflow")
    add("--force", action="store_true", help="overwrite OUT if it is there")
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options, found to make sense.

    Raises:
        StatueError: ``usage``, ``output-exists`` or ``output-unwritable``.
    """
    for name in ("images", "batch", "limit", "learning_rate"):
        if getattr(options, name) is not None and not getattr(options, name) > 0:
            raise StatueError("usage", reason=f"--{name.replace('_', '-')} must be larger than 0")
    if not 0 <= options.minutes < float("inf"):
        raise StatueError("usage", reason="--minutes must be 0 or more")
    if options.statues < 0 or options.statues == 1:
        raise StatueError("usage", reason="--statues must be 0, or 2 or more")
    if options.size % MULTIPLE or not 2 * MULTIPLE <= options.size <= PRODUCT_SIZE:
        raise StatueError(
            "usage", reason=f"--size must be a multiple of {MULTIPLE} from {2 * MULTIPLE} to {PRODUCT_SIZE}"
        )
    if options.register and options.size != PRODUCT_SIZE:
        raise StatueError("usage", reason=f"--register needs --size {PRODUCT_SIZE}")
    if options.output.suffix != ".safetensors":
        raise StatueError("usage", reason="the output's name must end in .safetensors")
    if not options.output.parent.is_dir():
        raise StatueError("output-unwritable", path=options.output, reason="there is no such folder")
    resumed = options.resume is not None and options.resume.resolve() == options.output.resolve()
    if options.output.exists() and not (options.force or resumed):
        raise StatueError("output-exists", path=options.output)
    return options


def run(options: argparse.Namespace) -> int:
    """Read, train, report, register; returns the exit status.

    Raises:
        StatueError: see ``checked``, ``read_pictures``, ``train`` and ``register``.
    """
    try:
        from statue_models.flow_method import torch_device
        from training.flow import checkpoint, drawn, loop, pictures
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise StatueError("missing-package", package="torch", how="Install it with 'pip install torch'.") from None
    device = torch_device(options.device)
    print("reading pictures", flush=True)
    fresh = None
    if options.statues:
        first = STATUE_SEEDS * (1 + options.seed)
        fresh = drawn.drawn_statues(options.assets, options.statues, options.size, device, first, lambda _: None)
    found = pictures.read_pictures(options.assets, options.size, options.limit, fresh)
    for kind, origins in (("to train on", found.train), ("held out", found.held)):
        renders = sum(len(p) for p in origins if p.rendered)
        print(f"{renders} renders and {sum(map(len, origins)) - renders} photographs {kind}", flush=True)
    with StopSignals() as signals:
        outcome = loop.train(
            found,
            options.output,
            minutes=options.minutes,
            batch=options.batch or (256 if device.type == "cuda" else 8),
            seed=options.seed,
            device=device,
            resume=options.resume,
            learning_rate=options.learning_rate,
            most_images=options.images,
            compiled=options.compile,
            asked_to_stop=lambda: signals.seen,
            say=lambda line: print(line, flush=True),
        )
    score = outcome.score
    print(f"{outcome.images} images, {outcome.images_per_second:.1f} images/s, loss {outcome.loss:.4f}")
    print(f"PSNR in the damage of {score.pictures} held-out pictures, median: {score.restored:.2f} dB")
    print(f"  by fast marching, which knows no faces: {score.telea:.2f} dB")
    print(f"wrote {options.output}, its log (.jsonl) and samples (.png)", flush=True)
    if outcome.stopped:
        print(f"stopped before its time; --resume {options.output} goes on from there", file=sys.stderr)
        return StatueError("interrupted").exit_status
    if options.register:
        if not score.restored > score.telea:
            how = "It restores held-out pictures no better than fast marching does: train it for longer."
            raise StatueError("untrained-model", name=checkpoint.MODEL, how=how)
        print(f"registered: {checkpoint.register(options.output)}")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """The command; returns its exit status, as ``statue`` has them (docs/cli.md)."""
    options = arguments().parse_args(words)
    return exit_status(lambda: run(checked(options)))


if __name__ == "__main__":
    sys.exit(main())
