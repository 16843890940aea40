"""Patches of the visible picture for the hole: nearest-patch search and voting, coarse to fine, in NumPy.

They grow what the head model does not explain (hair, headgear, background) by alternating search and voting (Wexler,
Shechtman and Irani 2007). The search is PatchMatch's propagation and random steps (Barnes et al. 2009). Guide channels,
known everywhere, say which visible places resemble a hole pixel: positions on the mean head, so that locks come from
where locks are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

RADIUS = 2  # patches of 5 x 5 pixels
OFFSETS = tuple((dy, dx) for dy in range(-RADIUS, RADIUS + 1) for dx in range(-RADIUS, RADIUS + 1))
KERNEL = np.ones((2 * RADIUS + 1,) * 2, np.uint8)
FINEST = 256  # side of the finest level that is searched; a larger picture is told by its matches
COARSEST = 24
ROUNDS = (8, 5, 3, 2)  # search-and-vote rounds from the coarsest level on; the last value is repeated
SWEEPS = 2
RANDOM_STEPS = 5
FINAL_SHARPNESS = 2.0  # of the last vote: how much more a close match counts than in the rounds before
EDGES = 3.0  # robust standard deviations: stronger fine structure is an edge, not grain
MINIMUM_SOURCE = 16  # whole patches

Places = NDArray[np.int64]  # (N, 2) row, column


@dataclass(frozen=True, eq=False)
class Grown:
    """A result of patches.

    Attributes:
        rgb: (S, S, 3) float32, the picture as the patches tell it, in the hole and a little around it.
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
        return self.hole.shape[0]

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
        """(H, W) row of each place in ``source_patches``, -1 where no whole patch is visible."""
        index = np.full(self.hole.shape, -1, np.int64)
        index[self.sources[:, 0], self.sources[:, 1]] = np.arange(len(self.sources))
        return index

    @cached_property
    def source_patches(self) -> NDArray[np.float32]:
        return self._described(self.sources)

    def described_targets(self) -> NDArray[np.float32]:
        return self._described(self.targets)

    def _described(self, places: Places) -> NDArray[np.float32]:
        """(N, 75 + G) colours of each place's patch, and its guide weighed as much as 25 pixels."""
        padded = _padded(self.rgb)
        rows, columns = places.T + RADIUS
        colours = [padded[rows + dy, columns + dx] for dy, dx in OFFSETS]
        return np.concatenate([*colours, self.guide[places[:, 0], places[:, 1]] * len(OFFSETS) ** 0.5], 1)

    def costs(self, described: NDArray[np.float32], match: Places) -> NDArray[np.float32]:
        """(N,) squared distance of each target to its match; infinite where no whole patch is visible."""
        index = self.source_index[match[:, 0], match[:, 1]]
        difference = described - self.source_patches[np.maximum(index, 0)]
        return np.where(index >= 0, np.einsum("nd,nd->n", difference, difference), np.float32(np.inf))


def complete(
    rgb: NDArray[np.floating],
    guide: NDArray[np.floating],
    hole: NDArray[np.bool_],
    source: NDArray[np.bool_],
    generator: np.random.Generator,
) -> Grown | None:
    """The hole filled from patches of ``source``; None where too little is visible.

    Args:
        rgb: (S, S, 3) in [0, 1]; the hole holds a first guess (a smooth interpolation will do).
        guide: (S, S, G), in units in which 1 weighs as much as the step from black to white.
        hole: (S, S) what is to be filled.
        source: (S, S) what may be copied; what is neither is context that patches must agree with.
        generator: made from the request's seed.
    """
    match: Places | None = None
    level: _Level | None = None
    for number, side in enumerate(_sides(hole.shape[0])):
        finer = _level(rgb, guide, hole, source, side)
        if len(finer.sources) < MINIMUM_SOURCE:
            continue
        match = _started(match, level, finer, generator)
        level = finer
        for _ in range(ROUNDS[min(number, len(ROUNDS) - 1)]):
            match = _search(level, match, generator)
            voted = _vote(level, match)
            level.rgb = np.where(level.hole[..., None], voted, level.rgb)
    if level is None or match is None:
        return None
    shift = _shifts(level, match, hole.shape[0])
    if level.side == hole.shape[0]:
        return Grown(_vote(level, match, FINAL_SHARPNESS), shift)
    return Grown(told(rgb.astype(np.float32), shift), shift)


def told(picture: NDArray[np.float32], shift: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture (S, S, 3) with every pixel told by the shifts of the 3 x 3 cells around it, in smooth windows.

    Where neighbouring cells agree, a patch is copied whole; where they do not, one patch fades into the next. Pixels
    that no cell with a shift is near keep their value.
    """
    size, cells = picture.shape[0], shift.shape[0]
    near = cv2.dilate(np.isfinite(shift[..., 0]).astype(np.uint8), np.ones((3, 3), np.uint8))
    where = cv2.resize(near, (size, size), interpolation=cv2.INTER_NEAREST) > 0
    rows, columns = np.nonzero(where)
    sums, total = np.zeros((len(rows), 3), np.float32), np.full(len(rows), 1e-9, np.float32)
    for move, weight in window_votes(np.stack([columns, rows], 1) + 0.5, shift, size / cells):
        y = np.clip(np.rint(rows + move[:, 1]), 0, size - 1).astype(np.int64)
        x = np.clip(np.rint(columns + move[:, 0]), 0, size - 1).astype(np.int64)
        sums += picture[y, x] * weight[:, None]
        total += weight
    out = picture.copy()
    voted = total > 1e-6
    out[rows[voted], columns[voted]] = (sums / total[:, None])[voted]
    return out


def without_edges(fine: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fine structure (H, W, ...) limited to ``EDGES`` robust standard deviations of its own in ``where`` (H, W).

    Grain stays; the stray piece of a lid or a lock that came along with it does not stand out.
    """
    if not where.any():
        return fine
    limit = EDGES * float(np.median(np.abs(fine[where]))) / 0.6745
    return np.clip(fine, -limit, limit)


def window_votes(
    places: NDArray[np.floating], shift: NDArray[np.float32], pitch: float
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For the 3 x 3 cells around each place: (N, 2) shift (x, y) and (N,) weight, 0 where the cell has none.

    Args:
        places: (N, 2) positions (x, y) in the picture.
        shift: (n, n, 2) as in ``Grown``.
        pitch: side of a cell in the picture's pixels.
    """
    last = shift.shape[0] - 1
    moves = np.nan_to_num(shift).reshape(-1, 2)
    found = np.isfinite(shift[..., 0]).astype(np.float32).ravel()
    at = (places / pitch).astype(np.float32)
    home = np.floor(at).astype(np.int32)
    # One window per axis and step; a pixel's weight is their product.
    steps = {step: np.clip(home + step, 0, last) for step in (-1, 0, 1)}
    windows = {step: np.cos((at - home - np.float32(step + 0.5)) * np.float32(np.pi / 3)) ** 2 for step in (-1, 0, 1)}
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            cell = steps[dy][:, 1] * (last + 1) + steps[dx][:, 0]
            yield moves[cell], windows[dy][:, 1] * windows[dx][:, 0] * found[cell]


def _sides(size: int) -> list[int]:
    """Sides of the pyramid's levels, coarsest first."""
    sides = [size]
    while sides[-1] > FINEST:
        sides[-1] = (sides[-1] + 1) // 2
    while sides[-1] // 2 >= COARSEST:
        sides.append((sides[-1] + 1) // 2)
    return sides[::-1]


def _level(rgb: NDArray, guide: NDArray, hole: NDArray, source: NDArray, side: int) -> _Level:
    def shrunk(array: NDArray) -> NDArray[np.float32]:
        array = array.astype(np.float32)
        if side == len(array):
            return array
        return np.asarray(cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA), np.float32)

    guide = shrunk(guide).reshape(side, side, -1)
    return _Level(shrunk(rgb), guide, shrunk(hole) > 0.001, shrunk(source) > 0.999)


def _padded(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(picture, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")


def _started(match: Places | None, coarse: _Level | None, level: _Level, generator: np.random.Generator) -> Places:
    """First matches of a level: the coarser level's offsets where they still point at whole patches, else random."""
    random = level.sources[generator.integers(0, len(level.sources), len(level.targets))]
    if match is None or coarse is None:
        return random
    ratio = level.side / coarse.side
    offsets = np.zeros((coarse.side, coarse.side, 2), np.int64)
    offsets[coarse.targets[:, 0], coarse.targets[:, 1]] = match - coarse.targets
    small = np.minimum((level.targets / ratio).astype(np.int64), coarse.side - 1)
    moved = level.targets + np.round(offsets[small[:, 0], small[:, 1]] * ratio).astype(np.int64)
    moved = np.clip(moved, 0, level.side - 1)
    return np.where((level.source_index[moved[:, 0], moved[:, 1]] >= 0)[:, None], moved, random)


def _search(level: _Level, match: Places, generator: np.random.Generator) -> Places:
    """Better matches: the neighbours' matches moved along, then random places in shrinking windows."""
    targets, last = level.targets, level.side - 1
    place = np.full(level.hole.shape, -1, np.int64)
    place[targets[:, 0], targets[:, 1]] = np.arange(len(targets))
    described = level.described_targets()
    best, cost = match, level.costs(described, match)

    def propose(candidate: Places, best: Places, cost: NDArray) -> tuple[Places, NDArray]:
        candidate = np.clip(candidate, 0, last)
        new = level.costs(described, candidate)
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
            window = max(window / 2.5, 1.0)
    return best


def _vote(level: _Level, match: Places, sharpness: float = 1.0) -> NDArray[np.float32]:
    """(H, W, 3) weighted mean of what all matched patches say about each pixel: a close match counts more."""
    cost = level.costs(level.described_targets(), match)
    weight = np.exp(-sharpness * cost / (np.median(cost) + 1e-6)) + 1e-4
    padded = _padded(level.rgb)
    count = level.side**2
    total, sums = np.zeros(count), np.zeros((count, 3))
    for dy, dx in OFFSETS:
        rows, columns = (level.targets + np.array([dy, dx])).T
        inside = (rows >= 0) & (rows < level.side) & (columns >= 0) & (columns < level.side)
        pixel = (rows * level.side + columns)[inside]
        colour = padded[match[inside, 0] + RADIUS + dy, match[inside, 1] + RADIUS + dx]
        total += np.bincount(pixel, weight[inside], count)
        for channel in range(3):
            sums[:, channel] += np.bincount(pixel, weight[inside] * colour[:, channel], count)
    return (sums / np.maximum(total, 1e-9)[:, None]).reshape(*level.hole.shape, 3).astype(np.float32)


def _shifts(level: _Level, match: Places, size: int) -> NDArray[np.float32]:
    """(n, n, 2) of ``Grown``."""
    shift = np.full((*level.hole.shape, 2), np.nan, np.float32)
    moves = (match - level.targets)[:, ::-1] * (size / level.side)
    shift[level.targets[:, 0], level.targets[:, 1]] = moves
    return shift
