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
        own = {name: path.read_bytes() for name, path in tree(self.checkout / _SOURCE).items()}
        models = self.checkout / "statue_models"
        facts = {"state": str(self.state), "command": list(self.command), "version": version(self.checkout)}
        return {
            **own,
            "runner_client.py": (models / "runner/client.py").read_bytes(),
            "errors.json": (models / "errors.json").read_bytes(),
            "fields.py": (models / "fields.py").read_bytes(),
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
            self._write(new)
            replace_folder(new, gimp.plug_ins.resolve() / NAME, beside / f".{NAME}.old")
        except OSError as error:
            raise InstallError(
                f"The plug-in could not be put into {gimp.plug_ins}: {error.strerror or error}",
                "Check that this folder belongs to you, then run this again.",
            ) from error
        return True

    def _write(self, folder: Path) -> None:
        """Main file last: its time tells GIMP that the plug-in changed."""
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
