"""Parts of faces as pictures of their own: small ones, of which nothing lies beyond what was stored."""

import torch
from torch import Tensor
from torch.nn import functional

from training.damage.draws import Draws
from training.examples.batches import compose_pictures, draw_chosen, draw_squares
from training.examples.fitted_examples import PHOTOGRAPHS
from training.examples.pictures import Pictures, PictureSet
from training.examples.sources import HELD_SEED, Views, take_held

#: Share of a stored picture's side that a tile shows, at least and at most: from an eye to most of a face. Chosen.
LEAST, MOST = 0.25, 0.75
#: Sides of a tile, in which the stored pictures are opened: what shows ``LEAST`` of one is then as sharp as it can be.
STORED = 4


class Tiles:
    """Random squares out of statues' pictures, half of them mirrored; no landmarks.

    Args:
        pictures: as ``Faces`` takes them. size: side of the tiles in pixels.
    """

    def __init__(self, pictures: PictureSet, size: int) -> None:
        self._pictures, self._size = pictures, size

    def draw(self, count: int, draws: Draws) -> Views:
        """See ``Source``."""
        return self._cut(draw_chosen(self._pictures.train, count, draws, PHOTOGRAPHS), draws)

    def held(self, count: int, device: torch.device) -> Views:
        """See ``Source``: one tile of each picture."""
        return self._cut(take_held(self._pictures.held, count), Draws(HELD_SEED, device))

    def _cut(self, chosen: list[tuple[Pictures, Tensor]], draws: Draws) -> Views:
        whole, _, _ = compose_pictures(chosen, draws)
        count = len(whole)
        affine = draw_squares(count, draws, LEAST, MOST)
        # Averaged from twice the size: the largest tiles are seen at a quarter of the stored resolution or more.
        grid = functional.affine_grid(affine, [count, 3, 2 * self._size, 2 * self._size], align_corners=False)
        seen = functional.grid_sample(whole, grid, padding_mode="border", align_corners=False)
        picture = functional.avg_pool2d(seen, 2) * 2 - 1
        return Views(picture, torch.ones_like(picture[:, :1]))
