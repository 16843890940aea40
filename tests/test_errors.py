"""The catalogue of errors: complete, formattable, and explained in the documentation."""

import ast
import string
from pathlib import Path

import pytest

from statue_models.errors import StatueError, catalogue, troubleshooting

REPOSITORY = Path(__file__).parents[1]
SOURCES = [
    path for room in ("statue_models", "gimp_plugin", "training") for path in sorted((REPOSITORY / room).rglob("*.py"))
]
#: What makes an error from a code.
MAKERS = {"StatueError", "refusal", "runner_error"}
#: Codes of the plug-in's own that it needs when the catalogue is not there.
OUTSIDE = {"not-installed"}


def _literals(node):
    """The strings that an expression can be, where that is plain to see."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return set()


def _scan():
    """(codes given to the makers, all strings) of the sources."""
    raised, strings = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", None))
                raised |= _literals(node.args[0]) if name in MAKERS else set()
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.add(node.value)
    return raised, strings


def _fields(template):
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}


@pytest.mark.parametrize("code", catalogue())
def test_every_entry_can_be_told(code):
    entry = catalogue()[code]
    details = {name: "Something" for name in _fields(entry.sentence) | _fields(entry.remedy)}
    assert all(name.isidentifier() for name in details)
    error = StatueError(code, **details)
    for text in (error.sentence, error.remedy):
        assert text and "{" not in text
    assert error.sentence[-1] == "." and error.sentence[0].isupper()
    assert entry.exit_status in {1, 2, 3, 4, 5, 6, 7, 8, 130}
    assert 400 <= entry.http_status < 600
    assert error.to_json() == {"code": code, "sentence": error.sentence, "remedy": error.remedy}


def test_every_code_that_is_raised_is_in_the_catalogue():
    raised, _ = _scan()
    assert len(raised) > 30
    assert raised - OUTSIDE <= catalogue().keys()


def test_every_code_of_the_catalogue_is_raised_somewhere():
    _, strings = _scan()
    assert catalogue().keys() <= strings


def test_an_error_that_a_runner_told_keeps_its_words_and_status():
    error = StatueError.told("no-face", "No face.", "Look again.")
    assert (str(error), error.remedy, error.exit_status) == ("No face.", "Look again.", 4)
    assert StatueError.told("of-a-later-version", "What?", "Wait.").exit_status == 7


def test_the_troubleshooting_page_is_up_to_date():
    page = (REPOSITORY / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert page == troubleshooting(), "run: python -m statue_models.errors > docs/troubleshooting.md"
    assert all(f"`{code}`" in page for code in catalogue())
