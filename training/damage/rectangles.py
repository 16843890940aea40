"""Upright rectangles: the holes that most of the reproduced systems were trained on."""

import torch
from torch import Tensor

from training.damage.canvas import Canvas

#: The paintings' system: pictures of 256 x 384 pixels, squares of these sides in pixels.
PAINTING_SIDE, SQUARES = 256, (2, 3, 4, 6)
#: The face editor's rectangle stays between these shares of the picture.
INNER = (1 / 8, 7 / 8)


def filled_rectangles(canvas: Canvas, left: Tensor, top: Tensor, right: Tensor, bottom: Tensor) -> Tensor:
    """The union of rectangles.

    Corners are summed up, so that 500 rectangles cost no more than one does. The sums are of whole numbers, which
    makes them the same in whatever order a GPU adds them.

    Args:
        canvas: where.
        left, top, right, bottom: (N, K) int64 pixels, right and bottom excluded; an empty one covers nothing.

    Returns:
        (N, 1, H, W) bool.
    """
    height, width = canvas.height, canvas.width
    left, top = left.clamp(0, width), top.clamp(0, height)
    right, bottom = torch.maximum(right.clamp(0, width), left), torch.maximum(bottom.clamp(0, height), top)
    begins = torch.ones_like(left, dtype=torch.int32)
    corners = torch.zeros(canvas.count, (height + 1) * (width + 1), dtype=torch.int32, device=canvas.device)
    for row, column, change in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        corners.scatter_add_(1, row * (width + 1) + column, begins * change)
    depth = corners.view(canvas.count, 1, height + 1, width + 1)
    depth = depth.cumsum(2, dtype=torch.int32).cumsum(3, dtype=torch.int32)
    return depth[..., :height, :width] > 0


def _sides(canvas: Canvas, low: float, high: float, number: int) -> tuple[Tensor, Tensor, int]:
    """(N, number) widths and heights from pixels at 128, and the largest there is."""
    least, most = canvas.pixels(low), canvas.pixels(high)
    if not 0 < low <= high or most > canvas.side:
        raise ValueError(f"sides of {low} to {high} pixels at 128 are not possible: give 0 < low <= high <= 128")
    widths, heights = (least + canvas.draws.index(most - least + 1, canvas.count, number) for _ in range(2))
    return widths, heights, most


def rects(canvas: Canvas, n: int | None = None, low: float = 10, high: float = 30) -> Tensor:
    """Rectangles with sides of ``low`` to ``high`` pixels at 128 (the statue detector's).

    Args:
        canvas: where.
        n: how many; None: 2, 4, ... 14, another number for each picture.
        low, high: of the sides.
    """
    if n is not None and n < 1:
        raise ValueError(f"n = {n} rectangles are not possible: give 1 or more, or leave n out")
    most = 14 if n is None else n
    widths, heights, largest = _sides(canvas, low, high, most)
    left = canvas.draws.index(canvas.width - largest + 1, canvas.count, most)
    top = canvas.draws.index(canvas.height - largest + 1, canvas.count, most)
    if n is None:
        wanted = 2 * (1 + canvas.draws.index(7, canvas.count, 1))
        widths = widths * (torch.arange(most, device=canvas.device) < wanted)
    return filled_rectangles(canvas, left, top, left + widths, top + heights)


def rect(canvas: Canvas, low: float = 20, high: float = 60) -> Tensor:
    """One rectangle (the first statue detector's)."""
    return rects(canvas, 1, low, high)


def block(canvas: Canvas, where: str = "random", rim: float = 0) -> Tensor:
    """A block of half the height and half the width, in a ``random`` place or in the ``centre``.

    Args:
        canvas: where.
        where: "random" or "centre".
        rim: it is narrower on every side, by so many pixels at 128 (the centre context encoder's overlap).
    """
    if where not in ("random", "centre"):
        raise ValueError(f"a block cannot be put at {where!r}: say 'random' or 'centre'")
    if not 0 <= rim <= 16:
        raise ValueError(f"a block of 64 has no rim of {rim}: give 0 to 16")
    taken = 2 * canvas.pixels(rim) if rim else 0
    height, width = canvas.height // 2 - taken, canvas.width // 2 - taken
    if where == "random":
        left = canvas.draws.index(canvas.width - width + 1, canvas.count, 1)
        top = canvas.draws.index(canvas.height - height + 1, canvas.count, 1)
    else:
        left = torch.full((canvas.count, 1), (canvas.width - width) // 2, device=canvas.device)
        top = torch.full((canvas.count, 1), (canvas.height - height) // 2, device=canvas.device)
    return filled_rectangles(canvas, left, top, left + width, top + height)


def shrunk_block(canvas: Canvas, most: float = 8) -> Tensor:
    """The block in the centre, lower and narrower by up to ``most`` pixels at 128, evenly on both sides (PII-GAN)."""
    if not 0 < most < 64:
        raise ValueError(f"a block of 64 cannot shrink by {most} pixels: give more than 0 and less than 64")
    taken = canvas.draws.index(canvas.pixels(most / 2) + 1, canvas.count, 2)
    height, width = canvas.height // 2, canvas.width // 2
    left, top = (canvas.width - width) // 2 + taken[:, :1], (canvas.height - height) // 2 + taken[:, 1:]
    return filled_rectangles(canvas, left, top, canvas.width - left, canvas.height - top)


def central_rect(canvas: Canvas, low: float = 0.2, high: float = 0.6) -> Tensor:
    """A rectangle round about the centre, its sides shares of the picture's (the face editor's)."""
    if not 0 < low <= high < 1:
        raise ValueError(f"sides of {low} to {high} of the picture are not possible: give 0 < low <= high < 1")
    ends = []
    for length in (canvas.width, canvas.height):
        side = (canvas.draws.uniform(canvas.count, 1, low=low, high=high) * length).floor().clamp(min=1)
        middle = length / 2 + canvas.draws.uniform(canvas.count, 1, low=-1) * (length - side) / 8
        first = (middle - side / 2).round().long()
        nearest, farthest = (round(share * length) for share in INNER)
        ends += [first.clamp(min=nearest), (first + side.long()).clamp(max=farthest)]
    left, right, top, bottom = ends
    return filled_rectangles(canvas, left, top, right, bottom)


def centre(canvas: Canvas) -> Tensor:
    """A block of a quarter of the height and of the width in the centre: 64 x 96 of 256 x 384 (paintings, GAN)."""
    left = torch.full((canvas.count, 1), round(canvas.width * 3 / 8), device=canvas.device)
    top = torch.full((canvas.count, 1), round(canvas.height * 3 / 8), device=canvas.device)
    return filled_rectangles(canvas, left, top, canvas.width - left, canvas.height - top)


def blotches(canvas: Canvas, n: int = 500) -> Tensor:
    """Squares of 2, 3, 4 or 6 pixels at 256 x 384, anywhere (paintings, autoencoder)."""
    if n < 1:
        raise ValueError(f"n = {n} blotches are not possible: give 1 or more")
    sides = torch.tensor([canvas.pixels(side, PAINTING_SIDE) for side in SQUARES], device=canvas.device)
    side = sides[canvas.draws.index(len(SQUARES), canvas.count, n)]
    left = 1 + canvas.draws.index(canvas.width - 1, canvas.count, n)
    top = 1 + canvas.draws.index(canvas.height - 1, canvas.count, n)
    return filled_rectangles(canvas, left, top, left + side, top + side)


def regular_boxes(canvas: Canvas, most: int = 5) -> Tensor:
    """One to ``most`` boxes; the more there are, the smaller they may be (PICNet's regular holes)."""
    if most < 1:
        raise ValueError(f"most = {most} boxes are not possible: give 1 or more")
    number = 1 + canvas.draws.index(most, canvas.count, 1)
    present = torch.arange(most, device=canvas.device) < number
    ends = []
    for length in (canvas.width, canvas.height):
        first = canvas.draws.up_to((length - length // (number + 1)).expand(-1, most))
        # A box that begins at the far end of its range still has length / (n + 1) to grow into.
        least = length // (number + 7)
        side = least + canvas.draws.up_to((length - first - least).clamp(min=0))
        ends.append((first, first + side * present))
    (left, right), (top, bottom) = ends
    return filled_rectangles(canvas, left, top, right, bottom)
