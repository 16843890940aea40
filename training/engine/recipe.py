"""A training run as a TOML file: what is trained, on how much, how fast. Checked before anything heavy starts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from training.toml_tables import bad_recipe, change_table, choice, converted_field, fill, number, read_table

#: Examples per step and process, by kind of device, and the most of them. Chosen.
BATCH, MOST_BATCH = {"cpu": 8, "cuda": 64}, 1 << 20


def _read_batch(value: Any) -> dict[str, int]:
    """Examples per step by kind of device, given as one number or as a table."""
    if not isinstance(value, dict):
        value = dict.fromkeys(BATCH, value)
    elif not value or value.keys() - BATCH.keys():
        raise bad_recipe("run.batch must be a number or a table with the keys cpu and cuda")
    for count in value.values():
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_BATCH:
            raise bad_recipe(f"run.batch must be a whole number from 1 to {MOST_BATCH}, not {count!r}")
    return {**BATCH, **value}


@dataclass(frozen=True)
class Recipe:
    """All that a run is made of; ``[run]``'s keys and their defaults, and the ``[system]`` table.

    Attributes:
        system: name of what is trained (``training.systems``).
        options: the other keys of ``[system]``, for the system alone.
        seed: decides weights, examples and their order.
        batch: examples per step and process, by kind of device ("cpu", "cuda").
        minutes: the schedule's length in minutes from the end of the first step, saving and judging included.
        core_minutes: the same in minutes of processor time, which other work on the machine does not lengthen.
        images: the schedule's length in examples; with several, the run ends with what comes first.
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
    seed: int = number(0, least=0, most=2**62)
    batch: Mapping[str, int] = converted_field(BATCH.copy, _read_batch)
    minutes: float | None = number(None, least=0, most=1e7)
    core_minutes: float | None = number(None, least=0, most=1e7)
    images: int | None = number(None, least=0, most=1e15)
    #: Defaults from here on: chosen.
    rate: float = number(4e-4, least=0, most=10, above=True)
    resumed_rate: float | None = number(None, least=0, most=10, above=True)
    warm_up: int = number(300, least=0, most=1e9)
    decay: str = choice("cosine", ("cosine", "none"))
    clip: float = number(1.0, least=0, most=1e9)
    ema: float = number(0.9995, least=0, most=1 - 1e-9)
    precision: str = choice("auto", ("auto", "fp32", "bf16"))
    judge_every: float = number(10.0, least=0, most=1e7)
    save_every: float = number(3.0, least=0, most=1e7)
    log_every: float = number(10.0, least=0, most=1e6)
    compile: bool = False

    def peak_rate(self, resumed: bool) -> float:
        """The learning rate at its peak, afresh or after a compact checkpoint."""
        if not resumed:
            return self.rate
        return self.rate / 2 if self.resumed_rate is None else self.resumed_rate

    def autocast(self, device: str) -> bool:
        """Whether losses are taken under bf16 autocast on this kind of device."""
        return self.precision == "bf16" or (self.precision == "auto" and device == "cuda")

    def to_json(self) -> dict[str, Any]:
        """As JSON has it, for checkpoints and logs; TOML's dates and times become text."""
        return json.loads(json.dumps(asdict(self), default=str))


#: The table of a recipe's keys for two processor cores: narrower, smaller, for minutes.
REDUCED = "reduced"


def read_recipe(name: str, changes: Sequence[str] = (), reduced: bool = False, **values: Any) -> Recipe:
    """The recipe of a file, changed.

    Args:
        name: path of a TOML file, or the name of one in ``training/recipes``.
        changes: "run.clip=0.5", "system.width=32": a dotted key and a TOML value.
        reduced: with the keys of ``[reduced.system]`` and ``[reduced.run]`` in place of the published ones.
        **values: keys of ``[run]``; None leaves the recipe's own.

    Raises:
        StatueError: ``bad-recipe``; ``missing-file`` or ``unreadable-file``.
    """
    table = read_table(name)
    smaller = table.pop(REDUCED, None)
    if reduced:
        if not isinstance(smaller, dict):
            raise bad_recipe(f"{name} has no table [{REDUCED}]: train it as it is")
        for part, keys in smaller.items():
            table[part] = {**table.get(part, {}), **keys}
    table = change_table(table, changes)
    table.setdefault("run", {})
    if isinstance(table["run"], dict):
        table["run"].update({key: value for key, value in values.items() if value is not None})
    return recipe_of(table)


def recipe_of(table: Mapping[str, Any]) -> Recipe:
    """A recipe of its tables ``system`` and ``run``.

    Raises:
        StatueError: ``bad-recipe``.
    """
    for name, part in table.items():
        if name not in ("system", "run"):
            raise bad_recipe(f"there is no table [{name}]; there are [system] and [run]")
        if not isinstance(part, dict):
            raise bad_recipe(f"{name} must be a table")
    options, run = dict(table.get("system", {})), dict(table.get("run", {}))
    system = options.pop("name", None)
    if not isinstance(system, str) or not system:
        raise bad_recipe("[system] needs a name")
    recipe = fill(Recipe, "run", run, system=system, options=options)
    if recipe.minutes is None and recipe.core_minutes is None and recipe.images is None:
        raise bad_recipe("[run] needs minutes, core_minutes or images, or several of them")
    return recipe
