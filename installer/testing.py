"""``python3 -m installer test``: all checks and tests, in an environment of their own, with real GIMPs where possible.

Nothing of it touches the user's installation: environment, model files and GIMPs lie in
``${RESTORE_STATUE_FACE_CACHE:-~/.cache/restore-statue-face}``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import environments, pips, runtime, torch_build
from installer.files import remove, write_text
from installer.interpreters import find_python
from installer.landmarks import install_landmarks
from installer.layout import python_of
from installer.processes import InstallError, Run, Say, clean_environment

_STAMP = "tests.json"
_HERE = Path(__file__).resolve().parent
_REQUIREMENTS = [_HERE / "requirements.txt", _HERE / "requirements-tests.txt"]
_CONSTRAINTS = [runtime.CONSTRAINTS, runtime.CONSTRAINTS.with_name("tests.txt")]
_CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


def cache_directory(variables: Mapping[str, str] = os.environ) -> Path:
    """Where everything that tests need is kept from one run to the next."""
    return Path(variables.get("RESTORE_STATUE_FACE_CACHE") or Path.home() / ".cache/restore-statue-face").absolute()


def test(checkout: Path, everything: bool, torch: bool, arguments: Sequence[str], run: Run, say: Say) -> int:
    """Run checks and tests; the last line of output is pytest's.

    Args:
        checkout: what is tested.
        everything: the nightly tests as well.
        torch: fetch PyTorch even where that is a large download.
        arguments: for pytest.

    Returns:
        0 when all checks and tests passed.

    Raises:
        InstallError: what they need cannot be set up.
    """
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    gimps = Provisioning.start(checkout, cache, ("2.10", "3.0", "3.2") if everything else ("2.10", "3.0"))
    warnings = []
    try:
        python, without_torch = _environment(checkout, cache, torch, run, say)
        warnings += without_torch
        variables = {
            **clean_environment(os.environ),
            "RESTORE_STATUE_FACE_CACHE": str(cache),
            "RESTORE_STATUE_FACE_HOME": str(cache / "tests-home"),
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        failed = [words for words in _CHECKS if _check(python, words, checkout, variables, say)]
        say("Waiting for the GIMPs" if gimps.process is not None else "No GIMPs are set up")
        warnings += gimps.finish()
    finally:
        gimps.stop()
    for text in warnings:
        say(f"\n!!! NOT TESTED HERE: {text}")
    if failed:
        say(f"\n!!! FAILED: {'; '.join(' '.join(words) for words in failed)}")
    select = [] if everything else ["-m", "not nightly"]
    status = subprocess.call([str(python), "-m", "pytest", *select, *arguments], cwd=checkout, env=variables)
    return status or bool(failed)


def _check(python: Path, words: Sequence[str], checkout: Path, variables: Mapping[str, str], say: Say) -> bool:
    """Run one check, its output shown; returns whether it failed."""
    say(f"$ {' '.join(words)}")
    return bool(subprocess.call([str(python), "-m", *words], cwd=checkout, env=dict(variables)))


def _environment(checkout: Path, cache: Path, torch: bool, run: Run, say: Say) -> tuple[Path, list[str]]:
    """The interpreter of the tests' environment, made when missing, and what it lacks."""
    base, version = find_python(run)
    opencv = environments.choose_opencv()
    parts = [str(Path(base).resolve()), str(checkout), opencv]
    parts += [path.read_text(encoding="utf-8") for path in (*_REQUIREMENTS, *_CONSTRAINTS)]
    name = f"tests-{version[0]}.{version[1]}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]}"
    directory, python = cache / name, python_of(cache / name)
    stamp = directory / _STAMP
    with_torch = json.loads(stamp.read_text(encoding="utf-8"))["torch"] if stamp.is_file() else None
    if with_torch is None:
        say(f"Setting up the tests' environment in {directory}")
        for other in cache.glob(f"tests-{version[0]}.{version[1]}-*"):
            remove(other)
        environments.make_environment(base, directory, run)
    pip = pips.find_pip(base, python, cache, run)
    if with_torch is None:
        requirements = [word for path in _REQUIREMENTS for word in ("-r", str(path))]
        environments.install(pip, [*requirements, opencv], _CONSTRAINTS, True, run, say)
        # The checkout itself is what is tested, not a copy of it; no build writes into it.
        write_text(environments.site_packages(directory) / "checkout.pth", f"{checkout}\n")
    if not with_torch:
        with_torch = _add_torch(pip, torch, run, say)
        write_text(stamp, json.dumps({"torch": with_torch}))
    install_landmarks(cache / "tests-home/data/landmarks", pip, run, say)
    return python, [] if with_torch else ["the networks: PyTorch is missing; add --torch to fetch it"]


def _add_torch(pip: Sequence[str], large: bool, run: Run, say: Say) -> bool:
    """Add PyTorch where its CPU build is to be had, or a large one is agreed to; returns whether it is there."""
    try:
        build = torch_build.resolve(pip, runtime.CONSTRAINTS, run)
    except InstallError as error:
        say(f"  {error}")
        return False
    if build.cuda and not large:
        say(f"  PyTorch {build.version} would take {build.cost}: left out")
        return False
    environments.install(pip, [torch_build.REQUIREMENT], _CONSTRAINTS, True, run, say)
    return True


@dataclass
class Provisioning:
    """The GIMPs being set up in the background.

    Attributes:
        process: ``tests/gimp/provision.sh``, or None where it cannot run.
        hindrance: why not.
        log: what it says.
    """

    process: subprocess.Popen[bytes] | None
    hindrance: str
    log: Path

    @staticmethod
    def start(checkout: Path, cache: Path, versions: Sequence[str]) -> Provisioning:
        """Start it, where this is a Debian machine and root."""
        log = cache / "provision.log"
        script = checkout / "tests/gimp/provision.sh"
        hindrance = why_no_gimps(script)
        if hindrance:
            return Provisioning(None, hindrance, log)
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", str(script), *versions],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "RESTORE_STATUE_FACE_CACHE": str(cache)},
            )
        return Provisioning(process, "", log)

    def finish(self, patience: float = 1800.0) -> list[str]:
        """Wait until it is done; returns what went wrong, in words."""
        if self.process is None:
            return [f"the plug-in in real GIMPs: {self.hindrance}"]
        try:
            status: int | None = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            status = None
        if status == 0:
            return []
        end = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        return [f"the plug-in in real GIMPs: they could not be set up:\n{end}"]

    def stop(self) -> None:
        """End it if it is still at work."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def why_no_gimps(script: Path) -> str:
    """Why GIMPs cannot be set up here; empty when they can."""
    if not script.is_file():
        return f"{script} is missing"
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None:
        return "this is not a Debian machine"
    if os.geteuid() != 0:
        return "only root may make a chroot"
    return ""
