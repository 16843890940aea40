"""One run of an experiment: a cell with a seed, as the trainer's own command."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from statue_models.errors import StatueError
from training.engine.checkpoints import STATE
from training.engine.recipe import Recipe, read_recipe
from training.experiments.definition import Experiment, Part
from training.experiments.run_record import RunRecord, read_run
from training.experiments.run_result import Key, RunResult, result_of, settings_digest

#: What stands for the folder of the data in the changes of an experiment.
ASSETS = "{assets}"

State = Literal["done", "stopped", "missing"]


@dataclass(frozen=True)
class Trial:
    """A run that an experiment needs.

    Attributes:
        experiment, group, cell, seed: what it is.
        folder: where it is, or is to be.
        assets: folder of the data.
    """

    experiment: Experiment
    group: Part
    cell: Part
    seed: int
    folder: Path
    assets: Path

    @property
    def name(self) -> str:
        """For the user."""
        return " / ".join(filter(None, (self.group.name, self.cell.name, f"seed {self.seed}")))

    @property
    def key(self) -> Key:
        """What tells it from the experiment's others."""
        return self.group.key, self.cell.key, self.seed

    @property
    def recipe_name(self) -> str:
        """The recipe that it is a reduced form of."""
        return self.cell.recipe or self.group.recipe or self.experiment.recipe

    @property
    def asked_changes(self) -> tuple[str, ...]:
        """Of the recipe: the processor time, the experiment's, the group's, the cell's; the last one holds."""
        minutes = f"run.core_minutes={float(self.experiment.core_minutes)}"
        return (
            minutes, *self.experiment.changes, *self.group.changes, *self.cell.changes, *self.experiment.overrides,
        )  # fmt: skip

    @property
    def changes(self) -> tuple[str, ...]:
        """The same, with the folder of the data in place of its mark."""
        return tuple(change.replace(ASSETS, self.assets.resolve().as_posix()) for change in self.asked_changes)

    @cached_property
    def recipe(self) -> Recipe:
        """What is trained.

        Raises:
            StatueError: ``bad-recipe``.
        """
        return read_recipe(self.recipe_name, self.changes, reduced=True, seed=self.seed)

    @cached_property
    def settings(self) -> str:
        """Digest of the recipe, the same wherever the data lie."""
        recipe = read_recipe(self.recipe_name, self.asked_changes, reduced=True, seed=self.seed)
        return settings_digest(recipe.to_json())

    def record(self) -> RunRecord:
        """What its folder says."""
        return read_run(self.folder)

    def result(self) -> RunResult:
        """What is kept of it, where it is done."""
        return result_of(self.record(), self.experiment.curves, self.settings)

    def state(self) -> State:
        """How far it is.

        Raises:
            StatueError: ``bad-recipe`` where the folder holds a run of other settings.
        """
        record = self.record()
        if record.recipe and record.recipe != self.recipe.to_json():
            reason = f"{self.folder} holds a run of other settings; remove it, or choose another --out"
            raise StatueError("bad-recipe", reason=reason)
        if record.ended == "done":
            return "done"
        return "stopped" if record.recipe and (self.folder / STATE).is_file() else "missing"

    def words(self, device: str) -> list[str]:
        """What follows ``python -m training`` to train it, or to go on with it."""
        said = ["train", self.recipe_name, "--reduced", "--out", str(self.folder), "--seed", str(self.seed)]
        said += ["--assets", str(self.assets), "--device", device]
        said += [word for change in self.changes for word in ("--set", change)]
        return [*said, *(("--resume", str(self.folder)) if self.state() == "stopped" else ("--force",))]

    def core_minutes_left(self) -> float:
        """Processor time until it is done."""
        state = self.state()
        whole = self.recipe.core_minutes or 0.0
        return 0.0 if state == "done" else whole * (1 - (self.record().share if state == "stopped" else 0.0))


def trials(experiment: Experiment, folder: Path, assets: Path) -> list[Trial]:
    """All of an experiment, the first seed of every cell first, so that a table of one seed is there soon."""
    return [
        Trial(experiment, group, cell, seed, folder / group.key / cell.key / f"seed{seed}", assets)
        for seed in range(experiment.seeds)
        for group in experiment.tables
        for cell in experiment.cells
    ]
