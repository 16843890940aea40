"""Damaged face crops for systems that need no fitted head, and the held-out crops that all are judged on.

The pictures, their frames and their film are those of ``statueflow``'s prepared examples; they are drawn afresh for
every batch. What is judged is the very file that ``statueflow`` is judged on: same crops, holes and landmarks.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from statue_models.errors import StatueError
from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.registry import Damage
from training.examples.batches import Jitter, developed, draw_chosen, film, framed
from training.examples.drawn import statues as given_statues
from training.examples.fitted import PHOTOGRAPHS, Fitted, Preparation, prepare, read_fitted
from training.examples.pictures import Pictures, PictureSet, read_pictures
from training.systems.statueflow import HELD, STORED, held_photographs
from training.systems.system import Setting

#: Seed of ``statueflow``'s held-out examples.
HELD_SEED = 2


@dataclass(frozen=True, eq=False)
class Crops:
    """Training examples.

    Attributes:
        picture: (N, 3, S, S) in [-1, 1].
        landmarks: (N, 68, 2) as fractions of the side.
        damage: (N, 1, S, S), 1 = drawn as missing.
        inside: (N, 1, S, S), 0 = beyond the stored picture: missing, too, and the truth is not known.
    """

    picture: Tensor
    landmarks: Tensor
    damage: Tensor
    inside: Tensor

    @property
    def mask(self) -> Tensor:
        """(N, 1, S, S), 1 = missing."""
        return torch.maximum(self.damage, 1 - self.inside)

    @property
    def counted(self) -> Tensor:
        """(N, 1, S, S), 1 = missing with a known truth."""
        return self.damage * self.inside


def stored_pictures(setting: Setting, statues: str, fresh: int, packed: int) -> PictureSet:
    """All pictures, those to train on moved to a GPU if they take less than half of its free memory.

    Args:
        statues: folder of a run of ``training statues make``, or "". fresh: so many statues are drawn here, too.
        packed: so many of each file of packed renders; 0 = all.

    Raises:
        StatueError: as ``read_pictures`` and ``training.examples.drawn.statues`` do.
    """
    device = setting.device
    drawn = given_statues(setting.assets, statues, fresh, STORED, device, setting.seed)
    found = read_pictures(setting.assets, STORED, packed or None, drawn)
    if device.type != "cuda":
        return found
    size = sum(pictures.images.numel() for pictures in found.train)
    fits = size < torch.cuda.mem_get_info(device)[0] / 2
    return PictureSet([p.to(device) for p in found.train], found.held) if fits else found


def draw_crops(origins: list[Pictures], count: int, size: int, damage: Damage, draws: Draws) -> Crops:
    """Random crops in the product's face frame, varied, half of them mirrored, before other backgrounds, damaged."""
    whole, landmarks, bare = developed(draw_chosen(origins, count, draws, PHOTOGRAPHS), draws)
    seen = framed(whole, landmarks, draws, Jitter(), size)
    picture = film(seen.picture, bare, draws) * 2 - 1
    holes = damage(Canvas(count, size, size, draws, seen.landmarks))
    return Crops(picture, seen.landmarks, holes, seen.inside)


def held_out(pictures: PictureSet, folder: Path, size: int, found: float, models: str) -> Fitted:
    """The held-out examples of ``statueflow``'s folder of examples; made first where they are missing.

    Args:
        folder: as in the recipe of ``statueflow``. size: side of the crops.
        found: share of the landmarks that FaceMesh finds, for those that are made.
        models: folder of FaceMesh's files; "" = the usual places.

    Raises:
        StatueError: ``bad-recipe`` if those that are there have another size; as ``prepare`` and ``read_fitted`` do.
    """
    where = Path(models) if models else None
    work = Preparation(held_photographs(pictures), size, HELD_SEED, found, where)
    prepare(work, folder / "held", HELD, os.cpu_count() or 1)
    held = read_fitted(folder / "held")
    if held.picture.shape[-1] != size:
        reason = f"the examples in {folder} have a side of {held.picture.shape[-1]} pixels, and system.size is {size}"
        raise StatueError("bad-recipe", reason=reason)
    return held
