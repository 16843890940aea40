"""How every command of ``training`` ends: with a status, and for a failure with one sentence and its remedy."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from statue_models.errors import StatueError


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command; returns its status (None is 0), or its failure's, as ``statue`` has them (docs/cli.md).

    SIGTERM ends it as Ctrl-C does, so that processes which it started end with it and nothing is left half written.
    """
    # Handlers can be set in the main thread alone.
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _interrupt) if main else None
    try:
        return command() or 0
    except BaseException as error:
        failure = StatueError.from_exception(error)
        if failure.code == "internal" and failure is not error:
            raise  # with its traceback: whoever trains can read it
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    print(f"{failure.sentence} {failure.remedy}", file=sys.stderr)
    return failure.exit_status


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
