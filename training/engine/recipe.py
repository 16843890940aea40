"""A training run as a TOML file: what is trained, on how much, how fast. Checked before anything heavy starts."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from statue_models.errors import StatueError

#: Where recipes are looked for by name.
RECIPES = Path(__file__).parents[1] / "recipes"
#: Examples per step and process, by kind of device.
BATCH = {"cpu": 8, "cuda": 64}


@dataclass(frozen=True)
class Recipe:
    """All that a run is made of; ``[run]``'s keys and their defaults, and the ``[system]`` table.

    Attributes:
        system: name of what is trained (``training.systems``).
        options: the other keys of ``[system]``, for the system alone.
        seed: decides weights, examples and their order.
        batch: examples per step and process, by kind of device ("cpu", "cuda").
        minutes: the schedule's length in minutes from the end of the first step, saving and judging included.
        images: the schedule's length in examples; with both, the run ends with what comes first.
        rate: the learning rate at its peak.
        resumed_rate: the same after going on from a compact checkpoint; None = half of ``rate``.
        warm_up: steps in which the rate rises from zero.
        decay: "cosine" (to zero at the end) or "none".
        clip: bound of each player's gradient norm; 0 = none.
        ema: decay of the averaged weights per step, in the long run; 0 = no averaging.
        precision: "auto" (bf16 autocast on CUDA, fp32 on a CPU), "fp32" or "bf16".
        judge_every: minutes between two judgements on held-out data; 0 = only at the end.
        save_every: minutes between two checkpoints; 0 = only at the end.
        log_every: seconds between two lines of the log; 0 = every step.
        compile: the networks with ``torch.compile``.
    """

    system: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    batch: Mapping[str, int] = field(default_factory=BATCH.copy)
    minutes: float | None = None
    images: int | None = None
    rate: float = 4e-4
    resumed_rate: float | None = None
    warm_up: int = 300
    decay: str = "cosine"
    clip: float = 1.0
    ema: float = 0.9995
    precision: str = "auto"
    judge_every: float = 10.0
    save_every: float = 3.0
    log_every: float = 10.0
    compile: bool = False

    def peak_rate(self, resumed: bool) -> float:
        """The learning rate at its peak, afresh or after a compact checkpoint."""
        if not resumed:
            return self.rate
        return self.rate / 2 if self.resumed_rate is None else self.resumed_rate

    def autocast(self, device: str) -> bool:
        """Whether losses are taken under bf16 autocast on this kind of device."""
        return self.precision == "bf16" or (self.precision == "auto" and device == "cuda")

    def plain(self) -> dict[str, Any]:
        """As JSON has it, for checkpoints and logs; TOML's dates and times become text."""
        return json.loads(json.dumps(asdict(self), default=str))


def read_recipe(name: str, changes: Sequence[str] = (), **values: Any) -> Recipe:
    """The recipe of a file, changed.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes``.
        changes: "run.clip=0.5", "system.width=32": a dotted key and a TOML value.
        **values: keys of ``[run]``; None leaves the recipe's own.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    table = read_table(name, changes)
    table.setdefault("run", {})
    if isinstance(table["run"], dict):
        table["run"].update({key: value for key, value in values.items() if value is not None})
    return recipe_of(table)


def read_table(name: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    """What a recipe's file holds, changed, whatever it is a recipe of.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes``.
        changes: a dotted key and a TOML value each.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    table = _table(_path(name))
    for change in changes:
        _set(table, change)
    return table


def recipe_of(table: Mapping[str, Any]) -> Recipe:
    """A recipe of its tables ``system`` and ``run``.

    Raises:
        StatueError: ``bad-recipe``.
    """
    for name, part in table.items():
        if name not in ("system", "run"):
            raise _bad(f"there is no table [{name}]; there are [system] and [run]")
        if not isinstance(part, dict):
            raise _bad(f"{name} must be a table")
    options, run = dict(table.get("system", {})), dict(table.get("run", {}))
    system = options.pop("name", None)
    if not isinstance(system, str) or not system:
        raise _bad("[system] needs a name")
    known = {f.name for f in fields(Recipe)} - {"system", "options"}
    for key in run:
        if key not in known:
            raise _bad(f"there is no key {key!r} in [run]; there are {', '.join(sorted(known))}")
    recipe = Recipe(system, options, **{key: _checked(key, value) for key, value in run.items()})
    if recipe.minutes is None and recipe.images is None:
        raise _bad("[run] needs minutes or images, or both")
    return recipe


def _bad(reason: str) -> StatueError:
    return StatueError("bad-recipe", reason=reason)


def _path(name: str) -> Path:
    """A file of this name, or else a recipe of the project's own."""
    given = Path(name)
    own = RECIPES / f"{name}.toml"
    if given.is_file() or not own.is_file():
        if not given.exists() and given.name == name and not given.suffix:
            names = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml"))) or "none"
            raise _bad(f"there is no recipe {name!r}; there are {names}")
        return given
    return own


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except OSError:
        raise StatueError("unreadable-file", path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(f"{path} is not TOML: {_phrase(error)}") from None


def _set(table: dict[str, Any], change: str) -> None:
    """Carry out one "key.of.a.table=value"."""
    name, sign, text = change.partition("=")
    keys = [key.strip() for key in name.split(".")]
    if not sign or len(keys) < 2 or not all(keys):
        raise _bad(f"{change!r} is not of the form table.key=value")
    try:
        value = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"{text.strip()!r} for {name.strip()} is not a TOML value: {_phrase(error)}") from None
    if value.keys() != {"value"}:
        raise _bad(f"{text.strip()!r} for {name.strip()} is more than one value")
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise _bad(f"{key!r} in {name.strip()} is not a table")
    table[keys[-1]] = value["value"]


def _phrase(error: Exception) -> str:
    """An error's words as the end of a sentence."""
    return str(error).rstrip(".")


# --- values ----------------------------------------------------------------------------------------------------------

#: Key -> (whether whole, least, most, whether the least itself is allowed). All numbers are finite.
_NUMBERS: dict[str, tuple[bool, float, float, bool]] = {
    "seed": (True, 0, 2**62, True),
    "minutes": (False, 0, 1e7, True),
    "images": (True, 0, 1e15, True),
    "rate": (False, 0, 10, False),
    "resumed_rate": (False, 0, 10, False),
    "warm_up": (True, 0, 1e9, True),
    "clip": (False, 0, 1e9, True),
    "ema": (False, 0, 1 - 1e-9, True),
    "judge_every": (False, 0, 1e7, True),
    "save_every": (False, 0, 1e7, True),
    "log_every": (False, 0, 1e6, True),
}
_CHOICES = {"decay": ("cosine", "none"), "precision": ("auto", "fp32", "bf16")}
_MOST_BATCH = 1 << 20


def _checked(key: str, value: Any) -> Any:
    """The value of a key of ``[run]`` as ``Recipe`` has it."""
    if key == "batch":
        return _batch(value)
    if key == "compile":
        if not isinstance(value, bool):
            raise _bad(f"run.compile must be true or false, not {value!r}")
        return value
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise _bad(f"run.{key} must be one of {', '.join(_CHOICES[key])}, not {value!r}")
        return value
    whole, least, most, included = _NUMBERS[key]
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise _bad(f"run.{key} must be a {'whole ' if whole else ''}number, not {value!r}")
    if not math.isfinite(value) or not least <= value <= most or (value == least and not included):
        raise _bad(f"run.{key} must be {'from' if included else 'above'} {least:g} {'to' if included else 'and up to'} "
                   f"{most:g}, not {value!r}")  # fmt: skip
    return value if whole else float(value)


def _batch(value: Any) -> dict[str, int]:
    """Examples per step by kind of device, given as one number or as a table."""
    if not isinstance(value, dict):
        value = dict.fromkeys(BATCH, value)
    elif not value or value.keys() - BATCH.keys():
        raise _bad("run.batch must be a number or a table with the keys cpu and cuda")
    for count in value.values():
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST_BATCH:
            raise _bad(f"run.batch must be a whole number from 1 to {_MOST_BATCH}, not {count!r}")
    return {**BATCH, **value}
