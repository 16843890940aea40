"""A list of photographs as CSV or JSON: a row for each, with whatever is asked for it alone."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from statue_models.batch import files
from statue_models.errors import StatueError
from statue_models.fields import FIELDS, SWITCH
from statue_models.tasks.paths import is_address, name_of

#: Columns that are files' names.
FILES = ("photo", "mask", "output", "landmarks", "report", "uncertainty")
#: Options that are said or not, and the field that goes back to its default where a cell says no; what cells mean so.
FLAGS = {
    "invert": "",
    **{field.shorthand: field.name for field in FIELDS.values() if field.shorthand},
    **{field.name: field.name for field in FIELDS.values() if field.kind == SWITCH and field.on_command_line},
}
_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")
#: Separators of columns: German and other spreadsheets write semicolons.
_SEPARATORS = ",;\t"


def columns() -> list[str]:
    """What a row may hold: the files, and the options of one photograph."""
    options = [field.name for field in FIELDS.values() if field.on_command_line and field.name not in (*FILES, *FLAGS)]
    return [*FILES, *options, *FLAGS, "grow", "feather"]


@dataclass(frozen=True)
class Row:
    """A row of a list.

    Attributes:
        number: of its line in a CSV file, or its place in a JSON list; from 1.
        photo: the photograph's name.
        mask, output: names, or empty where they are not given.
        words: what it asks for, as words of a command line.
        unset: the fields that it wants at their defaults, whatever the command line says.
    """

    number: int
    photo: str
    mask: str
    output: str
    words: Sequence[str]
    unset: Sequence[str] = ()


def read_list(name: str) -> list[Row]:
    """The rows of a list; names in it are of files beside it, unless they lead elsewhere.

    Raises:
        StatueError: missing-file, unreadable-file; bad-list.
    """
    text = files.read_text(name)
    if text is None:
        raise StatueError("missing-file", path=name)
    rows = _of_json(text, name) if text.lstrip()[:1] in ("[", "{") else _of_csv(text, name)
    if not rows:
        _refuse(name, "it names no photograph")
    return [_row(number, cells, name) for number, cells in rows]


def _of_csv(text: str, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    head = text.splitlines()[0] if text.strip() else ""
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[tuple[int, Mapping[str, Any]]] = []
    try:
        for cells in reader:
            if None in cells:
                _refuse(name, f"line {reader.line_num} has more cells than the first has columns")
            rows.append((reader.line_num, cells))
    except csv.Error as error:
        _refuse(name, f"line {reader.line_num}: {error}")
    return rows


def _of_json(text: str, name: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(name, f"it is no JSON ({error})")
    if isinstance(data, dict):
        data = data.get("pictures")
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        _refuse(name, "wanted is a list of objects, one for each photograph")
    return list(enumerate(data, 1))


def _row(number: int, cells: Mapping[str, Any], name: str) -> Row:
    said = {str(key).strip().lower().replace("-", "_"): _word(value) for key, value in cells.items()}
    unknown = [key for key in said if key not in columns()]
    if unknown:
        _refuse(name, f"there is no column {unknown[0]}; there are {', '.join(columns())}")
    given = {key: word for key, word in said.items() if word}
    for key in FILES:
        if key in given and (key, given[key]) != ("mask", "alpha"):
            given[key] = _beside(name, given[key])
    if "photo" not in given:
        _refuse(name, f"row {number} names no photograph")
    words, unset = [], []
    for key, word in given.items():
        flag = f"--{key.replace('_', '-')}"
        if key not in FLAGS:
            words += [] if key in ("photo", "mask", "output") else [f"{flag}={word}"]
        elif word.lower() in _YES:
            words.append(flag)
        elif word.lower() not in _NO:
            _refuse(name, f"row {number}: {key} is yes or no, not {word}")
        elif key == "invert":
            words.append("--no-invert")
        else:
            unset.append(FLAGS[key])
    return Row(number, given["photo"], given.get("mask", ""), given.get("output", ""), words, unset)


def _word(value: Any) -> str:
    """A cell as the command line would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value).strip()


def _beside(listed: str, word: str) -> str:
    """The name of a file that a list names."""
    name = name_of(word)
    return name if is_address(name) else files.in_folder(files.folder_of(listed), name)


def _refuse(name: str, reason: str) -> NoReturn:
    raise StatueError("bad-list", path=name, reason=reason)
