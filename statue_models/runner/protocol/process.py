"""A runner's process, as a client starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import StatueError, reason_of
from .state_file import open_private

LOG_FILE = "runner.log"
#: A host application may set these for its own Python; another Python does not start with them.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "__PYVENV_LAUNCHER__")
_DETACHED: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _DETACHED = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}


def start_runner(command: Sequence[str], directory: Path) -> subprocess.Popen[bytes]:
    """Start a runner of its own session, which outlives this process; what it says goes into a log.

    Args:
        command: argument list.
        directory: its state directory, with the log.

    Raises:
        StatueError: runner-start.
    """
    try:
        log = open_private(directory / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(log, "wb") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=_environment(),
                **_DETACHED,
            )
    except (OSError, IndexError) as error:
        raise StatueError("runner-start", reason=reason_of(error)) from error


def last_words(directory: Path) -> str:
    """What a runner that ended said last; empty where it said nothing."""
    try:
        lines = (directory / LOG_FILE).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip().rstrip(".")[:200] if lines else ""


def _environment() -> dict[str, str]:
    """The environment without what belongs to the Python, or to the application bundle, that this code runs in."""
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    if "APPDIR" in environment or "SNAP" in environment:
        environment.pop("LD_LIBRARY_PATH", None)
    return environment
