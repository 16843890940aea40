"""What is installed, what is missing, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer import launcher, runtime
from installer.example import is_restored
from installer.gimps import Gimp
from installer.landmarks import are_there
from installer.layout import Layout, python_of, read_ledger, version
from installer.plugin import plugin_for
from installer.processes import CommandFailed, Run, Say

_AGAIN = "run 'python3 -m installer'"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: in words, with its place.
        remedy: what to do; None when all is well.
        needed: without it the program does not work.
    """

    what: str
    remedy: str | None = None
    needed: bool = True


def examine(layout: Layout, gimps: list[Gimp], run: Run) -> Iterator[Finding]:
    """Look at every step of the installation, in its order."""
    yield from _runtime(layout, run)
    if are_there(layout.landmarks):
        yield Finding(f"face landmark models in {layout.landmarks}")
    else:
        yield Finding(f"the face landmark models in {layout.landmarks} are missing or damaged", _AGAIN)
    yield from _state(layout.state)
    if not gimps:
        yield Finding("no GIMP found for this user", f"install GIMP, start it once, then {_AGAIN}", needed=False)
    for gimp in gimps:
        plugin = plugin_for(layout, gimp)
        if plugin.is_in(gimp):
            yield Finding(f"plug-in for GIMP {gimp.version} ({gimp.kind}) in {plugin.folder(gimp)}")
        else:
            yield Finding(f"the plug-in for GIMP {gimp.version} in {plugin.folder(gimp)} is missing or old", _AGAIN)
    if launcher.is_ours(layout):
        off = None if launcher.is_on_path(layout) else f"add {layout.launcher.parent} to PATH to call it by name"
        yield Finding(f"the command {layout.launcher}", off, needed=False)
    else:
        yield Finding(f"no command {layout.launcher}", f"{_AGAIN}, or call {layout.runtime}/bin/statue", needed=False)
    example = read_ledger(layout).get("example") or {}
    if is_restored(Path(example.get("folder", "")), example.get("files", {})):
        yield Finding(f"the restored example in {example['folder']}", needed=False)
    else:
        yield Finding("the restored example is not there", _AGAIN, needed=False)


def _runtime(layout: Layout, run: Run) -> Iterator[Finding]:
    marker = runtime.read_marker(layout)
    python = python_of(layout.runtime)
    if marker is None:
        yield Finding(f"there is no finished runtime in {layout.runtime}", _AGAIN)
        return
    try:
        words = run([python, "-I", "-m", "statue_models", "--version"]).split()
        run([python, "-I", "-c", "import cv2, numpy, scipy.ndimage, starlette, tifffile, uvicorn"])
    except CommandFailed as error:
        yield Finding(f"the runtime in {layout.runtime} does not start: {error.last_lines(1)}", _AGAIN)
        return
    with_torch = " and PyTorch" if marker.torch else ""
    yield Finding(f"runtime {words[-1]} with {marker.opencv}{with_torch} in {layout.runtime}")
    if marker.package != runtime.package_fingerprint(layout.checkout):
        yield Finding(
            f"this folder ({version(layout.checkout)}) holds other files than were installed", _AGAIN, needed=False
        )


def _state(state: Path) -> Iterator[Finding]:
    if not state.exists() or os.name == "nt":
        return
    facts = state.stat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        yield Finding(f"{state} can be read by others, so the runner will not use it", f"run 'chmod 700 {state}'")
    else:
        yield Finding(f"runner's state in {state}")


def report(findings: Iterator[Finding], say: Say) -> bool:
    """Tell the user; returns whether everything that is needed is there."""
    well = True
    for finding in findings:
        if finding.remedy is None:
            say(f"  ok       {finding.what}")
        else:
            say(f"  {'PROBLEM' if finding.needed else 'note   '}  {finding.what}\n           -> {finding.remedy}")
            well = well and not finding.needed
    say("Everything that is needed is there." if well else "Something is wrong; see above.")
    return well
