"""Where everything comes from and goes to."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.files import write_text

CHECKOUT = Path(__file__).resolve().parent.parent


def _load_places() -> Any:
    """``statue_models/places.py`` as a module of its own, so that nothing else of the package is run."""
    specification = importlib.util.spec_from_file_location("_places", CHECKOUT / "statue_models/places.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


_places = _load_places()
NAME: str = _places.NAME


@dataclass(frozen=True)
class Layout:
    """One user's places.

    Attributes:
        checkout: the folder with ``pyproject.toml``.
        data: the program's own data (``runtime/``, ``landmarks/``, ``installed.json``).
        state: where the runner writes ``runner.json``.
        home: the user's home; what is not in ``data`` goes below it.
        launcher: the command ``statue`` on the user's path.
        example: where the restored example goes by default.
    """

    checkout: Path
    data: Path
    state: Path
    home: Path
    launcher: Path
    example: Path

    @property
    def runtime(self) -> Path:
        """The environment in which the program runs."""
        return self.data / "runtime"

    @property
    def landmarks(self) -> Path:
        """FaceMesh's two model files."""
        return self.data / "landmarks"

    @property
    def ledger(self) -> Path:
        """What was put outside ``data``, for uninstall and doctor."""
        return self.data / "installed.json"


def find_layout() -> Layout:
    """The places of the user who runs this, as ``statue_models/places.py`` settles them."""
    portable = os.environ.get("RESTORE_STATUE_FACE_HOME")
    home = Path.home()
    below = Path(portable).absolute() if portable else home
    launcher = below / "bin/statue" if portable else home / ".local/bin/statue"
    data, state = _places.data_directory().absolute(), _places.state_directory().absolute()
    return Layout(CHECKOUT, data, state, home, launcher, below / f"{NAME}-example")


def version(checkout: Path) -> str:
    """The version of the package in ``checkout``, read without importing it."""
    text = (checkout / "statue_models/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        raise ValueError("statue_models/__init__.py names no version")
    return found.group(1)


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def statue_command(layout: Layout) -> list[str]:
    """The words that start ``statue``; no script in between, and nothing is imported from the current folder (-P)."""
    return [str(python_of(layout.runtime)), "-P", "-m", "statue_models"]


def read_ledger(layout: Layout) -> dict[str, Any]:
    """What earlier runs put outside the data directory; empty when there is none, or none that can be read."""
    try:
        found = json.loads(layout.ledger.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    return found if isinstance(found, dict) else {}


def note(layout: Layout, key: str, value: Any) -> None:
    """Remember in the ledger that ``value`` was put there."""
    write_text(layout.ledger, json.dumps({**read_ledger(layout), key: value}, indent=2) + "\n")
