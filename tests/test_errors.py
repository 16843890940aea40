"""The catalogue of errors: complete, formattable, and explained in the documentation."""

import ast
import pickle
import string
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
import pytest

from statue_models import errors
from statue_models.errors import StatueError, catalogue, report_out_of_memory, require_package, troubleshooting

REPOSITORY = Path(__file__).parents[1]
SOURCES = [
    path for room in ("statue_models", "gimp_plugin", "training") for path in sorted((REPOSITORY / room).rglob("*.py"))
]


def _literals(node):
    """The strings that an expression can be, where that is plain to see."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return set()


def _scan():
    """((code, names of its details) of every error that is made, all strings) of the sources."""
    raised, strings = [], set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", None))
                details = {keyword.arg for keyword in node.keywords}
                raised += [(code, details) for code in _literals(node.args[0]) if name == "StatueError"]
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
    assert entry.exit_status in {1, 2, 3, 4, 5, 6, 7, 8, 9, 130}
    assert 400 <= entry.http_status < 600
    assert error.to_json() == {"code": code, "sentence": error.sentence, "remedy": error.remedy}


def test_every_code_that_is_raised_is_in_the_catalogue():
    raised, _ = _scan()
    assert len({code for code, _ in raised}) > 30
    assert {code for code, _ in raised} <= catalogue().keys()


def test_every_place_of_a_sentence_is_filled():
    for code, details in _scan()[0]:
        entry = catalogue()[code]
        assert details == _fields(entry.sentence) | _fields(entry.remedy), code


def test_every_code_of_the_catalogue_is_raised_somewhere():
    _, strings = _scan()
    assert catalogue().keys() <= strings


def test_an_error_that_a_runner_told_keeps_its_words_and_status():
    error = StatueError.from_json({"code": "no-face", "sentence": "No face.", "remedy": "Look again."})
    assert (str(error), error.sentence, error.remedy) == ("No face.", "No face.", "Look again.")
    assert (error.code, error.exit_status, error.http_status) == ("no-face", 4, 422)
    assert error.to_json() == {"code": "no-face", "sentence": "No face.", "remedy": "Look again."}
    later = StatueError.from_json({"code": "of-a-later-version", "sentence": "What?", "remedy": "Wait."})
    assert (later.code, str(later), later.exit_status) == ("of-a-later-version", "What?", 7)
    assert later.http_status == catalogue()["runner-version"].http_status


@pytest.mark.parametrize("report", [None, "no", [], {}, {"code": "no-face", "sentence": "No face."}])
def test_what_is_no_report_of_an_error_is_of_another_version(report):
    assert StatueError.from_json(report).code == "runner-version"


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"no-face": {"sentence": "No face."}}', "\xff"])
def test_without_a_catalogue_an_error_still_says_what_is_known(tmp_path, monkeypatch, text):
    path = tmp_path / "errors.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    monkeypatch.setattr(errors, "CATALOGUE", path)
    monkeypatch.setattr(errors, "catalogue", catalogue.__wrapped__)
    error = StatueError("runner-start", reason="port 1: in use")
    assert error.code == "runner-start" and error.exit_status == 1
    assert "runner-start" in str(error) and "port 1: in use" in str(error) and "installer" in error.remedy
    told = StatueError.from_json({"code": "no-face", "sentence": "No face.", "remedy": "Look again."})
    assert (told.code, str(told), told.remedy) == ("no-face", "No face.", "Look again.")


def test_a_forgotten_detail_costs_no_more_than_its_word():
    assert str(StatueError("runner-start")) == "The local runner could not be started: unknown."


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(StatueError("missing-file", path="a.png")))
    assert error.to_json() == StatueError("missing-file", path="a.png").to_json() and error.exit_status == 3


def _opencv_error(code):
    error = cv2.error("it failed")
    error.code = code
    return error


#: What is raised without memory.
WITHOUT_MEMORY = [MemoryError(), _opencv_error(cv2.Error.StsNoMem), BrokenProcessPool()]


@pytest.mark.parametrize("error", WITHOUT_MEMORY, ids=lambda error: type(error).__name__)
def test_what_is_raised_without_memory_is_called_so(error):
    assert StatueError.from_exception(error).code == "out-of-memory"
    with pytest.raises(StatueError) as caught, report_out_of_memory():
        raise error
    assert caught.value.code == "out-of-memory"


def test_what_pytorch_raises_without_memory_is_called_so():
    torch = pytest.importorskip("torch")
    assert StatueError.from_exception(torch.OutOfMemoryError("CUDA out of memory.")).code == "out-of-memory"
    assert StatueError.from_exception(torch.cuda.OutOfMemoryError("as it was called")).code == "out-of-memory"


@pytest.mark.parametrize("error", [_opencv_error(cv2.Error.StsBadArg), ValueError(), OSError(), KeyboardInterrupt()])
def test_nothing_else_is_taken_for_want_of_memory(error):
    assert StatueError.from_exception(error).code != "out-of-memory"
    with pytest.raises(type(error)) as caught, report_out_of_memory():
        raise error
    assert caught.value is error


def test_any_exception_becomes_an_error_of_the_catalogue():
    error = StatueError("no-face")
    assert StatueError.from_exception(error) is error
    assert StatueError.from_exception(KeyboardInterrupt()).code == "interrupted"
    odd = ValueError("/home/somebody is odd.")
    internal, guarded = StatueError.from_exception(odd), StatueError.from_exception(odd, log="the runner's log")
    assert internal.code == guarded.code == "internal"
    assert str(internal).endswith(": ValueError: /home/somebody is odd.")
    assert str(guarded).endswith(": ValueError; the runner's log says more.")


def test_a_package_that_is_not_there_is_named():
    how = "Install it."
    with pytest.raises(StatueError) as caught, require_package("no_such_package", how):
        import no_such_package.part
    assert caught.value.code == "missing-package" and "no_such_package" in str(caught.value)
    assert caught.value.remedy == how
    with pytest.raises(ModuleNotFoundError), require_package("another", how):
        import no_such_package  # noqa: F401


def test_what_nobody_foresaw_is_named_in_one_place():
    makers = {
        path.relative_to(REPOSITORY).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args and _literals(node.args[0]) & {"internal", "out-of-memory"}
    }
    assert makers == {"statue_models/errors.py"}


def test_the_troubleshooting_page_is_up_to_date():
    page = (REPOSITORY / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert page == troubleshooting(), "run: python -m statue_models.errors > docs/troubleshooting.md"
    assert all(f"`{code}`" in page for code in catalogue())
