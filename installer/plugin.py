"""The plug-in folder: put together from this checkout, and exchanged as a whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.files import remove, replace_folder, tree
from installer.gimps import Gimp
from installer.layout import NAME, Layout, statue_command, version
from installer.processes import InstallError

_SOURCE = Path("gimp_plugin") / NAME
_MAIN = f"{NAME}.py"
INSTALLATION = "installation.json"
#: What the plug-in shares with the program, and the modules that this needs; it lies beside the plug-in under the same
#: names, unchanged.
_SHARED = (
    "__init__.py",
    "errors.json",
    "errors.py",
    "face/__init__.py",
    "face/strokes.py",
    "fields.py",
    "methods/menu.json",
    "places.py",
    "runner/__init__.py",
    "runner/protocol",
)


def shared_files(checkout: Path) -> dict[str, Path]:
    """What the plug-in shares with the program: name in its folder -> file of the checkout."""
    everything = tree(checkout / "statue_models")
    return {
        f"statue_models/{name}": path
        for name, path in everything.items()
        if any(name == part or name.startswith(f"{part}/") for part in _SHARED)
    }


@dataclass(frozen=True)
class Plugin:
    """What the plug-in must know about this machine, and where its parts are.

    Attributes:
        checkout: with ``gimp_plugin`` and ``statue_models``.
        state: directory of ``runner.json``.
        command: starts the runner.
    """

    checkout: Path
    state: Path
    command: Sequence[str]

    def parts(self) -> dict[str, bytes]:
        """Every file of the folder: name with slashes -> contents."""
        files = {**tree(self.checkout / _SOURCE), **shared_files(self.checkout)}
        facts = {"state": str(self.state), "command": list(self.command), "version": version(self.checkout)}
        return {
            **{name: path.read_bytes() for name, path in files.items()},
            INSTALLATION: (json.dumps(facts, indent=2) + "\n").encode(),
        }

    def folder(self, gimp: Gimp) -> Path:
        """Where that GIMP finds it: a folder with the name of the main file."""
        return gimp.plug_ins / NAME

    def is_in(self, gimp: Gimp) -> bool:
        """Whether all of it is there as it should be, the main file executable."""
        folder = self.folder(gimp)
        if not folder.is_dir() or not os.access(folder / _MAIN, os.X_OK):
            return False
        return {name: path.read_bytes() for name, path in tree(folder).items()} == self.parts()

    def put_into(self, gimp: Gimp) -> bool:
        """Install it; returns whether it had to be. GIMP sees the old folder or the new one, never half of one.

        Raises:
            InstallError: the folder cannot be written.
        """
        if self.is_in(gimp):
            return False
        # Beside plug-ins, not in it: GIMP would take every folder in there for a plug-in.
        try:
            gimp.plug_ins.mkdir(parents=True, exist_ok=True)
            beside = gimp.plug_ins.resolve().parent
            new = beside / f".{NAME}.new"
            remove(new)
            self.write_to(new)
            replace_folder(new, gimp.plug_ins.resolve() / NAME, beside / f".{NAME}.old")
        except OSError as error:
            raise InstallError(
                f"The plug-in could not be put into {gimp.plug_ins}: {error.strerror or error}",
                "Check that this folder belongs to you, then run this again.",
            ) from error
        return True

    def write_to(self, folder: Path) -> None:
        """Write every file; the main one last, because its time tells GIMP that the plug-in changed."""
        for name, content in sorted(self.parts().items(), key=lambda part: part[0] == _MAIN):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o755 if name == _MAIN else 0o644)
        for inner in [folder, *[path for path in folder.rglob("*") if path.is_dir()]]:
            inner.chmod(0o755)


def plugin_for(layout: Layout, gimp: Gimp) -> Plugin:
    """The plug-in as that GIMP needs it.

    A snap sees no hidden folder of the home but its own settings, so there the runner's state lies beside them, and the
    command says so to the runner. Elsewhere the command is left to find the state as everybody does.
    """
    serve = [*statue_command(layout), "serve"]
    if gimp.kind == "snap":
        state = gimp.profile / f"{NAME}-state"
        return Plugin(layout.checkout, state, [*serve, "--state", str(state)])
    return Plugin(layout.checkout, layout.state, serve)


def take_out(folder: Path) -> bool:
    """Remove an installed plug-in folder; returns whether it was one of ours and there."""
    if not (folder / INSTALLATION).is_file() or folder.name != NAME:
        return False
    shutil.rmtree(folder)
    return True
