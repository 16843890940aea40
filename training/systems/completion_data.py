"""Which damaged pictures a completion system learns from and is judged on: options of its recipe, and its batches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.registry import Damage, from_recipe
from training.examples.face_maps import open_face_maps
from training.examples.original_sets import open_celeba, open_celeba_hq, open_cifar10, open_wikiart
from training.examples.paintings import Paintings
from training.examples.sources import Faces, Source, Views
from training.examples.tiles import STORED as TILE_STORED
from training.examples.tiles import Tiles
from training.systems.data_options import MOST, STORED, DataOptions
from training.systems.system import Batch, Setting
from training.toml_tables import bad_recipe, converted_field, number

#: Most that a term of a loss may weigh. Chosen.
MOST_WEIGHT = 1e6
#: Seed of the damage that is judged. Any would do.
JUDGED_SEED = 4
#: Label of the damage that is judged where a recipe names none: what is trained on.
OWN = "own"
#: Label of the one hole of ``fixed_mask``.
FIXED = "fixed"
#: A canvas -> (N, 1, H, W) float32, 1 = missing.
Holes = Callable[[Canvas], Tensor]


def weight(default: float) -> Any:
    """A key for the weight of a term of a loss; 0 leaves it out."""
    return number(default, least=0, most=MOST_WEIGHT)


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
            asked for, half as wide again as they are high), "tiles" (parts of faces), or one of ``FOLDERS`` with the
            user's folder behind a colon, "celeba:FOLDER"; what follows a colon is handed to its opener.
        size: side of the pictures in pixels; their height where they are no squares.
        damage: what is trained on, as ``training.damage.registry.from_recipe`` takes it.
        judged: label -> damage that is judged apart; empty = what is trained on, as "own".
        judged_count: pictures that are judged.
        fixed_mask: every picture has the same hole, which the seed decides; it is judged as "fixed".
        fixed_damage: what that hole is an example of, and then it is judged as "fixed" also where it is not trained on;
            empty = ``damage``, and only where it is trained on.
        packed: so many of each file of packed renders; 0 = all.
    """

    data: str = "faces"
    size: int = number(128, least=16, most=1024)
    damage: tuple = ({"kind": "block"},)
    judged: Mapping[str, Any] = converted_field(dict, _read_judged)
    judged_count: int = number(48, least=1, most=4096)
    fixed_mask: bool = False
    fixed_damage: tuple = ()
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

    def require_landmarks(self, what: str) -> None:
        """Refuse data that have no landmarks.

        Args:
            what: needs them, for the sentence.

        Raises:
            StatueError: ``bad-recipe``.
        """
        name = self.data.partition(":")[0]
        if name in SOURCES and name not in WITH_LANDMARKS:
            known = " or ".join(f'"{one}"' for one in WITH_LANDMARKS)
            raise bad_recipe(f"{what} needs landmarks, and the pictures of {name!r} have none: use data = {known}")

    def open_data(self, setting: Setting) -> "CompletionData":
        """Its batches.

        Raises:
            StatueError: as ``open_source`` does; ``bad-recipe`` for damage that cannot be, or not on these pictures.
        """
        judged = self.judged or {OWN: self.damage}
        on_judged = {label: damage_of(entries, f"system.judged.{label}") for label, entries in judged.items()}
        own = damage_of(self.damage)
        if any(one.on_faces for one in (own, *on_judged.values())):
            self.require_landmarks("damage of a face")
        damage: Holes = own
        damages: dict[str, Holes] = dict(on_judged)
        if self.fixed_mask or self.fixed_damage:
            one = damage_of(self.fixed_damage or self.damage, "system.fixed_damage")
            damages[FIXED] = _OneMask(one, setting.seed)
            damage = damages[FIXED] if self.fixed_mask else damage
        return CompletionData(self.open_source(setting), damage, damages, self.judged_count, setting.device)


def _open_faces(options: CompletionOptions, setting: Setting, where: str) -> Source:
    """Statues' faces of the assets."""
    _refuse_where("faces", where)
    # Twice the crop's side is as sharp as it can show; reading more would take longer than a small network's step.
    pictures = options.read_pictures(setting, min(STORED, 2 * options.size), options.packed or None)
    return Faces(pictures.move_where_they_fit(setting.device), options.size)


def _open_paintings(options: CompletionOptions, setting: Setting, where: str) -> Source:
    """Paintings that are drawn here."""
    _refuse_where("paintings", where)
    return Paintings(options.size, options.size * 3 // 2)


def _open_tiles(options: CompletionOptions, setting: Setting, where: str) -> Source:
    """Parts of these faces."""
    _refuse_where("tiles", where)
    pictures = options.read_pictures(setting, min(STORED, TILE_STORED * options.size), options.packed or None)
    return Tiles(pictures.move_where_they_fit(setting.device), options.size)


def _in_folder(
    name: str, open_folder: Callable[[Path, int], Source]
) -> Callable[[CompletionOptions, Setting, str], Source]:
    """The opener of data that lie in a folder of the user's."""

    def open_there(options: CompletionOptions, setting: Setting, where: str) -> Source:
        if not where:
            raise bad_recipe(f'system.data: {name} lies in a folder of yours, write "{name}:FOLDER"')
        return open_folder(Path(where).expanduser(), options.size)

    return open_there


def _refuse_where(name: str, where: str) -> None:
    if where:
        raise bad_recipe(f"system.data: {name} are at no place of their own, write {name!r} without a colon")


#: Data in a user's folder by their name -> (folder, side of the pictures) -> where they come from.
FOLDERS: dict[str, Callable[[Path, int], Source]] = {
    "celeba": open_celeba,
    "celeba-hq": open_celeba_hq,
    "wikiart": open_wikiart,
    "cifar10": open_cifar10,
    "face-maps": open_face_maps,
}
#: Data by its name in a recipe -> (options, setting, what follows the name's colon) -> where its pictures come from.
SOURCES: dict[str, Callable[[CompletionOptions, Setting, str], Source]] = {
    "faces": _open_faces,
    "paintings": _open_paintings,
    "tiles": _open_tiles,
    **{name: _in_folder(name, open_folder) for name, open_folder in FOLDERS.items()},
}
#: Those whose pictures have landmarks.
WITH_LANDMARKS = ("faces",)


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
        """A batch to train on: picture, inside, mask, counted (N, 1, H, W).

        Of faces with landmarks also these (N, 68, 2), of pictures with maps ``stored_maps``, as ``Views.maps``.
        """
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
    if views.maps is not None:
        batch["stored_maps"] = views.maps
    return batch
