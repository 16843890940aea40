"""No step at the hole's border: what the fill differs by there is carried into it and fades with the distance.

The harmonic extension of a straight border's values is their convolution with a kernel as wide as the distance is
large (Poisson's formula), so blurs of several widths, taken by distance, stand for the membrane of Perez et al. (2003)
at a cost that does not grow with the hole.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

#: Pixels: standard deviation of the blur along the border where the distance is least: the finest grain on both sides
#: is not the same, and is not to be made so. Set by eye.
SHARPEST = 0.5
#: Standard deviation of the blur over the distance from the border: its width stands for Poisson's kernel. Twice as
#: much was worse for light on ``native`` (4.79 for 4.76, docs/quality.md).
SPREAD = 0.6
#: Pixels: visible ones that speak for the border, by their distance from it; set by eye.
RING = 2
#: Pixels: side of what is worked on at a time, for memory; its halves and quarters are whole.
TILE = 256
#: Finest levels whose blurs take too much memory to be kept. Chosen.
LARGE = 3
#: Pixels: standard deviation of the blur that rids a step of the noise of single pixels; set by eye.
NOISE = 2.0
#: Times as deep as it reaches, what fades is gone: exp(-12) is far below a grey level.
FADE_END = 12.0


def diffuse_steps(
    picture: NDArray[np.float32],
    step: NDArray[np.float32],
    ring: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    depth: NDArray[np.float32],
    fading: float | None = None,
) -> None:
    """Add the ring's steps to a picture, in the hole, diffused so that there is none at its border.

    Done tile by tile, from blurs that are kept as small as they are wide: beside the arguments it takes little memory.

    Args:
        picture: (H, W, C) float32; the hole's samples are changed in place.
        step: (N, C) float32, photograph - fill at the ring's pixels in row-major order.
        ring: (H, W) visible pixels beside the hole.
        hole: (H, W) bool.
        depth: (H, W) distance of the hole's pixels from its border in pixels.
        fading: pixels over which it fades besides, as a stain does; None = no further than a membrane does.
    """
    if not ring.any():
        return
    pyramid = _StepPyramid(step, ring)
    for top in range(0, hole.shape[0], TILE):
        rows = slice(top, min(top + TILE, hole.shape[0]))
        blurs = _PyramidRows(pyramid, rows.start, rows.stop)
        for left in range(0, hole.shape[1], TILE):
            tile = rows, slice(left, min(left + TILE, hole.shape[1]))
            inside = hole[tile]
            if inside.any() and (fading is None or depth[tile][inside].min() < FADE_END * fading):
                wanted = np.log2(np.maximum(SPREAD * depth[tile] / SHARPEST, 1)).astype(np.float32)
                share = None if fading is None else np.exp(-depth[tile] / np.float32(fading))
                _diffuse_into_tile(picture[tile], blurs, tile[1], inside, wanted, share)


def smooth_steps(step: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(N, C) means of a ring's steps around each of its pixels.

    Args:
        step: (N, C) at the ring's pixels in row-major order.
        ring: (H, W) bool.
    """
    pyramid, means = _StepPyramid(step, ring), [np.empty((0, step.shape[1]), np.float32)]
    for top in range(0, len(ring), TILE):
        inner = ring[top : top + TILE]
        if inner.any():
            means.append(np.stack([each[inner] for each in pyramid.blur(top, top + len(inner), 0, NOISE)], 1))
    return np.concatenate(means)


def _diffuse_into_tile(
    picture: NDArray[np.float32],
    blurs: "_PyramidRows",
    columns: slice,
    inside: NDArray[np.bool_],
    wanted: NDArray[np.float32],
    fade: NDArray[np.float32] | None,
) -> None:
    """``wanted``: (h, w) which level, and how far towards it from the one before; ``fade``: (h, w) share."""
    lowest, highest = (int(np.ceil(end(wanted[inside]))) for end in (np.min, np.max))
    below: list[NDArray[np.float32]] = []
    for level in range(max(0, lowest - 1), highest + 1):
        here = [blurs.at(level, channel, columns) for channel in range(picture.shape[2])]
        if level == 0:
            chosen, share = inside & (wanted <= 0), np.ones_like(wanted)
        else:
            chosen, share = inside & (wanted > level - 1) & (wanted <= level), wanted - (level - 1)
        if level >= lowest:
            for channel, values in enumerate(here):
                added = below[channel] * (1 - share) + values * share if level else values
                added = added if fade is None else added * fade
                np.add(picture[..., channel], added, out=picture[..., channel], where=chosen)
        below = here


class _StepPyramid:
    """Blurs of the ring's steps, each twice as wide as the one before, on pictures that shrink with their width.

    Only those that are small are kept; the first ``LARGE`` are worked out for the rows that are asked for.
    """

    def __init__(self, step: NDArray[np.float32], ring: NDArray[np.bool_]) -> None:
        self._step, self._ring = step, ring
        self._first = np.concatenate([[0], np.cumsum(np.count_nonzero(ring, axis=1))])
        self._small_levels: list[list[NDArray[np.float32]]] = []  # per small level and channel
        self._sums: list[NDArray[np.float32]] = []  # values per channel, and the weights, at the last level's size

    def rows(self, level: int, first: int, last: int) -> list[NDArray[np.float32]]:
        """(last - first, w) per channel at the level's own size; less where the picture ends before."""
        if level >= LARGE:
            return [each[first:last] for each in self._small(level)]
        return self.blur(first, last, max(0, level - 1), SHARPEST * 2.0 ** min(level, 1))

    def blur(self, first: int, last: int, shrink: int, sigma: float) -> list[NDArray[np.float32]]:
        """(last - first, w) per channel of a picture halved ``shrink`` times; less where it ends before."""
        reach = int(np.ceil(4 * sigma)) + 1  # OpenCV's Gaussian ends at four standard deviations
        begin = max(0, first - reach)
        *values, weights = self._spread(begin << shrink, (last + reach) << shrink, shrink)
        return [_weighted_mean(each, weights, sigma)[first - begin : last - begin] for each in values]

    def _small(self, level: int) -> list[NDArray[np.float32]]:
        while len(self._small_levels) <= level - LARGE:
            if self._sums:
                self._sums = [_halve(each) for each in self._sums]
            else:
                tops = range(0, len(self._ring), TILE)
                bands = [self._spread(top, top + TILE, LARGE - 1) for top in tops]
                self._sums = [np.concatenate(parts) for parts in zip(*bands, strict=True)]
            *values, weights = self._sums
            self._small_levels.append([_weighted_mean(each, weights, 2 * SHARPEST) for each in values])
        return self._small_levels[level - LARGE]

    def _spread(self, top: int, low: int, shrink: int) -> list[NDArray[np.float32]]:
        """Per channel the steps where the ring is and 0 elsewhere, and the ring: some rows, halved ``shrink`` times."""
        ring = self._ring[top:low]
        step = self._step[self._first[top] : self._first[top + len(ring)]]
        planes = [ring.astype(np.float32)]
        for channel in reversed(range(step.shape[1])):
            values = np.zeros(ring.shape, np.float32)
            values[ring] = step[:, channel]
            planes.insert(0, values)
        for _ in range(shrink):
            planes = [_halve(each) for each in planes]
        return planes


class _PyramidRows:
    """Some rows of the levels, at the size of the picture."""

    def __init__(self, pyramid: _StepPyramid, top: int, low: int) -> None:
        self._pyramid, self._top, self._low = pyramid, top, low
        self._wide: dict[int, list[NDArray[np.float32]]] = {}

    def at(self, level: int, channel: int, columns: slice) -> NDArray[np.float32]:
        """(rows, columns) of one channel."""
        shrink = max(0, level - 1)
        first, last = self._top, self._low
        if shrink:
            first, last = max(0, (self._top >> shrink) - 1), ((self._low - 1) >> shrink) + 2
        # Stretched across first, which is the same for all columns; then down, for these alone.
        if level not in self._wide:
            parts = self._pyramid.rows(level, first, last)
            self._wide[level] = [_enlarge(part, part.shape[1] << shrink, len(part)) for part in parts]
        part = self._wide[level][channel][:, columns.start : columns.start + TILE]
        tall = _enlarge(part, part.shape[1], len(part) << shrink)
        start = first << shrink
        return tall[self._top - start : self._low - start, : columns.stop - columns.start]


def _enlarge(picture: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    if picture.shape == (height, width):
        return picture
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _halve(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = picture.shape
    even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=0)
    size = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.float32)


def _weighted_mean(values: NDArray[np.float32], weights: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Weighted mean of the ring's values around every pixel."""
    total = cv2.GaussianBlur(weights, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    sums = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(sums / (total + np.float32(1e-12)), np.float32)
