"""The state directory, which is the user's alone, and the file in it by which clients find the runner."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import StatueError, reason_of

STATE_FILE = "runner.json"


def prepare_directory(directory: Path) -> None:
    """Make the state directory with mode 0700, or check that it is the user's own and nobody else can look into it.

    Raises:
        StatueError: state-insecure, runner-start when it cannot be made.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        _check_private(directory, os.lstat(directory), stat.S_ISDIR)
    except OSError as error:
        raise StatueError("runner-start", reason=f"{directory}: {reason_of(error)}") from error


def read_state(directory: Path) -> dict[str, Any] | None:
    """The contents of ``runner.json``, or None where there is none or it is not complete.

    Raises:
        StatueError: state-insecure when anybody else could have written it.
    """
    path = directory / STATE_FILE
    try:
        _check_private(path, os.lstat(path), stat.S_ISREG)
        with open(open_private(path, os.O_RDONLY), encoding="utf-8") as file:
            _check_private(path, os.fstat(file.fileno()), stat.S_ISREG)
            state = json.loads(file.read(1 << 16))
        if 0 < int(state["port"]) < 1 << 16 and str(state["token"]).isalnum():
            return dict(state)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _check_private(path: Path, status: os.stat_result, kind: Callable[[int], bool]) -> None:
    reason = None
    if not kind(status.st_mode):
        reason = "it is a link or not what it should be"
    elif sys.platform != "win32":  # there, the profile folder's own access list keeps others out
        if status.st_uid != os.geteuid():
            reason = "it belongs to another user"
        elif status.st_mode & 0o077:
            reason = f"its mode {stat.S_IMODE(status.st_mode):o} lets others in"
    if reason:
        raise StatueError("state-insecure", path=path, reason=reason)


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a file of the state directory; links are not followed, new files are the user's alone."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o600)
