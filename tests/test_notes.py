"""The catalogue of notes: complete, formattable, and listed in the documentation."""

import ast
import string
from pathlib import Path

import pytest

from statue_models.notes import CATALOGUE, Note, page

REPOSITORY = Path(__file__).parents[1]


def made():
    """(code, names of its facts) of every note that the sources make."""
    for path in sorted((REPOSITORY / "statue_models").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Note", "Note.of"):
                yield from ((one.value, {word.arg for word in node.keywords}) for one in node.args[:1] if is_text(one))


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def places(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_note_that_is_made_is_in_the_catalogue_with_its_facts_and_none_is_idle():
    found = dict(made())
    assert found.keys() == CATALOGUE.keys()
    assert all(places(CATALOGUE[code]) <= facts for code, facts in found.items())


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_note_comes_back_from_its_record(code):
    note = Note(code, {name: 3 for name in places(CATALOGUE[code])})
    assert Note.from_json(note.to_json()) == note and note.to_json()["code"] == code
    assert note.sentence.endswith(".") and str(note).endswith(f"({code})") and "{" not in note.sentence


def test_the_page_of_notes_is_up_to_date():
    said = (REPOSITORY / "docs/notes.md").read_text(encoding="utf-8")
    assert said == page(), "run: python -m statue_models.notes > docs/notes.md"
