"""The recipe of the appearance model: a TOML file with one table, checked before anything starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.toml_tables import bad_recipe, fill, number, read_table

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

    modes: int = number(least=1, most=1000)
    rounds: int = number(least=1, most=20)
    least_share: float = number(least=0.01, most=1)
    fillings: int = number(least=1, most=1000)
    shrinkage: float = number(least=0, most=100)
    least_noise: float = number(least=1e-4, most=1)  # half precision holds it


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
        raise bad_recipe(f"it needs the table [{TABLE}] and no other")
    return fill(AppearanceRecipe, TABLE, table[TABLE])
