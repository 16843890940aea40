"""Damaged and intact: two pictures of one statue from one camera, and the mask of what differs for good."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.statues.description.layout import Table
from training.statues.kernels.labels import PARTS
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory

#: cm by which a surface must have moved to count as gone. Set by eye.
MOVED = 0.06
#: Shares of the picture that the damage must cover at least and at most. Set by eye.
LEAST, MOST = 0.003, 0.5


@dataclass(frozen=True, eq=False)
class Pair:
    """B pairs; ``mask``: (B, R, R) uint8, 255 where the damaged picture shows a fracture or what was behind the piece.

    Shadows that a missing piece no longer casts differ too, but are not damage: they stay out of the mask.
    """

    intact: Renders
    damaged: Renders
    mask: Tensor


def render_pairs(factory: Factory, table: Table) -> Pair:
    """Render both, exposed and developed alike."""
    intact = factory.render(table, maps=True)
    damaged = factory.render(table, broken=True, gain=intact.gain, maps=True)
    assert intact.positions is not None and damaged.positions is not None
    moved = (intact.positions - damaged.positions).norm(dim=-1) > MOVED
    gone = moved | (damaged.parts == PARTS.index("fracture"))
    # One pixel more: the maps hold one sample of each pixel, the picture the mean of four.
    mask = functional.max_pool2d(gone.float()[:, None], 3, stride=1, padding=1)[:, 0]
    return Pair(intact, damaged, (mask * 255).to(torch.uint8))


def useless_damage(pair: Pair) -> Tensor:
    """(B,) bool: nothing, or nearly everything, is missing."""
    share = (pair.mask > 0).float().mean((1, 2))
    return (share < LEAST) | (share > MOST)
