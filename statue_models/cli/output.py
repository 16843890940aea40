"""What ``statue`` says and writes: progress, messages, JSON and small files."""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.phases import Phase
from statue_models.whole_file import whole_file


class ProgressLine:
    """One line on stderr that is written over and over; silent where stderr is no terminal.

    Use it as a context manager: the line is gone when the block ends, so that messages start on a clean one.
    """

    def __init__(self, wanted: bool = True) -> None:
        self._shown = ""
        self._on = wanted and sys.stderr.isatty()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.show("")

    def __call__(self, phase: Phase, fraction: float) -> None:
        """Show a phase and a fraction in [0, 1]."""
        self.show(f"{round(100 * fraction):3d} %  {phase.words}")

    def show(self, text: str) -> None:
        """Show a text in place of the last; nothing for an empty one."""
        text = text[: shutil.get_terminal_size().columns - 1]
        if self._on and text != self._shown:
            sys.stderr.write("\r" + text.ljust(len(self._shown)) + ("\r" if not text else ""))
            sys.stderr.flush()
            self._shown = text


def say(message: str, quiet: bool = False) -> None:
    """One message to a person."""
    if not quiet:
        print(f"statue: {message}", file=sys.stderr)


def say_all(notes: Iterable[Note], quiet: bool = False) -> None:
    """Each note in a line, and none twice."""
    for line in dict.fromkeys(map(str, notes)):
        say(line, quiet)


def print_json(data: Mapping[str, Any]) -> None:
    """The one object of ``--json`` on stdout, with its schema."""
    print(json.dumps({"schema": 1, **data}, indent=1))


def report(error: StatueError, as_json: bool) -> int:
    """Tell the user about a failure; returns the exit status."""
    say(error.sentence)
    print(error.remedy, file=sys.stderr)
    if as_json:
        print_json({"error": error.to_json()})
    return error.exit_status


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a text file, whole or not at all.

    Raises:
        StatueError: those of ``whole_file``.
    """
    with whole_file(path, force) as stream:
        stream.write(text.encode())
