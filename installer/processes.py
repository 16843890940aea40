"""Running other programs, and telling the user what goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

Say = Callable[[str], None]

#: What the caller's environment may not change about another Python or pip: where it looks, and where it installs.
_FOREIGN = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV",
    "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PIP_REQUIREMENT", "PIP_CONSTRAINT",
    "PIP_PYTHON",
)  # fmt: skip


class InstallError(Exception):
    """A step that could not be done: ``str()`` is the sentence, ``remedy`` what the user can do."""

    def __init__(self, sentence: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(sentence)


class CommandFailed(Exception):  # noqa: N818 - it says what happened
    """A program that could not be started (status None) or that ended with another status than 0."""

    def __init__(self, command: Sequence[str], status: int | None, output: str) -> None:
        self.command, self.status, self.output = list(command), status, output
        super().__init__(f"{command[0]} ended with status {status}: {self.last_lines(1)}")

    def last_lines(self, count: int) -> str:
        """The end of what the program said, where the reason usually is."""
        return "\n".join(self.output.strip().splitlines()[-count:])


class Run(Protocol):
    """Runs a program to its end; tests inject their own."""

    def __call__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """See ``run``."""
        ...


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run a program to its end; returns what it wrote to stdout and stderr together.

    Args:
        command: program and arguments, no shell.
        environment: changes to this process's environment.
        directory: where it runs.
        on_line: gets each line (without its end) as it appears.

    Raises:
        CommandFailed: it could not be started, or ended with another status than 0.
    """
    words = [os.fspath(word) for word in command]
    variables = {**clean_environment(os.environ), **(environment or {})}
    lines = []
    try:
        with subprocess.Popen(
            words, env=variables, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip())
    except OSError as error:
        raise CommandFailed(words, None, str(error)) from error
    output = "".join(lines)
    if process.returncode:
        raise CommandFailed(words, process.returncode, output)
    return output


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """``variables`` without what would lead another Python or pip astray; pip's index and proxy settings stay."""
    kept = {name: value for name, value in variables.items() if name not in _FOREIGN}
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def say(text: str) -> None:
    """One line for the user, at once."""
    print(text, flush=True)


def is_terminal() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
