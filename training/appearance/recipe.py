"""The recipe of the appearance model: a TOML file with one table, checked before anything starts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from statue_models.errors import StatueError
from training.engine.recipe import read_table

TABLE = "appearance"


@dataclass(frozen=True)
class AppearanceRecipe:
    """All that the model depends on beside the photographs; the keys of ``[appearance]``, every one needed.

    Attributes:
        modes: main ways in which maps differ; the program wants ``statue_models.head.appearance.MODES``.
        rounds: times that heads are lit and the model is learnt; in the first one no model helps with the light.
        least_share: a cell is learnt if at least this share of the maps, mirror images included, show it.
        fillings: iterations in which what the maps do not show is filled in.
        shrinkage: by which each singular value over the square root of the number of maps shrinks in a filling, in
            natural logarithms times the square root of cells.
        least_noise: smallest variance of a cell, natural logarithm squared.
    """

    modes: int
    rounds: int
    least_share: float
    fillings: int
    shrinkage: float
    least_noise: float


#: Key -> (whether whole, least, most).
_BOUNDS: dict[str, tuple[bool, float, float]] = {
    "modes": (True, 1, 1000),
    "rounds": (True, 1, 20),
    "least_share": (False, 0.01, 1),
    "fillings": (True, 1, 1000),
    "shrinkage": (False, 0, 100),
    "least_noise": (False, 1e-4, 1),  # half precision holds it
}


def read_appearance_recipe(name: str, changes: Sequence[str] = ()) -> AppearanceRecipe:
    """The recipe of a file, changed.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes``.
        changes: "appearance.rounds=1": a dotted key and a TOML value.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    return appearance_recipe_of(read_table(name, changes))


def appearance_recipe_of(table: Mapping[str, Any]) -> AppearanceRecipe:
    """A recipe of its one table.

    Raises:
        StatueError: ``bad-recipe``.
    """
    if set(table) != {TABLE} or not isinstance(table[TABLE], dict):
        raise _bad(f"it needs the table [{TABLE}] and no other")
    values, known = table[TABLE], [field.name for field in fields(AppearanceRecipe)]
    for key in values:
        if key not in known:
            raise _bad(f"there is no key {key!r} in [{TABLE}]; there are {', '.join(known)}")
    for key in known:
        if key not in values:
            raise _bad(f"[{TABLE}] needs {key}")
    return AppearanceRecipe(**{key: _checked(key, values[key]) for key in known})


def _checked(key: str, value: Any) -> Any:
    whole, least, most = _BOUNDS[key]
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise _bad(f"{TABLE}.{key} must be a {'whole ' if whole else ''}number, not {value!r}")
    if not math.isfinite(value) or not least <= value <= most:
        raise _bad(f"{TABLE}.{key} must be from {least:g} to {most:g}, not {value!r}")
    return value if whole else float(value)


def _bad(reason: str) -> StatueError:
    return StatueError("bad-recipe", reason=reason)
