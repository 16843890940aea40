"""TOML tables: read from a recipe's file, changed on the command line, checked key by key against a dataclass.

The dataclass says all that is known of a key: its type by the annotation, its default, and by ``number`` and ``choice``
what it may be. Nothing heavy is imported: a recipe is refused before anything starts.
"""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from statue_models.errors import StatueError, reason_of

#: Where recipes are looked for by name.
RECIPES = Path(__file__).parent / "recipes"
#: Keys of a field's metadata.
_BOUNDS, _CHOICES, _CONVERT = "bounds", "choices", "convert"

T = TypeVar("T")


def number(default: Any = MISSING, *, least: float, most: float, above: bool = False) -> Any:
    """A field for numbers from ``least`` (or, with ``above``, above it) to ``most``; without a default it is needed."""
    return field(default=default, metadata={_BOUNDS: (least, most, above)})


def choice(default: str, choices: tuple[str, ...]) -> Any:
    """A field for one of several words."""
    return field(default=default, metadata={_CHOICES: choices})


def converted_field(default_factory: Callable[[], Any], convert: Callable[[Any], Any]) -> Any:
    """A field for whatever ``convert`` takes; it raises what ``bad_recipe`` makes for the rest."""
    return field(default_factory=default_factory, metadata={_CONVERT: convert})


def bad_recipe(reason: str) -> StatueError:
    """The error for what a recipe says."""
    return StatueError("bad-recipe", reason=reason)


# --- from a table to a dataclass -------------------------------------------------------------------------------------


def fill(kind: type[T], table: str, values: Mapping[str, Any], owner: str = "", **fixed: Any) -> T:
    """A dataclass of a table's keys, every name, type and value checked.

    Args:
        kind: the dataclass.
        table: name of the table, for messages.
        values: what it holds; keys that are not there have their defaults.
        owner: whose table it is, for messages, where several have one of this name.
        **fixed: fields that are no keys of the table.

    Raises:
        StatueError: ``bad-recipe`` for a key that is not known or needed and not there, or a value that cannot be.
    """
    known: dict[str, Field] = {one.name: one for one in fields(kind) if one.name not in fixed}  # type: ignore[arg-type]
    where = f"[{table}]" + (f" of {owner}" if owner else "")
    for key in values:
        if key not in known:
            raise bad_recipe(f"there is no key {key!r} in {where}; there are {', '.join(known)}")
    for key, one in known.items():
        if key not in values and one.default is MISSING and one.default_factory is MISSING:
            raise bad_recipe(f"{where} needs {key}")
    return kind(**fixed, **{key: _check(f"{table}.{key}", value, known[key]) for key, value in values.items()})


def _check(name: str, value: Any, one: Field) -> Any:
    """The value as the dataclass has it."""
    if _CONVERT in one.metadata:
        return one.metadata[_CONVERT](value)
    value = _check_type(name, value, one.type)
    if _CHOICES in one.metadata and value not in one.metadata[_CHOICES]:
        raise bad_recipe(f"{name} must be one of {', '.join(one.metadata[_CHOICES])}, not {value!r}")
    if _BOUNDS in one.metadata:
        least, most, above = one.metadata[_BOUNDS]
        if not least <= value <= most or (above and value == least):
            start, end = ("above", "and up to") if above else ("from", "to")
            raise bad_recipe(f"{name} must be {start} {least:g} {end} {most:g}, not {value!r}")
    return value


def _check_type(name: str, value: Any, annotation: Any) -> Any:
    """The value in the annotation's type: whole numbers pass for floats, arrays for tuples; TOML knows no None."""
    types = [one for one in get_args(annotation) or (annotation,) if one is not NoneType]
    wanted = tuple if annotation is tuple or get_origin(annotation) is tuple else types[0]
    if wanted is tuple and isinstance(value, list):
        return tuple(value)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted or (isinstance(value, float) and not math.isfinite(value)):
        raise bad_recipe(f"{name} must be {_WORDS[wanted]}, not {value!r}")
    return value


_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "text",
    tuple: "an array",
}


# --- from a file to a table ------------------------------------------------------------------------------------------


def read_table(name: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    """What a recipe's file holds, changed, whatever it is a recipe of.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes``.
        changes: as for ``change_table``.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    return change_table(_parse(_find(name)), changes)


def change_table(table: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """The table itself, changed.

    Args:
        changes: "run.clip=0.5", "system.width=32": a dotted key and a TOML value each.

    Raises:
        StatueError: ``bad-recipe``.
    """
    for change in changes:
        _set(table, change)
    return table


def _find(name: str) -> Path:
    """A file of this name, or else a recipe of the project's own."""
    given = Path(name)
    own = RECIPES / f"{name}.toml"
    if given.is_file() or not own.is_file():
        if not given.exists() and given.name == name and not given.suffix:
            names = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml"))) or "none"
            raise bad_recipe(f"there is no recipe {name!r}; there are {names}")
        return given
    return own


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise bad_recipe(f"{path} is not TOML: {_phrase(error)}") from None


def _set(table: dict[str, Any], change: str) -> None:
    """Carry out one "key.of.a.table=value"."""
    name, sign, text = change.partition("=")
    keys = [key.strip() for key in name.split(".")]
    if not sign or len(keys) < 2 or not all(keys):
        raise bad_recipe(f"{change!r} is not of the form table.key=value")
    try:
        value = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        raise bad_recipe(f"{text.strip()!r} for {name.strip()} is not a TOML value: {_phrase(error)}") from None
    if value.keys() != {"value"}:
        raise bad_recipe(f"{text.strip()!r} for {name.strip()} is more than one value")
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise bad_recipe(f"{key!r} in {name.strip()} is not a table")
    table[keys[-1]] = value["value"]


def _phrase(error: Exception) -> str:
    """An error's words as the end of a sentence."""
    return str(error).rstrip(".")
