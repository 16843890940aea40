"""Which damaged pictures a completion system learns from and is judged on: options of its recipe, and its batches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.registry import Damage, from_recipe
from training.examples.paintings import Paintings
from training.examples.sources import Faces, Source, Views
from training.systems.data_options import MOST, STORED, DataOptions
from training.systems.face_crops import move_where_they_fit
from training.systems.system import Batch, Setting
from training.toml_tables import bad_recipe, converted_field, number

#: Seed of the damage that is judged. Any would do.
JUDGED_SEED = 4
#: Label of the damage that is judged where a recipe names none: what is trained on.
OWN = "own"
#: Label of the one hole of ``fixed_mask``.
FIXED = "fixed"
#: A canvas -> (N, 1, H, W) float32, 1 = missing.
Holes = Callable[[Canvas], Tensor]


def _read_judged(value: Any) -> dict[str, Any]:
    """Label -> damage, as ``from_recipe`` takes it."""
    if not isinstance(value, dict) or not all(isinstance(entries, list) for entries in value.values()):
        raise bad_recipe("system.judged must be a table of arrays: label = [{ kind = ... }]")
    return value


@dataclass(frozen=True)
class CompletionOptions(DataOptions):
    """Keys of ``[system]`` that every completion system has.

    Attributes:
        data: a name of ``SOURCES``: "faces" (statues, photographed and rendered), "paintings" (drawn as they are
            asked for, half as wide again as they are high); what follows a colon is handed to its opener.
        size: side of the pictures in pixels; their height where they are no squares.
        damage: what is trained on, as ``training.damage.registry.from_recipe`` takes it.
        judged: label -> damage that is judged apart; empty = what is trained on, as "own".
        judged_count: pictures that are judged.
        fixed_mask: every picture has the same hole, which the seed decides; it is judged as "fixed".
        packed: so many of each file of packed renders; 0 = all.
    """

    data: str = "faces"
    size: int = number(128, least=16, most=1024)
    damage: tuple = ({"kind": "block"},)
    judged: Mapping[str, Any] = converted_field(dict, _read_judged)
    judged_count: int = number(48, least=1, most=4096)
    fixed_mask: bool = False
    packed: int = number(0, least=0, most=MOST)

    def open_source(self, setting: Setting) -> Source:
        """Where the pictures come from.

        Raises:
            StatueError: ``bad-recipe`` for unknown data; those of the data.
        """
        name, _, where = self.data.partition(":")
        if name not in SOURCES:
            raise bad_recipe(f"there is no data {self.data!r}: choose {', '.join(sorted(SOURCES))}")
        return SOURCES[name](self, setting, where)

    def open_data(self, setting: Setting) -> "CompletionData":
        """Its batches.

        Raises:
            StatueError: as ``open_source`` does; ``bad-recipe`` for damage that cannot be.
        """
        judged = self.judged or {OWN: self.damage}
        damages: dict[str, Holes] = {
            label: damage_of(entries, f"system.judged.{label}") for label, entries in judged.items()
        }
        damage: Holes = damage_of(self.damage)
        if self.fixed_mask:
            damage = damages[FIXED] = _OneMask(damage_of(self.damage), setting.seed)
        return CompletionData(self.open_source(setting), damage, damages, self.judged_count, setting.device)


def _open_faces(options: CompletionOptions, setting: Setting, where: str) -> Source:
    """Statues' faces of the assets."""
    _refuse_where("faces", where)
    # Twice the crop's side is as sharp as it can show; reading more would take longer than a small network's step.
    pictures = options.read_pictures(setting, min(STORED, 2 * options.size), options.packed or None)
    return Faces(move_where_they_fit(pictures, setting.device), options.size)


def _open_paintings(options: CompletionOptions, setting: Setting, where: str) -> Source:
    """Paintings that are drawn here."""
    _refuse_where("paintings", where)
    return Paintings(options.size, options.size * 3 // 2)


def _refuse_where(name: str, where: str) -> None:
    if where:
        raise bad_recipe(f"system.data: {name} are at no place of their own, write {name!r} without a colon")


#: Data by its name in a recipe -> (options, setting, what follows the name's colon) -> where its pictures come from.
SOURCES: dict[str, Callable[[CompletionOptions, Setting, str], Source]] = {
    "faces": _open_faces,
    "paintings": _open_paintings,
}


def damage_of(entries: Any, key: str = "system.damage") -> Damage:
    """The damage of a recipe.

    Raises:
        StatueError: ``bad-recipe``.
    """
    try:
        return from_recipe(entries)
    except (ValueError, TypeError, AttributeError) as error:
        raise bad_recipe(f"{key}: {str(error).rstrip('.')}") from None


@dataclass(frozen=True)
class _OneMask:
    """The same hole in every picture.

    Attributes:
        damage: that it is an example of. seed: decides which.
    """

    damage: Damage
    seed: int

    def __call__(self, canvas: Canvas) -> Tensor:
        one = Canvas(1, canvas.height, canvas.width, Draws(self.seed, canvas.device))
        return self.damage(one).expand(canvas.count, -1, -1, -1)


class CompletionData:
    """Damaged pictures.

    Args:
        source: undamaged ones. damage: of those trained on. judged: label -> of those judged.
        count: pictures that are judged. device: where judged batches lie.
    """

    def __init__(
        self, source: Source, damage: Holes, judged: Mapping[str, Holes], count: int, device: torch.device
    ) -> None:
        self._source, self._damage, self._judged, self._count, self._device = source, damage, judged, count, device
        self._held: dict[str, Batch] = {}

    def draw(self, draws: Draws, count: int) -> Batch:
        """A batch to train on: picture, inside, mask, counted (N, 1, H, W) and, of faces, landmarks (N, 68, 2)."""
        return damage_views(self._source.draw(count, draws), self._damage, draws)

    def held(self) -> Mapping[str, Batch]:
        """Label -> what is judged: the same pictures with each damage, made once."""
        if not self._held:
            views = self._source.held(self._count, self._device)
            for number_, (label, damage) in enumerate(self._judged.items()):
                self._held[label] = damage_views(views, damage, Draws(JUDGED_SEED + number_, self._device))
        return self._held


def damage_views(views: Views, damage: Holes, draws: Draws) -> Batch:
    """Views with parts missing; what lies beyond the stored picture is missing, too."""
    count, _, height, width = views.picture.shape
    holes = damage(Canvas(count, height, width, draws, views.landmarks))
    batch: Batch = {
        "picture": views.picture, "inside": views.inside,
        "mask": torch.maximum(holes, 1 - views.inside), "counted": holes * views.inside,
    }  # fmt: skip
    if views.landmarks is not None:
        batch["landmarks"] = views.landmarks
    return batch
