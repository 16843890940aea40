"""The command line of the installer."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from installer import doctor, installing, testing
from installer.files import alone
from installer.gimps import find_gimps
from installer.layout import find_layout
from installer.processes import CommandFailed, InstallError, run, say
from installer.uninstall import uninstall

_DESCRIPTION = """\
Installs Restore Statue Face for the user who runs this: a runtime of its own, the plug-in into every GIMP, the command
statue, and the bundled example, restored. Nothing is installed for other users, and no root is needed.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m installer", description=_DESCRIPTION)
    torch = parser.add_mutually_exclusive_group()
    torch.add_argument(
        "--torch",
        action="store_true",
        default=None,
        help="with PyTorch, for the networks, also where that is a large download (asks before it); a small one is"
        " fetched without being asked for",
    )
    torch.add_argument("--no-torch", action="store_false", dest="torch", help="without the networks")
    parser.add_argument("--gpu", action="store_true", help="the same, for an NVIDIA GPU")
    parser.add_argument("--yes", action="store_true", help="agree to large downloads")
    parser.add_argument("--example", type=Path, metavar="FOLDER", help="where the restored example goes")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("doctor", help="look at every part of the installation")
    commands.add_parser("uninstall", help="take away everything that was installed, and no picture of yours")
    test = commands.add_parser("test", help="run all checks and tests, in an environment of their own")
    test.add_argument("--all", action="store_true", help="the slow tests as well")
    test.add_argument("--torch", action="store_true", help="with PyTorch even where that is a large download")
    test.add_argument("pytest", nargs="*", metavar="ARGUMENT", help="for pytest, after --")
    return parser


def main() -> int:
    """Carry out the command line; returns the exit status."""
    options = _parser().parse_args()
    layout = find_layout()
    started = time.monotonic()
    try:
        if options.command == "test":
            return testing.test(layout.checkout, options.all, options.torch, options.pytest, run, say)
        if options.command == "doctor":
            return 0 if doctor.report(doctor.examine(layout, find_gimps(layout.home), run), say) else 1
        if options.command == "uninstall":
            uninstall(layout, find_gimps(layout.home), say)
            return 0
        choices = installing.Choices(options.torch, options.gpu, options.yes, options.example)
        with alone(layout.data / ".lock"):
            installing.install(layout, choices, find_gimps(layout.home), run, say)
        say(f"Done in {time.monotonic() - started:.0f} s.")
    except InstallError as error:
        print(f"\nError: {error}\n{error.remedy}", file=sys.stderr, flush=True)
        return 1
    except CommandFailed as error:
        print(f"\nError: {error}\n{error.last_lines(5)}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was installed before still works.", file=sys.stderr, flush=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
