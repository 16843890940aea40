"""``python3 -m installer``: the steps, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from installer import example, launcher, pips, runtime, torch_build
from installer.files import size
from installer.gimps import Gimp
from installer.interpreters import find_python
from installer.landmarks import install_landmarks
from installer.layout import Layout, note, python_of, read_ledger
from installer.plugin import plugin_for
from installer.processes import InstallError, Run, Say, is_terminal
from installer.runner_process import stop_runner


@dataclass(frozen=True)
class Choices:
    """What the user asked for.

    Attributes:
        torch: with PyTorch; None = where that is no large download.
        gpu: PyTorch must be able to use an NVIDIA GPU.
        yes: large downloads are agreed to.
        example: where the restored example goes, or None for the default place.
    """

    torch: bool | None = False
    gpu: bool = False
    yes: bool = False
    example: Path | None = None


def install(layout: Layout, choices: Choices, gimps: list[Gimp], run: Run, say: Say) -> None:
    """Do all steps; each is skipped when its result is there already.

    Raises:
        InstallError: a step failed; what earlier runs installed still works.
    """
    runtime.recover(layout)
    base, python = find_python(run)
    say(f"[1/5] Runtime, with Python {python[0]}.{python[1]}, in {layout.runtime}")
    if choices.torch or choices.gpu:
        torch = _torch_is_wanted(layout, choices, base, run, say)
    else:
        torch = choices.torch is None and _torch_is_small(layout, base, run, say)
    changed = runtime.install_runtime(layout, base, python, torch, run, say)
    say(f"  {'done' if changed else 'up to date'}, {size(layout.runtime) / 1e6:.0f} MB")
    if changed and stop_runner(layout.state):
        say("  stopped the runner of the version before; GIMP starts the new one by itself")

    say(f"[2/5] Face landmark models, in {layout.landmarks}")
    pip = pips.find_pip(base, python_of(layout.runtime), layout.data, run)
    say(f"  {'done' if install_landmarks(layout.landmarks, pip, run, say) else 'up to date'}")

    say("[3/5] Plug-in for GIMP")
    _install_plugins(layout, gimps, say)

    say("[4/5] Command statue")
    hindrance = launcher.put_launcher(layout)
    if hindrance is None and not launcher.is_on_path(layout):
        hindrance = f"{layout.launcher}; add {layout.launcher.parent} to PATH to call it by name"
    say(f"  {hindrance or layout.launcher}")

    say("[5/5] Example")
    _restore_example(layout, choices, changed, run, say)


def _torch_is_small(layout: Layout, base: str, run: Run, say: Say) -> bool:
    """Whether PyTorch is there, or can be had without a large download; says so where it cannot."""
    there = runtime.read_marker(layout)
    if there is not None and there.torch:
        return True
    try:
        build = torch_build.resolve(pips.find_pip(base, Path(base), layout.data, run), runtime.CONSTRAINTS, run)
    except InstallError as error:
        say(f"  Without the networks: {str(error).splitlines()[0]}")
        return False
    if build.cuda:
        say(f"  Without the networks: PyTorch is {build.cost} here. 'python3 -m installer --torch' adds them.")
    return not build.cuda


def _torch_is_wanted(layout: Layout, choices: Choices, base: str, run: Run, say: Say) -> bool:
    """Find out what PyTorch would cost and ask where that is much.

    Raises:
        InstallError: the user said no, or nobody is there to be asked, or there is no build for a GPU.
    """
    there = runtime.read_marker(layout)
    if there is not None and there.torch:
        return True
    pip = pips.find_pip(base, Path(base), layout.data, run)
    build = torch_build.resolve(pip, runtime.CONSTRAINTS, run)
    say(f"  PyTorch {build.version}: {build.cost}")
    if choices.gpu and not build.cuda:
        say("  This build knows no GPU: your package index offers no other for this machine.")
    if not build.cuda or choices.yes:
        return True
    if not is_terminal():
        raise InstallError(
            f"PyTorch {build.version} needs {build.cost}, and nobody is there to agree.",
            "Add --yes, or go without --torch.",
        )
    if input("  Fetch it? [y/N] ").strip().lower() not in ("y", "yes"):
        raise InstallError("PyTorch was not installed.", "Run 'python3 -m installer' for everything else.")
    return True


def _install_plugins(layout: Layout, gimps: list[Gimp], say: Say) -> None:
    """Into every GIMP; one whose folder cannot be written does not keep the others from it."""
    failures = []
    folders = set(read_ledger(layout).get("plugins", []))
    for gimp in gimps:
        plugin = plugin_for(layout, gimp)
        try:
            changed = plugin.put_into(gimp)
        except InstallError as error:
            failures.append(error)
            continue
        folders.add(str(plugin.folder(gimp)))
        say(f"  GIMP {gimp.version} ({gimp.kind}): {plugin.folder(gimp)}" + ("" if changed else ", up to date"))
        if gimp.kind in ("flatpak", "snap"):
            state = f" --state '{plugin.state}'" if gimp.kind == "snap" else ""
            say(f"    It may not start programs itself: run 'statue serve{state}' before using the filter.")
    note(layout, "plugins", sorted(folders))
    if failures:
        raise failures[0]
    if gimps:
        say("  Restart GIMP; the filter is Filters > Restore Statue Face...")
    else:
        say("  No GIMP was found for this user. Command line and Python work without it; when you have installed GIMP")
        say("  and started it once, run this again.")


def _restore_example(layout: Layout, choices: Choices, changed: bool, run: Run, say: Say) -> None:
    noted = read_ledger(layout).get("example") or {}
    folder = choices.example or Path(noted.get("folder") or layout.example)
    folder = folder.expanduser().absolute()
    if changed or str(folder) != noted.get("folder") or not example.is_restored(folder, noted.get("files", {})):
        files = example.restore_example(layout, folder, run)
        note(layout, "example", {"folder": str(folder), "files": files})
    say(f"  damaged:  {folder / example.INPUTS[0]}")
    say(f"  restored: {folder / example.PICTURE}")
    say(f"  record:   {folder / example.RECORD}")
