"""The one catalogue of errors: every failure that a user can meet has a code, a sentence, a remedy and a status.

The catalogue itself is ``errors.json``, plain data. The installer lays both files beside the GIMP plug-in, so this one
keeps to the standard library and to Python 3.9, and imports nothing of the package.

``python -m statue_models.errors > docs/troubleshooting.md`` writes the page that explains them all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("errors.json")


@dataclass(frozen=True)
class ErrorEntry:
    """One row of the catalogue. ``sentence`` and ``remedy`` may hold ``{field}`` places filled by the raiser."""

    code: str
    sentence: str
    remedy: str
    exit_status: int
    http_status: int


#: What is raised without memory beside MemoryError, by package and name: nothing of this may be imported here. A pool
#: breaks when the system ends one of its processes.
_OUT_OF_MEMORY = {("torch", "OutOfMemoryError"), ("concurrent", "BrokenProcessPool")}
#: ``cv2.Error.StsNoMem``.
_OPENCV_NO_MEMORY = -4

#: Stands for a code that the catalogue does not have.
_UNLISTED = ErrorEntry(
    "internal",
    "This failed: {what}. The program's list of messages is missing or damaged.",
    "Run 'python3 -m installer' again.",
    1,
    500,
)


@cache
def catalogue() -> dict[str, ErrorEntry]:
    """Code -> entry, in the file's order; empty where the file is missing or damaged."""
    try:
        rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))
        return {
            code: ErrorEntry(code, row["sentence"], row["remedy"], row["exit"], row["http"])
            for code, row in rows.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


class _Details(dict[str, Any]):
    """What fills the places of a sentence."""

    def __missing__(self, name: str) -> str:
        return "unknown"


class StatueError(Exception):
    """A failure with a code of the catalogue. ``str(error)`` is the sentence; details fill its places.

    An error is made where something has gone wrong already, so making one never fails: where the catalogue, the code or
    a detail is missing, the sentence says what is known. That nothing is missing is for the tests to see.

    Attributes:
        code: of the catalogue.
        details: what fills the places.
        sentence: what happened.
        remedy: what to do.
        exit_status: of ``statue``.
        http_status: of the runner's answer.
    """

    def __init__(self, code: str, **details: Any) -> None:
        entry = catalogue().get(code)
        if entry is None:
            entry, details = _UNLISTED, {"what": ", ".join([code, *(f"{k}: {v}" for k, v in details.items())])}
        self.code, self.details = code, details
        self.sentence = entry.sentence.format_map(_Details(details))
        self.remedy = entry.remedy.format_map(_Details(details))
        self.exit_status = entry.exit_status
        self.http_status = entry.http_status
        super().__init__(self.sentence)

    def told_with(self, **details: Any) -> StatueError:
        """The same error with other details: a file's name as the user knows it."""
        return StatueError(self.code, **{**self.details, **details})

    @classmethod
    def from_json(cls, data: Any) -> StatueError:
        """The error that another process reported by ``to_json``, in that process's own words.

        A code of a later version has the status of ``runner-version``; what is no such report is that error itself.
        """
        try:
            code, sentence, remedy = (str(data[name]) for name in ("code", "sentence", "remedy"))
        except (KeyError, TypeError):
            return cls("runner-version")
        error = cls(code if code in catalogue() else "runner-version")
        error.code, error.sentence, error.remedy = code, sentence, remedy
        error.args = (sentence,)
        return error

    @classmethod
    def from_exception(cls, error: BaseException, log: str | None = None) -> StatueError:
        """Whatever was raised: itself, ``interrupted``, ``out-of-memory``, or for all that nobody foresaw ``internal``.

        Args:
            error: what was caught.
            log: where the words of the unforeseen were written, for somebody who is told its kind alone, because they
                may hold anything; None = they are told.
        """
        if isinstance(error, StatueError):
            return error
        if isinstance(error, KeyboardInterrupt):
            return cls("interrupted")
        if _is_out_of_memory(error):
            return cls("out-of-memory")
        kind = type(error).__name__
        return cls("internal", reason=f"{kind}; {log} says more" if log else f"{kind}: {error}".rstrip(" .:"))

    def to_json(self) -> dict[str, str]:
        """What CLI (``--json``) and HTTP answers carry."""
        return {"code": self.code, "sentence": self.sentence, "remedy": self.remedy}


def _is_out_of_memory(error: BaseException) -> bool:
    kind = type(error)
    named = (kind.__module__.split(".")[0], kind.__name__)
    if named == ("cv2", "error"):
        return getattr(error, "code", None) == _OPENCV_NO_MEMORY
    return isinstance(error, MemoryError) or named in _OUT_OF_MEMORY


@contextmanager
def report_out_of_memory() -> Iterator[None]:
    """Turns what Python, OpenCV, PyTorch and pools of processes raise without memory into ``out-of-memory``."""
    try:
        yield
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        raise StatueError.from_exception(error) from None


@contextmanager
def require_package(package: str, how: str) -> Iterator[None]:
    """Turns the want of a package that is imported within into ``missing-package``.

    Args:
        package: its import name, which the user is told.
        how: the remedy.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise StatueError("missing-package", package=package, how=how) from None


def reason_of(error: BaseException) -> str:
    """What the system says of a failure, without its number and the file's name."""
    return getattr(error, "strerror", None) or str(error)


_EXIT_STATUSES = {
    1: "The program itself failed",
    2: "Usage",
    3: "Input: the picture, the mask or the request",
    4: "No face",
    5: "Model or weights",
    6: "Device or memory",
    7: "The local runner, or a cluster",
    8: "Output",
    9: "Many pictures, some of which failed",
    130: "Stopped",
}


def troubleshooting() -> str:
    """docs/troubleshooting.md: every entry of the catalogue, grouped by the exit status of ``statue``."""
    parts = [
        "# Troubleshooting",
        "What every message means and what to do. The words are the same in GIMP, on the command line and over HTTP;"
        " the code stands in `--json` output and in the runner's answers. Words in braces are filled in.",
        "<!-- Written by `python -m statue_models.errors` from statue_models/errors.json; do not edit. -->",
    ]
    for status, title in _EXIT_STATUSES.items():
        parts.append(f"## {title} (exit status {status})")
        for entry in catalogue().values():
            if entry.exit_status == status:
                parts.append(f"### `{entry.code}`")
                parts.append(f"*{entry.sentence}* {entry.remedy} (HTTP {entry.http_status})")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Print the troubleshooting page."""
    sys.stdout.write(troubleshooting())


if __name__ == "__main__":
    main()
