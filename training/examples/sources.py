"""Undamaged pictures to learn completion from, whatever they show: the families of data that systems are trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from training.damage.draws import Draws
from training.examples.batches import Jitter, add_film, compose_pictures, draw_chosen, frame_faces
from training.examples.fitted_examples import PHOTOGRAPHS
from training.examples.pictures import Pictures, PictureSet

#: Seed of the pictures that are judged on. Any would do.
HELD_SEED = 3


@dataclass(frozen=True, eq=False)
class Views:
    """Undamaged pictures.

    Attributes:
        picture: (N, 3, H, W) in [-1, 1].
        inside: (N, 1, H, W), 0 = beyond the stored picture: the truth is not known.
        landmarks: (N, 68, 2), (x, y) in units of the shorter side, or None where they show no faces, or none whose
            landmarks are known.
        maps: (N, 5, H, W), where they are stored beside the pictures: landmarks drawn, and the face's mask, in [0, 1];
            the face in [-1, 1], before grey (0).
    """

    picture: Tensor
    inside: Tensor
    landmarks: Tensor | None = None
    maps: Tensor | None = None

    def part(self, where: slice) -> "Views":
        """Some of them."""
        landmarks, maps = (None if one is None else one[where] for one in (self.landmarks, self.maps))
        return replace(self, picture=self.picture[where], inside=self.inside[where], landmarks=landmarks, maps=maps)


class Source(Protocol):
    """Where pictures come from."""

    def draw(self, count: int, draws: Draws) -> Views:
        """Random pictures to train on, varied."""
        ...

    def held(self, count: int, device: torch.device) -> Views:
        """The first ``count`` pictures that are judged on, fewer where there are fewer; the same every time."""
        ...


class Faces:
    """Statues' faces in the product's frame: photographs and renders.

    Args:
        pictures: to train on, and held out; judged are the photographs among these, or renders where there are none.
        size: side in pixels.
    """

    def __init__(self, pictures: PictureSet, size: int) -> None:
        self._pictures, self._size = pictures, size

    def draw(self, count: int, draws: Draws) -> Views:
        """See ``Source``: framed with errors, half of them mirrored, before other backgrounds, filmed anew."""
        chosen = draw_chosen(self._pictures.train, count, draws, PHOTOGRAPHS)
        return _frame(chosen, draws, Jitter(), self._size)

    def held(self, count: int, device: torch.device) -> Views:
        """See ``Source``: exactly framed, one after the other."""
        chosen = take_held(self._pictures.held, count)
        return _frame(chosen, Draws(HELD_SEED, device), None, self._size)


def take_held(origins: Sequence[Pictures], count: int) -> list[tuple[Pictures, Tensor]]:
    """Which of the held-out pictures are judged: spread evenly over the photographs, or over renders without any."""
    judged = [p for p in origins if not p.rendered] or list(origins)
    each = -(-count // max(1, len(judged)))
    return [(p, torch.linspace(0, len(p) - 1, min(each, len(p))).long()) for p in judged]


def _frame(chosen: list[tuple[Pictures, Tensor]], draws: Draws, jitter: Jitter | None, size: int) -> Views:
    whole, landmarks, bare = compose_pictures(chosen, draws)
    seen = frame_faces(whole, landmarks, draws, jitter, size)
    return Views(add_film(seen.picture, bare, draws) * 2 - 1, seen.inside, seen.landmarks)
