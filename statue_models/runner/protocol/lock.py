"""An exclusive lock, by which one client starts a runner and one runner runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...errors import StatueError, reason_of
from .state_file import open_private

#: Held by the client that starts a runner.
START_LOCK = "start.lock"
#: Held by the runner.
RUNNER_LOCK = "runner.lock"


class FileLock:
    """An exclusive lock on a file, which the system lifts when its process ends, however it ends.

    Raises:
        StatueError: runner-start when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor: int | None = open_private(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise StatueError("runner-start", reason=f"{path.parent}: {reason_of(error)}") from error

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def try_acquire(self) -> bool:
        """Take the lock; False while somebody else has it."""
        assert self._descriptor is not None
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back, if it was held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
