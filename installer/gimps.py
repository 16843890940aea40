"""Finding every GIMP that this user has, and the folder from which each loads plug-ins.

The rules are GIMP's own (``libgimpbase/gimpenv.c`` of 2.10.34, 3.0.4, 3.2.6): 3.x changes the folder with every minor
version.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from installer.processes import CommandFailed, Run, run

_VERSION = re.compile(r"2\.10|3\.\d+")
_PROGRAMS = ("gimp-console", "gimp-console-2.10", "gimp-console-3.0", "gimp-console-3.2", "gimp-console-3", "gimp")
_MAC_PROGRAMS = (
    "/Applications/GIMP.app/Contents/MacOS/gimp-console",
    "/Applications/GIMP-2.10.app/Contents/MacOS/gimp",
)

Which = Callable[[str], Optional[str]]


@dataclass(frozen=True)
class Gimp:
    """One GIMP of this user.

    Attributes:
        version: ``2.10``, ``3.0``, ``3.2``, ... or ``2`` and ``3`` where only an environment variable names its folder.
        profile: its folder of settings, which holds ``plug-ins``; need not exist yet.
        kind: ``system``, ``flatpak``, ``snap`` or ``appimage``.
        found: by what it was found, in words.
    """

    version: str
    profile: Path
    kind: str
    found: str

    @property
    def plug_ins(self) -> Path:
        """Where it looks for plug-ins of the user."""
        return self.profile / "plug-ins"


def find_gimps(
    home: Path,
    variables: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    which: Which = shutil.which,
    run: Run = run,
) -> list[Gimp]:
    """Every GIMP of the user whose home is ``home``, each profile once: those with a folder come first."""
    found: dict[Path, Gimp] = {}
    searches = (
        _from_variables(variables),
        _from_profiles(home, variables, platform),
        _from_programs(home, variables, platform, which, run),
        _from_sandboxes(home, variables, platform, which, run),
    )
    for search in searches:
        for gimp in search:
            found.setdefault(gimp.profile, gimp)
    return list(found.values())


def _from_variables(variables: Mapping[str, str]) -> Iterator[Gimp]:
    for version, name in (("2", "GIMP2_DIRECTORY"), ("3", "GIMP3_DIRECTORY")):
        if variables.get(name):
            yield Gimp(version, Path(variables[name]).absolute(), "system", f"the variable {name}")


def _from_profiles(home: Path, variables: Mapping[str, str], platform: str) -> Iterator[Gimp]:
    bases = [(_base(home, variables, platform), "system")]
    if platform.startswith("linux"):
        bases += [
            (home / ".config/GIMP", "system"),  # where flatpak and snap keep 3.x, whatever XDG_CONFIG_HOME says
            (home / ".config/GIMP-AppImage", "appimage"),
            (home / ".var/app/org.gimp.GIMP/config/GIMP", "flatpak"),
            (home / "snap/gimp/current/.config/GIMP", "snap"),
        ]
    for base, kind in bases:
        for profile in sorted(base.glob("*")):
            if profile.is_dir() and _VERSION.fullmatch(profile.name):
                yield Gimp(profile.name, profile, kind, f"its settings in {profile}")


def _from_programs(home: Path, variables: Mapping[str, str], platform: str, which: Which, run: Run) -> Iterator[Gimp]:
    programs = [path for path in map(which, _PROGRAMS) if path]
    if platform == "darwin":
        programs += [path for path in _MAC_PROGRAMS if Path(path).is_file()]
    if platform == "win32":
        folders = [Path(variables[name]) for name in ("PROGRAMFILES", "LOCALAPPDATA") if variables.get(name)]
        places = [*folders, *[folder / "Programs" for folder in folders]]
        programs += [str(path) for folder in places for path in sorted(folder.glob("GIMP*/bin/gimp-console-*.exe"))]
    for program in programs:
        if "/snap/" in program:
            continue
        version = _spoken_version(run, [program, "--version"])
        if version:
            yield Gimp(version, _base(home, variables, platform) / version, "system", f"the program {program}")


def _from_sandboxes(home: Path, variables: Mapping[str, str], platform: str, which: Which, run: Run) -> Iterator[Gimp]:
    if not platform.startswith("linux"):
        return
    flatpak, snap = which("flatpak"), which("snap")
    version = _spoken_version(run, [flatpak, "info", "org.gimp.GIMP"]) if flatpak else None
    if version:
        own = home / ".var/app/org.gimp.GIMP/config/GIMP"
        # 3.2's code names the host's folder; before it, GIMP sees the sandbox's.
        base = own if version in ("2.10", "3.0") else home / ".config/GIMP"
        yield Gimp(version, base / version, "flatpak", "flatpak's org.gimp.GIMP")
    version = _spoken_version(run, [snap, "list", "gimp"]) if snap else None
    if version:
        base = home / ("snap/gimp/current/.config/GIMP" if version == "2.10" else ".config/GIMP")
        yield Gimp(version, base / version, "snap", "snap's gimp")


def _base(home: Path, variables: Mapping[str, str], platform: str) -> Path:
    if platform == "win32":
        return Path(variables.get("APPDATA") or home / "AppData/Roaming") / "GIMP"
    if platform == "darwin":
        return home / "Library/Application Support/GIMP"
    base = variables.get("XDG_CONFIG_HOME")
    return (Path(base) if base and Path(base).is_absolute() else home / ".config") / "GIMP"


def _spoken_version(run: Run, command: list[str]) -> str | None:
    """The folder name for the version that a program tells: 2.10.34 -> 2.10. Development versions count as none."""
    try:
        found = re.search(r"\b(2\.10|3\.\d+)\.\d+\b", run(command, environment={"LC_ALL": "C"}))
    except CommandFailed:
        return None
    return found[1] if found else None
