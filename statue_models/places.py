"""Where things live on this user's machine, and under which name. Standard library only, Python 3.9.

``RESTORE_STATUE_FACE_HOME`` overrides every place at once (``HOME/state``, ``HOME/data``): tests and portable set-ups.
"""

import os
import sys
from pathlib import Path

#: The product's name.
NAME = "restore-statue-face"


def _base(kind: str, variable: str, default: str) -> Path:
    home = os.environ.get("RESTORE_STATUE_FACE_HOME")
    if home:
        return Path(home) / kind
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData/Local"))) / NAME / kind
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support" / NAME / kind
    base = os.environ.get(variable)
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / default) / NAME


def state_directory() -> Path:
    """Run-time state of this user (``runner.json``); created by the runner with mode 0700."""
    return _base("state", "XDG_STATE_HOME", ".local/state")


def data_directory() -> Path:
    """What the installer put there: the runtime environment and FaceMesh's two model files (``landmarks/``)."""
    return _base("data", "XDG_DATA_HOME", ".local/share")
