"""Paintings that are drawn as they are asked for: a scene, brush strokes, the painter's colours, canvas and age.

The original's 20 paintings are not public; these are as many as are asked for, and no two are alike. What a picture
shows decides what stands beside a hole, its strokes what lies in one.
"""

import torch
from torch import Tensor

from training.damage.draws import Draws
from training.examples.brush_strokes import lay_strokes, plan_strokes
from training.examples.painting_kinds import draw_scenes
from training.examples.painting_scenes import noise
from training.examples.sources import HELD_SEED, Views

# Numbers are set by eye.
#: Rows of the scene that strokes take their colours from, at most: finer ones than strokes show.
ROWS = 64
#: Distances of the strokes of each layer in heights of the picture, in pixels at least; below which share of the
#: picture's detail, drawn between these two, none is laid.
LAYERS = ((1 / 8, 3, 0.0, 0.0), (1 / 18, 2, 0.0, 0.45), (1 / 44, 2, 0.2, 0.8))
#: Threads of the canvas in a height, at least 4 pixels each.
THREADS = 90
#: Share of the paintings whose weave is seen, and of those that have cracked.
WOVEN, CRACKED = 0.35, 0.08
#: Distance of cracks in heights.
CRACKS = 1 / 7


class Paintings:
    """Paintings, drawn from random numbers alone.

    Args:
        height, width: in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self._height, self._width = height, width

    def draw(self, count: int, draws: Draws) -> Views:
        """See ``Source``: new ones every time."""
        picture = paint(draws, count, self._height, self._width)
        return Views(picture * 2 - 1, torch.ones_like(picture[:, :1]))

    def held(self, count: int, device: torch.device) -> Views:
        """See ``Source``: those of one seed."""
        return self.draw(count, Draws(HELD_SEED, device))


def paint(draws: Draws, count: int, height: int, width: int) -> Tensor:
    """(N, 3, height, width) paintings in [0, 1]."""
    rows = min(ROWS, height // 2)
    columns = round(rows * width / height)
    scene = grade(draw_scenes(draws, count, width / height).render(rows, columns, draws), draws)
    flow = noise(draws, count, rows, columns, ((3, 4),)) * 0.9 + draws.uniform(count, 1, 1, 1, high=3.14)
    sketch = plan_strokes(scene, flow)
    canvas = torch.nn.functional.interpolate(scene, (height, width), mode="bilinear", align_corners=False)
    ordered = sketch.detail.flatten(1).sort(1).values
    for distance, least, lowest, highest in LAYERS:
        share = draws.uniform(count, 1, low=lowest, high=highest)
        threshold = ordered.gather(1, (share * (rows * columns - 1)).long())[..., None, None]
        canvas = lay_strokes(canvas, sketch, max(least, round(distance * height)), threshold, draws)
    return age(canvas, draws).clamp(0, 1)


def grade(picture: Tensor, draws: Draws) -> Tensor:
    """(N, 3, h, w) in a painter's own colours: fewer or more, darker or paler, under a tint."""
    count = len(picture)

    def each(low: float, high: float, channels: int = 1) -> Tensor:
        return draws.uniform(count, channels, 1, 1, low=low, high=high)

    grey = picture.mean(1, keepdim=True)
    picture = (grey + (picture - grey) * each(0.3, 1.35)).clamp(0.004, 1)
    picture = picture ** each(0.6, 1.3)
    tint = each(0.6, 1.0, 3).sort(1, descending=True).values  # red, then green, then blue: varnish
    return torch.lerp(picture, picture * tint, each(0.0, 0.8))


def age(picture: Tensor, draws: Draws) -> Tensor:
    """(N, 3, H, W) with the canvas seen through, dim corners and cracks, on some of them."""
    count, _, height, width = picture.shape
    y = (torch.arange(height, device=picture.device)[:, None] + 0.5) / height
    x = (torch.arange(width, device=picture.device) + 0.5) / height
    turns = 2 * torch.pi * min(THREADS, height / 4)
    weave = torch.sin(turns * x) * torch.sin(turns * y)
    woven = draws.chance(WOVEN, count, 1, 1, 1) * draws.uniform(count, 1, 1, 1, low=0.01, high=0.035)
    corner = ((x - width / height / 2) ** 2 + (y - 0.5) ** 2) * draws.uniform(count, 1, 1, 1, high=0.22)
    picture = picture * (1 - corner) + woven * weave + 0.008 * draws.normal(*picture.shape)
    return _crack(picture, draws)


def _crack(picture: Tensor, draws: Draws) -> Tensor:
    """Fine dark lines between the cells of a Voronoi diagram, on some pictures."""
    count, _, height, width = picture.shape
    cracked = draws.chance(CRACKED, count)
    which = cracked.nonzero()[:, 0]
    if not len(which):
        return picture
    cell = max(6, round(CRACKS * height))
    rows, columns = -(-height // cell) + 2, -(-width // cell) + 2
    points = [(torch.arange(n, device=picture.device).view(*s) - 1 + draws.uniform(len(which), rows, columns)) * cell
              for n, s in ((rows, (-1, 1)), (columns, (1, -1)))]  # fmt: skip
    y, x = torch.arange(height, device=picture.device), torch.arange(width, device=picture.device)
    row, column = y // cell + 1, x // cell + 1
    away = [
        torch.hypot(
            *(
                one[:, row + down][..., column + right] - place
                for one, place in zip(points, (y[:, None], x), strict=True)
            )
        )
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    ]
    near = torch.stack(away).topk(2, dim=0, largest=False).values
    line = (0.6 + height / 400 - (near[1] - near[0]))[:, None].clamp(0, 1) * draws.uniform(
        len(which), 1, 1, 1, low=0.15, high=0.5
    )
    return picture.index_put((which,), picture[which] * (1 - line))
