"""The one catalogue of errors: every failure that a user can meet has a code, a sentence, a remedy and a status.

The catalogue itself is ``errors.json``, plain data: the installer copies it beside the GIMP plug-in, whose process
imports nothing of this package.

``python -m statue_models.errors > docs/troubleshooting.md`` writes the page that explains them all.
"""

import json
import sys
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


@cache
def catalogue() -> dict[str, ErrorEntry]:
    """Code -> entry, in the file's order."""
    rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {
        code: ErrorEntry(code, row["sentence"], row["remedy"], row["exit"], row["http"]) for code, row in rows.items()
    }


class StatueError(Exception):
    """A failure with a code of the catalogue. ``str(error)`` is the sentence; details fill its places.

    Raises:
        KeyError: for a code that the catalogue does not know (a programming error).
    """

    def __init__(self, code: str, **details: Any) -> None:
        entry = catalogue()[code]
        self.code = code
        self.details = details
        self.sentence = entry.sentence.format(**details)
        self.remedy = entry.remedy.format(**details)
        self.exit_status = entry.exit_status
        self.http_status = entry.http_status
        super().__init__(self.sentence)

    @classmethod
    def told(cls, code: str, sentence: str, remedy: str) -> "StatueError":
        """The error that a runner reported in its own, complete words."""
        known = code if code in catalogue() else "runner-version"
        error = cls.__new__(cls)
        Exception.__init__(error, sentence)
        error.code, error.details, error.sentence, error.remedy = code, {}, sentence, remedy
        error.exit_status, error.http_status = catalogue()[known].exit_status, catalogue()[known].http_status
        return error

    def to_json(self) -> dict[str, str]:
        """What CLI (``--json``) and HTTP answers carry."""
        return {"code": self.code, "sentence": self.sentence, "remedy": self.remedy}


_EXIT_STATUSES = {
    1: "The program itself failed",
    2: "Usage",
    3: "Input: the picture, the mask or the request",
    4: "No face",
    5: "Model or weights",
    6: "Device or memory",
    7: "The local runner",
    8: "Output",
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
