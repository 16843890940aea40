"""Damaged face crops for systems that need no fitted head.

The pictures, their frames and their film are those of ``statueflow``'s prepared examples; they are drawn afresh for
every batch. What is judged is the very file that ``statueflow`` is judged on: same crops, holes and landmarks.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.registry import Damage
from training.examples.batches import Jitter, add_film, compose_pictures, draw_chosen, frame_faces
from training.examples.fitted_examples import PHOTOGRAPHS
from training.examples.pictures import Pictures, PictureSet


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


def move_where_they_fit(pictures: PictureSet, device: torch.device) -> PictureSet:
    """The same, those to train on moved to a GPU if they take less than half of its free memory."""
    if device.type != "cuda":
        return pictures
    size = sum(origin.images.numel() for origin in pictures.train)
    fits = size < torch.cuda.mem_get_info(device)[0] / 2
    return PictureSet([origin.to(device) for origin in pictures.train], pictures.held) if fits else pictures


def draw_crops(origins: list[Pictures], count: int, size: int, damage: Damage, draws: Draws) -> Crops:
    """Random crops in the product's face frame, varied, half of them mirrored, before other backgrounds, damaged."""
    whole, landmarks, bare = compose_pictures(draw_chosen(origins, count, draws, PHOTOGRAPHS), draws)
    seen = frame_faces(whole, landmarks, draws, Jitter(), size)
    picture = add_film(seen.picture, bare, draws) * 2 - 1
    holes = damage(Canvas(count, size, size, draws, seen.landmarks))
    return Crops(picture, seen.landmarks, holes, seen.inside)
