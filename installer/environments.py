"""Virtual environments: making one, filling it with pip, making it small, moving it to its place."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from installer.files import remove
from installer.layout import python_of
from installer.processes import CommandFailed, InstallError, Run, Say

WITH_WINDOWS, HEADLESS = "opencv-python", "opencv-python-headless"
#: What OpenCV's build with windows loads and does not bring along.
_WINDOW_LIBRARIES = ("libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
#: Endings of files that only compilers and type checkers read.
_DEVELOPMENT = (".pyi", ".pxd", ".h", ".hpp", ".a", ".lib")
_NO_WHEEL = re.compile(r"No matching distribution found|Could not find a version|ResolutionImpossible")
_NO_NETWORK = re.compile(r"Could not fetch URL|connection broken|NewConnectionError|Temporary failure in name")


def choose_opencv(load: Callable[[str], object] = ctypes.CDLL, platform: str = sys.platform) -> str:
    """Which of OpenCV's two builds this machine can load. They share one folder, so never both."""
    if platform.startswith("linux"):
        try:
            for library in _WINDOW_LIBRARIES:
                load(library)
        except OSError:
            return HEADLESS
    return WITH_WINDOWS


def make_environment(base: str, directory: Path, run: Run) -> Path:
    """An empty virtual environment without pip; returns its interpreter.

    Raises:
        InstallError: this Python cannot make one.
    """
    remove(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        run([base, "-m", "venv", "--without-pip", directory])
    except CommandFailed as error:
        raise InstallError(
            f"This Python cannot make a virtual environment: {error.last_lines(1)}",
            "As root, run 'apt install python3-venv' (Debian, Ubuntu) or install your system's full Python package, "
            "then run this again.",
        ) from error
    return python_of(directory)


def install(
    pip: Sequence[str], requirements: Sequence[str], constraints: Sequence[Path], compile_: bool, run: Run, say: Say
) -> None:
    """Install wheels: the pinned versions, or others within the requirements where a pin has no wheel for this Python.

    Args:
        pip: the words that start pip.
        requirements: arguments of ``pip install``.
        constraints: files with exact versions.
        compile_: make bytecode now (larger) or when a module is first used.

    Raises:
        InstallError: the packages cannot be had.
    """
    words = [*pip, "install", "--only-binary=:all:", "--no-input", "--no-warn-script-location", "--progress-bar=off"]
    words += [] if compile_ else ["--no-compile"]
    pins = [word for path in constraints for word in ("-c", str(path))]
    try:
        try:
            run([*words, *requirements, *pins], on_line=_narrator(say))
        except CommandFailed as error:
            if not _NO_WHEEL.search(error.output) or _NO_NETWORK.search(error.output):
                raise
            say("  The tested versions are not to be had for this Python; trying others.")
            run([*words, *requirements], on_line=_narrator(say))
    except CommandFailed as error:
        raise InstallError(
            f"The packages could not be installed:\n{error.last_lines(4)}",
            "Check the network and the free space, then run this again; what was downloaded is kept.",
        ) from error


def _narrator(say: Say) -> Callable[[str], None]:
    """Shows the lines of pip's output that tell the user what takes so long."""

    def narrate(line: str) -> None:
        found = re.match(r"\s*(?:Downloading|Using cached) (?:\S*/)?([A-Za-z0-9_.]+)-([^-]+)-\S+ \((.*B)\)", line)
        if found:
            say(f"  {found[1]} {found[2].replace('%2B', '+')} ({found[3]})")

    return narrate


def slim(directory: Path) -> None:
    """Take out what no program runs: NumPy's and SciPy's own tests, headers, type stubs, scripts that activate.

    Bytecode is left out by ``install``: Python makes it for the modules that are used, a fifth of them.
    """
    for package in site_packages(directory).iterdir():
        if package.name in ("numpy", "scipy"):
            for tests in [path for path in package.rglob("tests") if path.is_dir()]:
                remove(tests)
        if package.is_dir():
            for path in [path for path in package.rglob("*") if path.suffix in _DEVELOPMENT]:
                remove(path)
    for script in [*python_of(directory).parent.glob("[Aa]ctivate*"), *python_of(directory).parent.glob("deactivate*")]:
        remove(script)


def site_packages(directory: Path) -> Path:
    """Where the environment's packages lie."""
    if sys.platform == "win32":
        return directory / "Lib/site-packages"
    return next(directory.glob("lib/python3*/site-packages"))


def readdress(directory: Path, old: Path, new: Path) -> None:
    """Write the place ``new`` into scripts and settings that name the place ``old``, before the folder moves there."""
    before, after = str(old).encode(), str(new).encode()
    for path in [*python_of(directory).parent.iterdir(), directory / "pyvenv.cfg"]:
        if path.is_symlink() or not path.is_file() or path.suffix == ".exe":
            continue
        content = path.read_bytes()
        if before in content:
            path.write_bytes(content.replace(before, after))
