"""What every command of ``training`` has in common: how it is told what to do, and how it ends.

It ends with a status, and for a failure with one sentence and its remedy.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from statue_models.errors import StatueError

#: Packages that are imported when something needs them -> how to get them; the others come with the project's extra.
SINGLE_PACKAGES = {"torch": "Install it with 'pip install torch'.", "h5py": "Install it with 'pip install h5py'."}
EXTRA = "Install what training needs with 'pip install -e .[train]'."
#: What is missing of these is a mistake of ours, not of the installation.
OWN = ("training", "statue_models")


class Parser(argparse.ArgumentParser):
    """Reports wrong usage as the catalogue does."""

    def error(self, message: str) -> NoReturn:
        """Refuse the words.

        Raises:
            StatueError: ``usage``.
        """
        raise StatueError("usage", reason=message[:1].upper() + message[1:].rstrip("."))


def add_assets(parser: argparse.ArgumentParser, holds: str = "the data (docs/datasets.md)") -> None:
    """``--assets DIR``, which the environment's STATUE_ASSETS may say instead; a ``Path``."""
    known = os.environ.get("STATUE_ASSETS")
    parser.add_argument("--assets", type=Path, required=known is None, default=known and Path(known), metavar="DIR",
        help=f"folder of {holds} (default: the environment's STATUE_ASSETS)")  # fmt: skip


def add_device(parser: argparse.ArgumentParser) -> None:
    """``--device auto|cpu|cuda``."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: the GPU where there is one"
    )


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command; returns its status (None is 0), or its failure's, as ``statue`` has them (docs/cli.md).

    SIGTERM ends it as Ctrl-C does, so that processes which it started end with it and nothing is left half written.
    """
    # Handlers can be set in the main thread alone.
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _interrupt) if main else None
    try:
        return command() or 0
    except ModuleNotFoundError as error:
        failure = _missing_package(error)
    except BaseException as error:
        failure = StatueError.from_exception(error)
        if failure.code == "internal" and failure is not error:
            raise  # with its traceback: whoever trains can read it
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    print(f"{failure.sentence} {failure.remedy}", file=sys.stderr)
    return failure.exit_status


def _missing_package(error: ModuleNotFoundError) -> StatueError:
    """What an import that failed means to the user; raises it again where it is a mistake of ours."""
    package = (error.name or "").split(".")[0]
    if not package or package in OWN:
        raise error
    return StatueError("missing-package", package=package, how=SINGLE_PACKAGES.get(package, EXTRA))


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
