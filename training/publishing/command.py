"""Make a run's network the one that this checkout's program uses.

    python -m training publish RUN

RUN is the folder of a run of ``train`` or ``appearance``, judged and done; what is no better than what it would replace
is refused (docs/training.md).
"""

import argparse
from pathlib import Path

from training.appearance import run as appearance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of a run, judged and done")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Publish.

    Raises:
        StatueError: see ``training.publishing.networks.publish`` and ``training.appearance.run.publish``.
    """
    if (options.folder / appearance.WEIGHTS).is_file():
        print(f"published: {appearance.publish(options.folder)}")
        return
    # Only now: an appearance model needs no torch.
    from training.publishing import networks

    print(f"published: {networks.publish(options.folder)}")
