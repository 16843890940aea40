"""Taking everything away that was put, and nothing else: pictures that the user restored stay."""

from __future__ import annotations

from pathlib import Path

from installer import launcher, plugin
from installer.example import remove_example
from installer.files import remove
from installer.gimps import Gimp
from installer.layout import NAME, Layout, read_ledger
from installer.processes import Say
from installer.runner_process import stop_runner

_STATE_FILES = ("runner.json", "runner.log", "runner.lock", "start.lock")
_DATA = ("runtime", "runtime.new", "runtime.old", "landmarks", "landmarks.new", "landmarks.old", "pip")


def uninstall(layout: Layout, gimps: list[Gimp], say: Say) -> None:
    """Remove plug-ins, command, example, runner's state and runtime.

    Args:
        layout: from where.
        gimps: those found now; the ones that earlier runs noted are looked at as well.
        say: told what goes.
    """
    ledger = read_ledger(layout)
    states = [layout.state, *[gimp.profile / f"{NAME}-state" for gimp in gimps]]
    if any([stop_runner(state) for state in states]):
        say("Stopped the runner.")
    noted = [Path(path) for path in ledger.get("plugins", [])]
    for folder in dict.fromkeys([*noted, *[gimp.plug_ins / NAME for gimp in gimps]]):
        if plugin.take_out(folder):
            say(f"Removed {folder}")
    if launcher.remove_launcher(layout):
        say(f"Removed {layout.launcher}")
    _remove_example(ledger.get("example") or {}, say)
    for state in states:
        for name in _STATE_FILES:
            remove(state / name)
        _remove_if_empty(state)
    for name in _DATA:
        if (layout.data / name).exists():
            say(f"Removed {layout.data / name}")
        remove(layout.data / name)
    remove(layout.ledger)
    remove(layout.data / ".lock")
    _remove_if_empty(layout.data)
    if layout.data.exists():
        say(f"{layout.data} holds other files and stays.")
    else:
        say("Nothing of the program is left but this folder.")


def _remove_example(noted: dict[str, object], say: Say) -> None:
    folder, hashes = noted.get("folder"), noted.get("files")
    if not isinstance(folder, str) or not isinstance(hashes, dict):
        return
    changed = remove_example(Path(folder), hashes)
    say(f"Removed the example from {folder}" + (f"; {', '.join(changed)} were changed and stay" if changed else ""))


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
