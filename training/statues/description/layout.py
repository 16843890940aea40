"""``Statue`` as kernels and whole batches see it: Warp structs and NumPy tables, made from its dataclasses."""

from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import numpy as np
import warp as wp
from numpy.typing import NDArray

from training.statues.description import statue
from training.statues.description.statue import Break, Shape, Statue

#: Structured array, one row per statue.
Table = NDArray[np.void]

_KERNEL_TYPES = {float: wp.float32, int: wp.int32, statue.Vec3: wp.vec3}


def _struct(description: type) -> Any:
    """The Warp struct of one of the groups of ``Statue``: same names, same order."""
    hints = {field.name: _KERNEL_TYPES[get_type_hints(description)[field.name]] for field in fields(description)}
    return wp.struct(type(description.__name__, (), {"__annotations__": hints, "__module__": __name__}))


Proportions = _struct(statue.Proportions)
Carving = _struct(statue.Carving)
Eyes = _struct(statue.Eyes)
Hair = _struct(statue.Hair)
Beard = _struct(statue.Beard)
Headgear = _struct(statue.Headgear)
Fracture = _struct(statue.Break)
Stone = _struct(statue.Stone)
Weathering = _struct(statue.Weathering)
Light = _struct(statue.Light)

#: Groups of ``Statue`` that kernels read, by field name.
STRUCTS = {
    "proportions": Proportions,
    "carving": Carving,
    "eyes": Eyes,
    "hair": Hair,
    "beard": Beard,
    "headgear": Headgear,
    "breaks": Fracture,
    "stone": Stone,
    "weathering": Weathering,
    "light": Light,
}


def rows(struct: Any, count: int | tuple[int, ...]) -> Table:
    """Zeroed structs in main memory, to be filled column by column."""
    return np.zeros(count, struct.numpy_dtype())


def table_type(identities: int, expressions: int) -> np.dtype:
    """Type of a row: nested fields named as in ``Statue``."""

    def group(description: type, name: str) -> np.dtype:
        if name in STRUCTS:
            return np.dtype(STRUCTS[name].numpy_dtype())
        plain: dict[Any, Any] = {float: np.float32, int: np.int64, statue.Vec3: (np.float32, 3)}
        hints = get_type_hints(description)
        return np.dtype([(field.name, plain[hints[field.name]]) for field in fields(description)])

    columns: list[tuple[str, Any]] = []
    for field in fields(Statue):
        hint = get_type_hints(Statue)[field.name]
        if hint is Shape:
            columns.append((field.name, np.dtype([("identity", "f4", identities), ("expression", "f4", expressions)])))
        elif field.name == "breaks":
            columns.append((field.name, group(Break, "breaks"), 3))  # type: ignore[arg-type]
        elif is_dataclass(hint):
            columns.append((field.name, group(hint, field.name)))  # type: ignore[arg-type]
        else:
            columns.append((field.name, np.int64))
    return np.dtype(columns)


def statue_of(row: np.void) -> Statue:
    """The description in a table's row."""

    def value(cell: Any, hint: Any) -> Any:
        if is_dataclass(hint):
            hints = get_type_hints(hint)
            return hint(**{f.name: value(cell[f.name], hints[f.name]) for f in fields(hint)})  # type: ignore
        if hint is int or hint is float:
            return hint(cell)
        return tuple(float(number) for number in np.asarray(cell).ravel())

    hints = get_type_hints(Statue)
    parts = {f.name: value(row[f.name], hints[f.name]) for f in fields(Statue) if f.name != "breaks"}
    return Statue(breaks=tuple(value(b, Break) for b in row["breaks"]), **parts)
