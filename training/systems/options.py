"""A system's own options: the recipe's ``[system]`` table as a dataclass, every name and type checked."""

import math
from dataclasses import fields
from typing import Any, TypeVar

from statue_models.errors import StatueError
from training.systems.system import Setting

T = TypeVar("T")


def read_options(kind: type[T], setting: Setting, system: str) -> T:
    """The options of a setting.

    Args:
        kind: dataclass of options, each with a default of its own type; tuples are given as TOML's arrays.
        setting: has them by name.
        system: whose they are, for messages.

    Raises:
        StatueError: ``bad-recipe`` for a name that is not known or a value of another type.
    """
    defaults = kind()
    known = {field.name: getattr(defaults, field.name) for field in fields(kind)}  # type: ignore[arg-type]
    for name in setting.options:
        if name not in known:
            raise _bad(f"{system} has no option {name!r}; it has {', '.join(known)}")
    return kind(**{name: _checked(name, value, known[name]) for name, value in setting.options.items()})


def chosen(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse what is not among the choices.

    Raises:
        StatueError: ``bad-recipe``.
    """
    if value not in choices:
        raise _bad(f"system.{name} must be one of {', '.join(choices)}, not {value!r}")


def between(name: str, value: float, least: float, most: float) -> None:
    """Refuse what is not from ``least`` to ``most``.

    Raises:
        StatueError: ``bad-recipe``.
    """
    if not least <= value <= most:
        raise _bad(f"system.{name} must be from {least:g} to {most:g}, not {value!r}")


def _checked(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if type(default) is float and type(value) is int:
        value = float(value)
    if type(value) is not type(default) or (isinstance(value, float) and not math.isfinite(value)):
        raise _bad(f"system.{name} must be of the kind of its default, {default!r}, and is {value!r}")
    return value


def _bad(reason: str) -> StatueError:
    return StatueError("bad-recipe", reason=reason)
