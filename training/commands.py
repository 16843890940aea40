"""How every command of ``training`` ends: with a status, and for a failure with one sentence and its remedy."""

import sys
from collections.abc import Callable

from statue_models.errors import StatueError


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command; returns its status (None is 0), or its failure's, as ``statue`` has them (docs/cli.md)."""
    try:
        return command() or 0
    except StatueError as error:
        failure = error
    except MemoryError:
        failure = StatueError("out-of-memory")
    except KeyboardInterrupt:
        failure = StatueError("interrupted")
    print(f"{failure.sentence} {failure.remedy}", file=sys.stderr)
    return failure.exit_status
