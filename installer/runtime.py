"""The runtime: an environment of its own in the user's data directory, with the program in it and nothing else.

It is built beside the old one and moved into its place when it works, so a step that fails leaves the old one running.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installer import environments, pips
from installer.files import digest, recover_folder, remove, replace_folder, tree, write_text
from installer.layout import Layout, python_of, version
from installer.processes import CommandFailed, InstallError, Run, Say
from installer.torch_build import REQUIREMENT as TORCH

MARKER = "installed.json"
_HERE = Path(__file__).resolve().parent
_REQUIREMENTS = _HERE / "requirements.txt"
CONSTRAINTS = _HERE.parent / "constraints/runtime.txt"
_IMPORTS = "import cv2, numpy, PIL, safetensors, scipy.ndimage, starlette, threadpoolctl, tifffile, uvicorn"
_PROGRAM = "import statue_models.cli, statue_models.restoring.restorer, statue_models.runner.server"
#: Folders that the wheel is built from: the package, and the plug-in that it carries as data.
_SOURCES = ("statue_models", "gimp_plugin")
_BUILD_FILES = ("pyproject.toml", "README.md", "LICENSE")
#: Free bytes needed: the environment, a second one meanwhile, and what pip unpacks. Chosen.
_ROOM, _ROOM_TORCH = 1_000_000_000, 12_000_000_000


@dataclass(frozen=True)
class Marker:
    """What lies in the runtime, for the next run to compare with.

    Attributes:
        environment: fingerprint of interpreter and third-party packages.
        package: fingerprint of the program's own files.
        version: of the program.
        opencv: which build of OpenCV.
        torch: PyTorch is in it.
    """

    environment: str
    package: str
    version: str
    opencv: str
    torch: bool


def read_marker(layout: Layout) -> Marker | None:
    """What the last finished installation wrote, or None."""
    try:
        return Marker(**json.loads((layout.runtime / MARKER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def recover(layout: Layout) -> None:
    """Tidy up after an installation that was cut off."""
    recover_folder(layout.runtime, _old(layout))
    remove(_new(layout))


def install_runtime(layout: Layout, base: str, python: tuple[int, int], torch: bool, run: Run, say: Say) -> bool:
    """Make the runtime be what this checkout asks for; returns whether anything had to be done.

    Args:
        layout: where it goes.
        base: the interpreter to build on.
        python: its version.
        torch: with PyTorch; one that is there already stays anyway.

    Raises:
        InstallError: a step failed; the runtime is as it was.
    """
    there = read_marker(layout)
    torch = torch or (there is not None and there.torch)
    opencv = environments.choose_opencv()
    wanted = Marker(
        environment=_fingerprint(base, python, opencv, torch),
        package=package_fingerprint(layout.checkout),
        version=version(layout.checkout),
        opencv=opencv,
        torch=torch,
    )
    if there is not None and there.environment == wanted.environment and _imports(layout.runtime, run):
        if there.package == wanted.package and _imports(layout.runtime, run, _PROGRAM):
            return False
        _update_package(layout, base, wanted, run, say)
        return True
    _require_room(layout, torch)
    try:
        _build(layout, base, wanted, run, say)
    finally:
        remove(_new(layout))
    return True


def package_fingerprint(checkout: Path) -> str:
    """Changes with every file that the package is built from."""
    files = {f"{folder}/{name}": path for folder in _SOURCES for name, path in tree(checkout / folder).items()}
    files.update({name: checkout / name for name in _BUILD_FILES if (checkout / name).is_file()})
    return digest(files.items())


def _fingerprint(base: str, python: tuple[int, int], opencv: str, torch: bool) -> str:
    parts: list[Any] = [str(Path(base).resolve()), python, opencv, torch]
    parts += [_REQUIREMENTS.read_text(encoding="utf-8"), CONSTRAINTS.read_text(encoding="utf-8")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _build(layout: Layout, base: str, wanted: Marker, run: Run, say: Say) -> None:
    """A new environment beside the old one, checked, then moved into its place."""
    new = _new(layout)
    python = environments.make_environment(base, new, run)
    pip = pips.find_pip(base, python, layout.data, run)
    requirements = ["-r", str(_REQUIREMENTS), *([TORCH] if wanted.torch else [])]
    say("  Fetching packages (some 120 MB the first time)" + (" and PyTorch" if wanted.torch else ""))
    environments.install(pip, [*requirements, wanted.opencv], [CONSTRAINTS], False, run, say)
    if wanted.opencv == environments.WITH_WINDOWS and not _imports(new, run, "import cv2"):
        say("  OpenCV's build with windows does not load here; taking the other one.")
        run([*pip, "uninstall", "--yes", "--quiet", environments.WITH_WINDOWS])
        environments.install(pip, [*requirements, environments.HEADLESS], [CONSTRAINTS], False, run, say)
    _install_package(layout.checkout, pip, run)
    environments.slim(new)
    for statement in (_IMPORTS, _PROGRAM):
        if not _imports(new, run, statement):
            raise InstallError("The new runtime does not start.", f"Try it: {python} -c '{statement}'")
    write_text(new / MARKER, json.dumps(asdict(wanted), indent=2) + "\n")
    environments.readdress(new, new, layout.runtime)
    try:
        replace_folder(new, layout.runtime, _old(layout))
    except OSError as error:
        raise InstallError(
            f"The new runtime could not be put in place: {error}",
            "Close GIMP and other programs using it, then try again.",
        ) from error


def _update_package(layout: Layout, base: str, wanted: Marker, run: Run, say: Say) -> None:
    """Exchange the program alone. pip removes the old one when the new one is built, and puts it back on failure."""
    say("  The packages are as they should be; bringing the program up to date")
    pip = pips.find_pip(base, python_of(layout.runtime), layout.data, run)
    _install_package(layout.checkout, pip, run)
    write_text(layout.runtime / MARKER, json.dumps(asdict(wanted), indent=2) + "\n")


def _install_package(checkout: Path, pip: Sequence[str], run: Run) -> None:
    """Build the package from a copy, and install it without its dependencies.

    Building writes into its source; the dependencies are there, and pip would take the second build of OpenCV for a
    missing one.
    """
    skip = shutil.ignore_patterns("__pycache__", ".*")
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        for folder in _SOURCES:
            shutil.copytree(checkout / folder, source / folder, ignore=skip)
        for name in _BUILD_FILES:
            shutil.copy(checkout / name, source / name)
        try:
            run([*pip, "install", "--no-deps", "--no-compile", "--force-reinstall", "--no-input",
                 "--no-warn-script-location", str(source)])  # fmt: skip
        except CommandFailed as error:
            raise InstallError(
                f"The program could not be built:\n{error.last_lines(4)}", "Check the network, then run this again."
            ) from error


def _imports(directory: Path, run: Run, statement: str = _IMPORTS) -> bool:
    try:
        # Without bytecode: it would name the place where the environment is built.
        run([python_of(directory), "-I", "-B", "-c", statement])
    except CommandFailed:
        return False
    return True


def _require_room(layout: Layout, torch: bool) -> None:
    needed = _ROOM_TORCH if torch else _ROOM
    layout.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(layout.data).free
    if free < needed:
        raise InstallError(
            f"There are {free / 1e9:.1f} GB free in {layout.data}; {needed / 1e9:.0f} GB are needed while installing.",
            "Free some space, or set RESTORE_STATUE_FACE_HOME to a folder on another disk.",
        )


def _new(layout: Layout) -> Path:
    return layout.data / "runtime.new"


def _old(layout: Layout) -> Path:
    return layout.data / "runtime.old"
