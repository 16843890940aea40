"""Finding a pip that fills an environment from outside, so that the environment itself need not hold one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from installer.processes import CommandFailed, InstallError, Run, run

#: ``pip --python`` exists since then.
_OLDEST = (22, 3)
_FIND_WHEELS = """
import glob, os, sys, sysconfig
places = [sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"]
try:
    import ensurepip
    places.insert(0, os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"))
except ImportError:
    pass
for place in filter(None, places):
    print(*sorted(glob.glob(os.path.join(place, "pip-*.whl"))), sep="\\n")
"""


def find_pip(base: str, target: Path, cache: Path, run: Run = run) -> list[str]:
    """The words that start a pip which works on the interpreter ``target``.

    In this order: the pip of the Python ``base``; the wheel of pip that comes with Python for making environments;
    the same wheel out of Debian's package, fetched and unpacked without being installed (Debian and Ubuntu keep it,
    and pip itself, out of their ``python3``).

    Args:
        base: an interpreter of the same version as ``target``.
        target: the environment's interpreter.
        cache: a folder for the wheel, should it have to be fetched.

    Raises:
        InstallError: there is none.
    """
    try:
        found = re.match(r"pip (\d+)\.(\d+)", run([base, "-m", "pip", "--version"]))
        if found and (int(found[1]), int(found[2])) >= _OLDEST:
            return [base, "-m", "pip", "--python", str(target)]
    except CommandFailed:
        pass
    wheels = _bundled_wheels(base, run) or _debian_wheels(cache, run)
    if wheels:
        # Python runs a package inside a zip file, and a wheel is one.
        return [str(target), str(wheels[-1] / "pip")]
    raise InstallError(
        "This Python came without pip, and no pip could be found.",
        "As root, run 'apt install python3-venv' (Debian, Ubuntu), 'dnf install python3-pip' (Fedora) or your system's "
        "equivalent, then run this again.",
    )


def _bundled_wheels(base: str, run: Run) -> list[Path]:
    try:
        return [Path(line) for line in run([base, "-c", _FIND_WHEELS]).splitlines() if line]
    except CommandFailed:
        return []


def _debian_wheels(cache: Path, run: Run) -> list[Path]:
    """Pip's wheel out of the package python3-pip-whl. apt checks its signature and needs no root to fetch it."""
    unpacked = cache / "pip"
    if not any(unpacked.rglob("pip-*.whl")):
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            return []
        unpacked.mkdir(parents=True, exist_ok=True)
        try:
            run(["apt-get", "download", "python3-pip-whl"], directory=unpacked)
            for package in unpacked.glob("*.deb"):
                run(["dpkg-deb", "-x", package, unpacked])
                package.unlink()
        except CommandFailed:
            return []
    return sorted(unpacked.rglob("pip-*.whl"))
