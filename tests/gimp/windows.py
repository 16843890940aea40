"""A screen without a monitor, and hands for it: Xvfb, xdotool and ImageMagick's import."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import gimps

NEEDED = ("Xvfb", "xdotool", "import")


def why_not() -> str | None:
    """Why there can be no windows here, or None."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(missing)} not installed; run tests/gimp/provision.sh" if missing else None


class Screen:
    """An X server of its own on a free display number; no window manager is needed."""

    def __init__(self) -> None:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
        self.process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            self.name = ":" + answer.readline().strip()
        gimps.until(f"Xvfb as {self.name}", 20, lambda: self.do("getdisplaygeometry"))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def do(self, *words: object) -> list[str]:
        """An xdotool command; the words that it prints."""
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env={**os.environ, "DISPLAY": self.name},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return done.stdout.split()

    def window(self, title: str, seconds: float = 90) -> str:
        """The newest visible window whose title matches."""
        search = ("search", "--onlyvisible", "--name", title)
        return gimps.until(f"the window {title}", seconds, lambda: self.do(*search))[-1]

    def focus(self, window: str) -> None:
        """Keys go to this window from now on. They are lost without the short wait."""
        self.do("windowfocus", "--sync", window, "sleep", 0.4)

    def keys(self, keys: Sequence[str]) -> None:
        self.do("key", *keys)

    def type(self, text: str) -> None:
        self.do("type", "--delay", 60, text)

    def accept(self, window: str) -> None:
        """Press Return until a dialog goes away: on a busy machine a key is lost now and then."""

        def gone() -> bool:
            self.focus(window)
            self.keys(["Return"])
            with contextlib.suppress(TimeoutError):
                return gimps.until(
                    "the dialog", 3, lambda: window not in self.do("search", "--onlyvisible", "--name", "")
                )
            return False

        gimps.until("the dialog to be accepted", 30, gone)

    def shot(self, path: Path) -> None:
        """A picture of the whole screen."""
        subprocess.run(["import", "-display", self.name, "-window", "root", str(path)], check=True)
