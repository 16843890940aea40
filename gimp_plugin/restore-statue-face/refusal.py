"""What the plug-in says when it cannot do its work: a sentence and a remedy of the one catalogue."""

import json
import os

_BESIDE = os.path.dirname(os.path.abspath(__file__))
_NOT_INSTALLED = {
    "sentence": "The plug-in is not installed completely: {reason}.",
    "remedy": "Run 'python3 -m installer' again, then restart GIMP.",
}


class Refusal(Exception):
    """A failure that the user is told about. ``str()`` is the sentence followed by the remedy.

    Attributes:
        code: the catalogue's code, or "not-installed" where there is no catalogue yet.
    """

    def __init__(self, code, sentence, remedy):
        self.code, self.sentence, self.remedy = code, sentence, remedy
        super().__init__("%s %s" % (sentence, remedy))


def refusal(code, **details):
    """The refusal for a code of the catalogue (``errors.json``, laid beside this file by the installer)."""
    try:
        with open(os.path.join(_BESIDE, "errors.json"), encoding="utf-8") as file:
            row = json.load(file)[code]
    except (OSError, ValueError, KeyError):
        code, row = "not-installed", _NOT_INSTALLED
        details = {"reason": details.get("reason", "its list of messages is missing")}
    return Refusal(code, row["sentence"].format(**details), row["remedy"].format(**details))


def not_installed(reason):
    """The refusal of a plug-in folder that was copied by hand."""
    row = _NOT_INSTALLED
    return Refusal("not-installed", row["sentence"].format(reason=reason), row["remedy"])


def as_refusal(error):
    """Any exception as a refusal: what the runner says is passed on, the unforeseen is called an internal error."""
    if isinstance(error, Refusal):
        return error
    if hasattr(error, "sentence") and hasattr(error, "remedy"):  # the client's RunnerError
        return Refusal(error.code, error.sentence, error.remedy)
    if isinstance(error, MemoryError):
        return refusal("out-of-memory")
    return refusal("internal", reason="%s: %s" % (type(error).__name__, error))
