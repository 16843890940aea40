"""What is painted, as parameters.

A scene is a backdrop, ridges in front of it, and shapes in front of these; some shapes lie behind the ridges. Lengths
are in heights of the picture, y down. All scenes have the same parameters, so a batch of different ones is drawn at
once (``Scene.render``). ``painting_kinds`` draws them. Numbers are set by eye.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.damage.draws import Draws

#: Shapes behind the ridges, shapes before them, ridges.
BEHIND, BEFORE, RIDGES = 7, 30, 5
#: Numbers of a shape: x, y, radii, angle, shading, softness, whether it is a box, whether it is there, colour.
NUMBERS = 12
#: Where a ridge is that is not there.
NOWHERE = 3.0


@dataclass(frozen=True, eq=False)
class Scene:
    """N scenes.

    Attributes:
        sky: (N, 2, 3) colours of the backdrop, above and below. clouded: (N,) how far noise mixes the two.
        ridges: (N, RIDGES, 2), height and roughness. ground: (N, RIDGES, 2, 3), colours at the ridge and far below it.
        shapes: (N, BEHIND + BEFORE, NUMBERS), the first ones behind the ridges.
    """

    sky: Tensor
    clouded: Tensor
    ridges: Tensor
    ground: Tensor
    shapes: Tensor

    def render(self, rows: int, columns: int, draws: Draws) -> Tensor:
        """(N, 3, rows, columns), around [0, 1]."""
        count, device = len(self.sky), self.sky.device
        y = ((torch.arange(rows, device=device) + 0.5) / rows)[:, None]
        x = (torch.arange(columns, device=device) + 0.5) / rows
        cloud = noise(draws, count, rows, columns, ((3, 4), (7, 11)))
        share = (y + self.clouded[:, None, None, None] * cloud).clamp(0, 1)
        picture = torch.lerp(self.sky[:, 0, :, None, None], self.sky[:, 1, :, None, None], share)
        light = draws.uniform(count, 2, 1, 1, low=-0.7, high=0.7)
        for index in range(BEHIND):
            picture = _draw_shape(picture, self.shapes[:, index], x, y, light)
        mottled = 1 + 0.16 * noise(draws, count, rows, columns, ((9, 13), (20, 30)))
        outline = _outlines(draws, count, columns)
        for index in range(RIDGES):
            height, roughness = self.ridges[:, index, :, None, None, None].unbind(1)
            below = y - height - roughness * outline[:, index, None, None]
            high, low = self.ground[:, index, :, :, None, None].unbind(1)
            colour = torch.lerp(high, low, (below / 0.35).clamp(0, 1)) * mottled
            picture = torch.lerp(picture, colour, (below * rows + 0.5).clamp(0, 1))
        for index in range(BEHIND, BEHIND + BEFORE):
            picture = _draw_shape(picture, self.shapes[:, index], x, y, light)
        return picture


def noise(draws: Draws, count: int, rows: int, columns: int, grids: tuple[tuple[int, int], ...]) -> Tensor:
    """(N, 1, rows, columns) smooth noise about 0, each grid at half the strength of the one before."""
    total = draws.normal(count, 1, 1, 1) * 0
    for octave, grid in enumerate(grids):
        layer = draws.normal(count, 1, *grid) * 0.5**octave
        total = total + functional.interpolate(layer, (rows, columns), mode="bicubic", align_corners=False)
    return total


def hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """(..., 3) colours; hues in turns from red, the rest in [0, 1]."""
    steps = (torch.tensor([5.0, 3.0, 1.0], device=hue.device) + 6 * hue[..., None]) % 6
    away = torch.minimum(steps, 4 - steps).clamp(0, 1)
    return value[..., None] * (1 - saturation[..., None] * away)


def _outlines(draws: Draws, count: int, columns: int) -> Tensor:
    """(N, RIDGES, columns) rough lines about 0."""
    total: Tensor | int = 0
    for points, strength in ((5, 1.0), (13, 0.35), (40, 0.12)):
        layer = draws.normal(count, RIDGES, points) * strength
        total = total + functional.interpolate(layer, columns, mode="linear", align_corners=False)
    assert isinstance(total, Tensor)
    return total


def _draw_shape(picture: Tensor, shape: Tensor, x: Tensor, y: Tensor, light: Tensor) -> Tensor:
    """One shape of each picture over it; a picture has fewer shapes than there are numbers for, others are skipped."""
    if not bool((shape[:, 8] > 0).any()):
        return picture
    left, top, rx, ry, angle, shading, soft, box, there = shape[:, :9, None, None, None].unbind(1)
    dx, dy, cos, sin = x - left, y - top, angle.cos(), angle.sin()
    u, v = (dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry
    u2, v2 = u.square(), v.square()
    r2 = torch.where(box > 0, torch.maximum(u2, v2), u2 + v2)
    cover = ((1 - r2) / soft + 0.5).clamp(0, 1) * there
    lit = light[:, :1] * u + light[:, 1:] * v - 0.25 * v + 0.6 * (1 - r2).clamp(min=0).sqrt() - 0.3
    return torch.lerp(picture, shape[:, 9:, None, None] * (1 + shading * lit), cover)


class Hand:
    """Draws parameters.

    Args:
        count: N. aspect: width over height.
    """

    def __init__(self, draws: Draws, count: int, aspect: float) -> None:
        self.draws, self.count, self.aspect = draws, count, aspect

    def u(self, low: float, high: float, k: int = 1) -> Tensor:
        """(N, k) uniform numbers."""
        return self.draws.uniform(self.count, k, low=low, high=high)

    def colour(self, hue: tuple[float, float], s: tuple[float, float], v: tuple[float, float], k: int = 1) -> Tensor:
        """(N, k, 3) colours of these ranges of hue (in turns), saturation and value."""
        return hsv(self.u(*hue, k) % 1, self.u(*s, k), self.u(*v, k))

    def there(self, chance: float, k: int = 1) -> Tensor:
        """(N, k), 1 with the chance, else 0."""
        return self.draws.chance(chance, self.count, k)

    def shapes(
        self,
        x: Tensor,
        y: Tensor,
        rx: Tensor,
        ry: Tensor,
        colour: Tensor,
        angle: Tensor | float = 0.0,
        shade: float = 0.0,
        soft: float = 0.15,
        box: float = 0.0,
        there: Tensor | float = 1.0,
    ) -> Tensor:
        """(N, k, NUMBERS), k as in x, y or the radii."""
        given = torch.broadcast_tensors(x, y, rx, ry)
        k, like = given[0].shape[1], given[0]
        rest = [torch.as_tensor(value, device=x.device).expand_as(like) for value in (angle, shade, soft, box, there)]
        return torch.cat([torch.stack([*given, *rest], 2), colour.expand(-1, k, -1)], 2)

    def scene(
        self, sky: Tensor, clouded: Tensor, ridges: list[tuple[Tensor, Tensor, Tensor, Tensor]],
        behind: list[Tensor], before: list[Tensor],
    ) -> Scene:  # fmt: skip
        """A scene; ridges are (height, roughness, colour, colour below), each (N, 1) or (N, 1, 3)."""
        lines = torch.zeros(self.count, RIDGES, 2, device=sky.device)
        lines[..., 0] = NOWHERE
        ground = torch.zeros(self.count, RIDGES, 2, 3, device=sky.device)
        for index, (height, roughness, high, low) in enumerate(ridges):
            lines[:, index] = torch.cat([height, roughness], 1)
            ground[:, index] = torch.cat([high, low], 1)
        shapes = [_padded(behind, BEHIND, self), _padded(before, BEFORE, self)]
        return Scene(sky, clouded[:, 0], lines, ground, torch.cat(shapes, 1))


def _padded(shapes: list[Tensor], most: int, hand: Hand) -> Tensor:
    """(N, most, NUMBERS), with shapes that are not there behind the others."""
    absent = torch.ones(hand.count, most - sum(one.shape[1] for one in shapes), NUMBERS, device=hand.draws.device)
    absent[..., 8] = 0
    return torch.cat([*shapes, absent], 1)
