"""Finding a Python that the program runs on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from installer.processes import CommandFailed, InstallError, Run, run

#: Python's version (major, minor), as pyproject.toml requires it.
OLDEST = (3, 11)
#: The newest one for which all pinned packages have wheels.
NEWEST = (3, 14)
#: Tried in this order when the Python that runs the installer does not do: the most tested first.
_NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3", "python")
_ASK = "import os, sys; print(*sys.version_info[:2], os.path.realpath(sys.executable))"


def find_python(run: Run = run, current: tuple[int, int] = sys.version_info[:2]) -> tuple[str, tuple[int, int]]:
    """The interpreter to build on, (path, (major, minor)): the one that runs this when it does, else one found.

    Raises:
        InstallError: no Python from 3.11 to 3.14 is on this machine.
    """
    if OLDEST <= current <= NEWEST:
        return sys.executable, current
    for candidate in candidates():
        version = version_of(candidate, run)
        if version is not None and OLDEST <= version <= NEWEST:
            return candidate, version
    raise InstallError(
        f"Python {current[0]}.{current[1]} runs this installer, but the program needs Python 3.11 or newer "
        f"(up to {NEWEST[0]}.{NEWEST[1]}), and none was found.",
        "Install Python 3.12 from your system's packages or python.org, then run this again; the old one can stay.",
    )


def candidates() -> Iterator[str]:
    """Interpreters that may be there: on the path, then where pyenv, Homebrew and python.org put them."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            yield found
    home = Path.home()
    folders: Iterable[Path] = [
        *sorted((Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions").glob("3.1*/bin")),
        *sorted((home / ".local/share/uv/python").glob("cpython-3.1*/bin")),
        Path("/usr/local/bin"),
        Path("/opt/homebrew/bin"),
        *sorted(Path("/Library/Frameworks/Python.framework/Versions").glob("3.1*/bin")),
        *sorted(Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local")).glob("Programs/Python/Python31*")),
    ]
    for folder in folders:
        for name in (*_NAMES, "python.exe"):
            if (folder / name).is_file():
                yield str(folder / name)


def version_of(interpreter: str, run: Run = run) -> tuple[int, int] | None:
    """(major, minor) of an interpreter, or None when it does not start."""
    try:
        major, minor = run([interpreter, "-c", _ASK]).split()[:2]
        return int(major), int(minor)
    except (CommandFailed, ValueError):
        return None
