"""The command ``statue``: restore, landmarks, models, serve.

Each subcommand is a module that is imported when it runs, so that ``statue --help`` needs no NumPy. stdout carries only
what was asked for; everything said to a person goes to stderr.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from statue_models.cli import arguments, output
from statue_models.errors import StatueError


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``statue`` with these arguments (None = the process's own); returns the exit status of docs/cli.md."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    try:
        options = arguments.parse(words)
        status: int = options.run(options) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read stdout has left (statue ... | head); Python must not try to write the rest at its end.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return output.report(StatueError("output-unwritable", path="stdout", reason="its reader has closed it"), False)
    except (Exception, KeyboardInterrupt) as error:
        failure = StatueError.from_exception(error)
        if failure.code == "internal" and failure is not error and os.environ.get("STATUE_TRACEBACK"):
            raise
        return output.report(failure, as_json)
