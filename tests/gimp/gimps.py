"""Drives a real GIMP in a chroot made by provision.sh: clean profile, plug-in in it, commands while it runs.

Each session has a folder of its own in the root's /lab, so sessions do not disturb each other. GIMP 3 runs a loop in
its Python console procedure that takes requests from files; GIMP 2.10, whose Python is gone, runs its Script-Fu
server. Both therefore call the plug-in from another process than its own, as users' scripts do.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from installer.plugin import Plugin

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("RESTORE_STATUE_FACE_CACHE") or Path.home() / ".cache/restore-statue-face") / "gimp"
SERVE = [sys.executable, "-m", "statue_models", "serve"]
NAME = "restore-statue-face"
T = TypeVar("T")


class GimpError(Exception):
    """What GIMP answered to a command that failed."""


def why_not(version: str) -> str | None:
    """Why this GIMP cannot be driven here, or None when it can."""
    if os.geteuid() != 0:
        return "only root may enter a chroot"
    if not (CACHE / f"root-{version}" / ".stamp").exists():
        return f"there is no {CACHE}/root-{version}; run tests/gimp/provision.sh {version}"
    return None


def until(what: str, seconds: float, ready: Callable[[], T]) -> T:
    """The first true value of ``ready()``; fails after ``seconds``, which is long on purpose."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = ready()
        if got:
            return got
        time.sleep(0.05)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")


def enter(root: Path) -> list[str]:
    """The command that runs another one inside a root.

    GIMP 3.2's window wants /proc. It is mounted in a private namespace where that is allowed, so that it goes away
    with the process; the other GIMPs do without.
    """
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode:
        return ["chroot", str(root)]
    mount = 'mount -t proc proc "$0/proc" 2>/dev/null; exec chroot "$0" "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(root)]


class Runner:
    """``statue serve`` of this repository, with its state in a folder that GIMP sees too."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "RESTORE_STATUE_FACE_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
        self.log = (home / "runner.log").open("wb")
        self.process = subprocess.Popen(SERVE, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        state = home / "state" / "runner.json"

        def up() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError("the runner ended: " + (home / "runner.log").read_text())
            return state.exists()

        until("the runner", 60, up)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Gimp(ABC):
    """One GIMP with the plug-in.

    Attributes:
        folder: its folder, as this process sees it.
        inside: the same folder, as GIMP sees it.
        runner: the runner that uses the folder's ``home``, if one was started.
    """

    def __init__(self, version: str, name: str, display: str | None = None) -> None:
        self.version, self.display = version, display
        self.root = CACHE / f"root-{version}"
        self.inside = f"/lab/{name}-{os.getpid()}"
        self.folder = Path(f"{self.root}{self.inside}")
        self.process: subprocess.Popen[bytes] | None = None
        self.runner: Runner | None = None
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "home").mkdir(parents=True)
        shutil.copytree(self.root / "lab/profile.clean", self.folder / "profile", symlinks=True)
        self._assemble()

    def _assemble(self) -> None:
        """The plug-in's folder, as the installer lays it down."""
        # no runner can be started from inside the root: the tests start it outside, or want to see what is said
        plugin = Plugin(REPOSITORY, Path(self.inside) / "home/state", ["/bin/false"])
        plugin.write_to(self.folder / "profile/plug-ins" / NAME)

    def start(self) -> None:
        """Start GIMP, with a window if there is a display, and wait until it takes commands."""
        environment = {"HOME": "/root", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        environment |= {"GIMP2_DIRECTORY": f"{self.inside}/profile", "GIMP3_DIRECTORY": f"{self.inside}/profile"}
        if self.display:
            environment["DISPLAY"] = self.display
        command = [*enter(self.root), "/usr/bin/env", "-i", *[f"{key}={value}" for key, value in environment.items()]]
        command += ["gimp", "-n", "-s"] if self.display else ["gimp-console", "-i", "-d", "-f"]
        with (self.folder / "gimp.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *self.listening()], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        until(f"GIMP {self.version}", 120, self.answers)

    def stop(self) -> None:
        """End GIMP and remove its folder. SIGTERM would make GIMP leave a backup for the next start."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What GIMP and the plug-in wrote to the terminal."""
        return (self.folder / "gimp.log").read_text(errors="replace")

    def ended(self) -> bool:
        """True when the process is gone."""
        return self.process is None or self.process.poll() is not None

    @abstractmethod
    def listening(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @abstractmethod
    def evaluate(self, code: str, timeout: float = 180) -> Any:
        """The value of an expression in GIMP's own script language; GimpError with GIMP's text when it fails."""


class Gimp3(Gimp):
    """GIMP 3.x, scripted in Python."""

    _LOOP = """
import json, os, time, traceback
scope = dict(globals())
exec(open("FOLDER/prelude.py").read(), scope)
open("FOLDER/ready", "w").close()
while True:
    if not os.path.exists("FOLDER/request.py"):
        time.sleep(0.02)
        continue
    code = open("FOLDER/request.py").read()
    os.unlink("FOLDER/request.py")
    try:
        answer = {"value": eval(code, scope)}
    except Exception as error:
        answer = {"error": str(error)}
    with open("FOLDER/answer.new", "w") as file:
        json.dump(answer, file)
    os.rename("FOLDER/answer.new", "FOLDER/answer.json")
"""

    def listening(self) -> list[str]:
        (self.folder / "loop.py").write_text(self._LOOP.replace("FOLDER", self.inside))
        shutil.copy(Path(__file__).with_name("prelude3.py"), self.folder / "prelude.py")
        batch = f'exec(open("{self.inside}/loop.py").read())'
        return ["--batch-interpreter=python-fu-eval", "-b", batch]

    def answers(self) -> bool:
        if self.ended():
            raise RuntimeError(f"GIMP {self.version} ended: {self.log()}")
        return (self.folder / "ready").exists()

    def evaluate(self, code: str, timeout: float = 180) -> Any:
        (self.folder / "request.new").write_text(code)
        (self.folder / "request.new").rename(self.folder / "request.py")
        answer = self.folder / "answer.json"
        until(f"the answer to {code[:60]}", timeout, lambda: answer.exists() or self.ended())
        if not answer.exists():
            raise RuntimeError(f"GIMP {self.version} ended: {self.log()}")
        got = json.loads(answer.read_text())
        answer.unlink()
        if "error" in got:
            raise GimpError(got["error"])
        return got["value"]


class Gimp210(Gimp):
    """GIMP 2.10, scripted in Scheme through its Script-Fu server."""

    def listening(self) -> list[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        shutil.copy(Path(__file__).with_name("prelude210.scm"), self.folder / "prelude.scm")
        return ["-b", f'(plug-in-script-fu-server RUN-NONINTERACTIVE "127.0.0.1" {self.port} "")']

    def answers(self) -> bool:
        if self.ended():
            raise RuntimeError(f"GIMP 2.10 ended: {self.log()}")
        try:
            self._send(f'(load "{self.inside}/prelude.scm")', 60)
        except OSError:
            return False
        return True

    def _send(self, code: str, timeout: float) -> str:
        """Protocol of the server: 'G', length in two bytes, text; back 'G', error flag, length, text."""
        raw = code.encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(b"G" + struct.pack(">H", len(raw)) + raw)
            stream = connection.makefile("rb")
            _, failed, length = struct.unpack(">cBH", stream.read(4))
            text = stream.read(length).decode("utf-8", "replace")
        if failed:
            raise GimpError(text)
        return text

    def evaluate(self, code: str, timeout: float = 180) -> Any:
        # the server adds what (show) itself returns
        return json.JSONDecoder().raw_decode(self._send(f"(show {code})", timeout))[0]


def gimp(version: str, name: str, display: str | None = None) -> Gimp:
    """The GIMP of a version, not started yet."""
    return (Gimp210 if version == "2.10" else Gimp3)(version, name, display)


def call(session: Gimp, function: str, *arguments: Any) -> Any:
    """A function of the prelude (the same names and meanings in both languages) with plain arguments."""
    if isinstance(session, Gimp3):
        return session.evaluate(f"{function.replace('-', '_')}({', '.join(map(repr, arguments))})")
    return session.evaluate(f"({function} {' '.join(map(_scheme, arguments))})")


def _scheme(value: Any) -> str:
    if isinstance(value, bool):
        return "#t" if value else "#f"
    if isinstance(value, list | tuple):
        return "(list " + " ".join(map(_scheme, value)) + ")"
    return json.dumps(value) if isinstance(value, str) else str(value)


def options(values: Mapping[str, Any]) -> list[Any]:
    """All arguments of the procedure in their order, from the few that a test cares for."""
    defaults = {"variants": 2, "seed": 0, "model": "default", "draw_landmarks": True, "use_path": False}
    unknown = set(values) - set(defaults)
    assert not unknown, unknown
    return list({**defaults, **values}.values())
