"""Patches of the visible picture for the hole: patch-based completion, coarse to fine, in NumPy.

They complete what the head model does not explain (hair, headgear, background). Search and votes alternate (Wexler,
Shechtman and Irani 2007): the nearest-neighbour field gives every patch that touches the hole the visible patch most
like it, and all patches over a pixel vote for its colour. The field is found by PatchMatch's propagation and random
search (Barnes et al. 2009); propagation keeps it coherent. Guide channels, known everywhere, say which visible places
resemble a hole pixel: positions on the mean head, so that locks come from where locks are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.grid import centres_of

# Patches and pyramid: set by eye but for what the papers have.
RADIUS = 2  #: pixels: patches of 5 x 5, as Wexler et al. take them in every frame
OFFSETS = tuple((dy, dx) for dy in range(-RADIUS, RADIUS + 1) for dx in range(-RADIUS, RADIUS + 1))
KERNEL = np.ones((2 * RADIUS + 1,) * 2, np.uint8)
FINEST = 256  #: pixels: side of the finest level that is searched; larger pictures are resampled by its field
COARSEST = 24  #: pixels: side below which no level is made
MINIMUM_SOURCE = 16  #: whole patches that must be visible
#: Shares of a coarser pixel: with more of the hole it is missing, with less of the source it may not be copied. Chosen:
#: 0 and 1, but for rounding.
HOLE_SHARE, SOURCE_SHARE = 0.001, 0.999

# Search (Barnes et al. 2009) and votes (Wexler et al. 2007).
ROUNDS = (8, 5, 3, 2)  #: of search and votes per level, from the coarsest on; the last is repeated; set by eye
SWEEPS = 2  #: of propagation in a round: to the next pixel, then three pixels on; set by eye
RANDOM_STEPS = 5  #: of random search in a round; set by eye
SHRINKAGE = 2.5  #: of the window from one random step to the next; Barnes et al. halve it, in more steps
FINAL_SHARPNESS = 2.0  #: of the last votes: how much more a near match counts than in the rounds before; set by eye
EDGES = 3.0  #: robust standard deviations: stronger fine structure is an edge, not grain; set by eye

Places = NDArray[np.int64]  # (N, 2) row, column; of the targets' matches: a nearest-neighbour field


@dataclass(frozen=True, eq=False)
class PatchResult:
    """A hole completed from patches.

    Attributes:
        rgb: (S, S, 3) float32, the patches' votes, in the hole and a little around it.
        shift: (n, n, 2) float32 (x, y) from each cell of an n x n grid over the picture to the cell that it was matched
            with, in pixels of the picture; NaN outside the hole.
    """

    rgb: NDArray[np.float32]
    shift: NDArray[np.float32]


@dataclass(eq=False)
class _Level:
    """One level of the pyramid. ``targets`` are all pixels whose patch touches the hole."""

    rgb: NDArray[np.float32]  # (H, W, 3); the hole holds the current estimate
    guide: NDArray[np.float32]  # (H, W, G)
    hole: NDArray[np.bool_]
    source: NDArray[np.bool_]

    @property
    def side(self) -> int:
        return int(self.hole.shape[0])

    @cached_property
    def targets(self) -> Places:
        return np.argwhere(cv2.dilate(self.hole.astype(np.uint8), KERNEL))

    @cached_property
    def sources(self) -> Places:
        """Places whose whole patch may be copied."""
        eroded = cv2.erode(self.source.astype(np.uint8), KERNEL, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        return np.argwhere(eroded)

    @cached_property
    def source_index(self) -> NDArray[np.int64]:
        """(H, W) row of each place in ``source_descriptors``, -1 where no whole patch is visible."""
        index = np.full(self.hole.shape, -1, np.int64)
        index[self.sources[:, 0], self.sources[:, 1]] = np.arange(len(self.sources))
        return index

    @cached_property
    def source_descriptors(self) -> NDArray[np.float32]:
        return self._descriptors(self.sources)

    def target_descriptors(self) -> NDArray[np.float32]:
        return self._descriptors(self.targets)

    def _descriptors(self, places: Places) -> NDArray[np.float32]:
        """(N, 75 + G) colours of each place's patch, and its guide weighed as much as 25 pixels."""
        padded = _pad(self.rgb)
        rows, columns = places.T + RADIUS
        colours = [padded[rows + dy, columns + dx] for dy, dx in OFFSETS]
        return np.concatenate([*colours, self.guide[places[:, 0], places[:, 1]] * len(OFFSETS) ** 0.5], 1)

    def costs(self, descriptors: NDArray[np.float32], field: Places) -> NDArray[np.float32]:
        """(N,) squared distance of each target to its match; infinite where no whole patch is visible."""
        index = self.source_index[field[:, 0], field[:, 1]]
        difference = descriptors - self.source_descriptors[np.maximum(index, 0)]
        return np.where(index >= 0, np.einsum("nd,nd->n", difference, difference), np.float32(np.inf))


def complete(
    rgb: NDArray[np.floating],
    guide: NDArray[np.floating],
    hole: NDArray[np.bool_],
    source: NDArray[np.bool_],
    generator: np.random.Generator,
) -> PatchResult | None:
    """The hole filled from patches of ``source``; None where too little is visible.

    Args:
        rgb: (S, S, 3) in [0, 1]; the hole holds a first guess (a smooth interpolation will do).
        guide: (S, S, G), in units in which 1 weighs as much as the step from black to white.
        hole: (S, S) what is to be filled.
        source: (S, S) what may be copied; what is neither is context that patches must agree with.
        generator: made from the request's seed.
    """
    field: Places | None = None
    level: _Level | None = None
    for number, side in enumerate(_pyramid_sides(hole.shape[0])):
        finer = _make_level(rgb, guide, hole, source, side)
        if len(finer.sources) < MINIMUM_SOURCE:
            continue
        field = _initial_field(field, level, finer, generator)
        level = finer
        for _ in range(ROUNDS[min(number, len(ROUNDS) - 1)]):
            field = _improve_field(level, field, generator)
            voted = _vote(level, field)
            level.rgb = np.where(level.hole[..., None], voted, level.rgb)
    if level is None or field is None:
        return None
    shift = _shift_grid(level, field, hole.shape[0])
    if level.side == hole.shape[0]:
        return PatchResult(_vote(level, field, FINAL_SHARPNESS), shift)
    return PatchResult(resample_by_shifts(rgb.astype(np.float32), shift), shift)


def resample_by_shifts(picture: NDArray[np.float32], shift: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture (S, S, 3) whose pixels come from where the 3 x 3 cells around them are shifted to, in smooth windows.

    Where neighbouring cells agree, a patch is copied whole; where they do not, one patch fades into the next. Pixels
    that no cell with a shift is near keep their value.
    """
    size, cells = picture.shape[0], shift.shape[0]
    near = cv2.dilate(np.isfinite(shift[..., 0]).astype(np.uint8), np.ones((3, 3), np.uint8))
    where = cv2.resize(near, (size, size), interpolation=cv2.INTER_NEAREST) > 0
    rows, columns = np.nonzero(where)
    sums, total = np.zeros((len(rows), 3), np.float32), np.full(len(rows), 1e-9, np.float32)
    for move, weight in window_votes(centres_of(np.stack([columns, rows], 1)), shift, size / cells):
        y = np.clip(np.rint(rows + move[:, 1]), 0, size - 1).astype(np.int64)
        x = np.clip(np.rint(columns + move[:, 0]), 0, size - 1).astype(np.int64)
        sums += picture[y, x] * weight[:, None]
        total += weight
    out = picture.copy()
    voted = total > 1e-6
    out[rows[voted], columns[voted]] = (sums / total[:, None])[voted]
    return out


def clip_edges(fine: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fine structure (H, W, ...) limited to ``EDGES`` robust standard deviations of its own in ``where`` (H, W).

    Grain stays; the stray piece of a lid or a lock that came along with it does not stand out.
    """
    if not where.any():
        return fine
    limit = EDGES * float(np.median(np.abs(fine[where]))) / 0.6745  # of a normal distribution's deviation
    return np.clip(fine, -limit, limit)


def window_votes(
    places: NDArray[np.floating], shift: NDArray[np.float32], pitch: float
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For the 3 x 3 cells around each place: (N, 2) shift (x, y) and (N,) weight, 0 where the cell has none.

    Args:
        places: (N, 2) positions (x, y) in the picture.
        shift: (n, n, 2) as in ``PatchResult``.
        pitch: side of a cell in the picture's pixels.
    """
    last = shift.shape[0] - 1
    moves = np.nan_to_num(shift).reshape(-1, 2)
    found = np.isfinite(shift[..., 0]).astype(np.float32).ravel()
    at = (places / pitch).astype(np.float32)
    home = np.floor(at).astype(np.int32)
    # One window per axis and step; a pixel's weight is their product.
    steps = {step: np.clip(home + step, 0, last) for step in (-1, 0, 1)}
    windows = {
        step: np.cos((at - home - np.float32(centres_of(step))) * np.float32(np.pi / 3)) ** 2 for step in (-1, 0, 1)
    }
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            cell = steps[dy][:, 1] * (last + 1) + steps[dx][:, 0]
            yield moves[cell], windows[dy][:, 1] * windows[dx][:, 0] * found[cell]


def _pyramid_sides(size: int) -> list[int]:
    """Sides of the pyramid's levels, coarsest first."""
    sides = [size]
    while sides[-1] > FINEST:
        sides[-1] = (sides[-1] + 1) // 2
    while sides[-1] // 2 >= COARSEST:
        sides.append((sides[-1] + 1) // 2)
    return sides[::-1]


def _make_level(rgb: NDArray[Any], guide: NDArray[Any], hole: NDArray[Any], source: NDArray[Any], side: int) -> _Level:
    def shrink(array: NDArray[Any]) -> NDArray[np.float32]:
        array = array.astype(np.float32)
        if side == len(array):
            return array
        return np.asarray(cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA), np.float32)

    guide = shrink(guide).reshape(side, side, -1)
    return _Level(shrink(rgb), guide, shrink(hole) > HOLE_SHARE, shrink(source) > SOURCE_SHARE)


def _pad(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(picture, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")


def _initial_field(
    found: Places | None, coarse: _Level | None, level: _Level, generator: np.random.Generator
) -> Places:
    """A level's first field: the coarser level's offsets where they still point at whole patches, else random."""
    random = level.sources[generator.integers(0, len(level.sources), len(level.targets))]
    if found is None or coarse is None:
        return random
    ratio = level.side / coarse.side
    offsets = np.zeros((coarse.side, coarse.side, 2), np.int64)
    offsets[coarse.targets[:, 0], coarse.targets[:, 1]] = found - coarse.targets
    small = np.minimum((level.targets / ratio).astype(np.int64), coarse.side - 1)
    moved = level.targets + np.round(offsets[small[:, 0], small[:, 1]] * ratio).astype(np.int64)
    moved = np.clip(moved, 0, level.side - 1)
    return np.where((level.source_index[moved[:, 0], moved[:, 1]] >= 0)[:, None], moved, random)


def _improve_field(level: _Level, field: Places, generator: np.random.Generator) -> Places:
    """A better field: propagation of the neighbours' matches, then random search in shrinking windows."""
    targets, last = level.targets, level.side - 1
    place = np.full(level.hole.shape, -1, np.int64)
    place[targets[:, 0], targets[:, 1]] = np.arange(len(targets))
    descriptors = level.target_descriptors()
    best, cost = field, level.costs(descriptors, field)

    def propose(candidate: Places, best: Places, cost: NDArray[Any]) -> tuple[Places, NDArray[Any]]:
        candidate = np.clip(candidate, 0, last)
        new = level.costs(descriptors, candidate)
        better = new < cost
        return np.where(better[:, None], candidate, best), np.where(better, new, cost)

    for sweep in range(SWEEPS):
        stride = 1 + 2 * sweep
        for direction in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            step = np.array(direction) * stride
            beside = np.clip(targets + step, 0, last)
            neighbour = place[beside[:, 0], beside[:, 1]]
            best, cost = propose(np.where((neighbour >= 0)[:, None], best[neighbour] - step, best), best, cost)
        window = level.side / 2.0
        for _ in range(RANDOM_STEPS):
            jump = np.round(generator.uniform(-window, window, best.shape)).astype(np.int64)
            best, cost = propose(best + jump, best, cost)
            window = max(window / SHRINKAGE, 1.0)
    return best


def _vote(level: _Level, field: Places, sharpness: float = 1.0) -> NDArray[np.float32]:
    """(H, W, 3) weighted mean of what all matched patches say about each pixel: a close match counts more."""
    cost = level.costs(level.target_descriptors(), field)
    weight = np.exp(-sharpness * cost / (np.median(cost) + 1e-6)) + 1e-4  # the farthest votes where it is alone
    padded = _pad(level.rgb)
    count = level.side**2
    total, sums = np.zeros(count), np.zeros((count, 3))
    for dy, dx in OFFSETS:
        rows, columns = (level.targets + np.array([dy, dx])).T
        inside = (rows >= 0) & (rows < level.side) & (columns >= 0) & (columns < level.side)
        pixel = (rows * level.side + columns)[inside]
        colour = padded[field[inside, 0] + RADIUS + dy, field[inside, 1] + RADIUS + dx]
        total += np.bincount(pixel, weight[inside], count)
        for channel in range(3):
            sums[:, channel] += np.bincount(pixel, weight[inside] * colour[:, channel], count)
    return (sums / np.maximum(total, 1e-9)[:, None]).reshape(*level.hole.shape, 3).astype(np.float32)


def _shift_grid(level: _Level, field: Places, size: int) -> NDArray[np.float32]:
    """(n, n, 2) of ``PatchResult``."""
    shift = np.full((*level.hole.shape, 2), np.nan, np.float32)
    moves = (field - level.targets)[:, ::-1] * (size / level.side)
    shift[level.targets[:, 0], level.targets[:, 1]] = moves
    return shift
