"""The one catalogue of errors: every failure that a user can meet has a code, a sentence, a remedy and a status.

The catalogue itself is ``errors.json``, plain data: the installer copies it beside the GIMP plug-in, whose process
imports nothing of this package.
"""

import json
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
    return {code: ErrorEntry(code, row["sentence"], row["remedy"], row["exit"], row["http"]) for code, row in rows.items()}


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

    def to_json(self) -> dict[str, str]:
        """What CLI (``--json``) and HTTP answers carry."""
        return {"code": self.code, "sentence": self.sentence, "remedy": self.remedy}
