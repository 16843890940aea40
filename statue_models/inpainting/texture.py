"""Stone's grain at the photograph's own resolution, as the visible stone near the hole has it.

A fill is worked out on a crop, from a model that knows no grain. What is finer than that model, log luma less its blur,
is taken from the visible stone in overlapping windows of stone that is as bright as the fill is there, mixed so that
their strength is kept (Heitz and Neyret, "High-Performance By-Example Noise using a Histogram-Preserving Blending
Operator", 2018): pits stay pits, smooth marble stays smooth, worn limestone is rough. How strong they are is read from
the visible stone, too: where the fill is carved it is rougher.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.local_means import local_mean
from statue_models.inpainting.roughness import FAINTEST, Neighbourhoods, Roughness, fit_roughness
from statue_models.pixels.bands import ROWS, bands
from statue_models.pixels.samples import luma

# Form and grain. Lengths are interocular distances, or pixels where the comment says so.
#: Standard deviation of the blur that parts grain from form, measured on ``native`` ("The finish" in
#: docs/experiments.md); its least, in pixels.
FINENESS, FINEST = 0.012, 1.0
#: Luma 0..1, added before its logarithm is taken: below it a photograph shows noise, not stone. Set by eye.
BLACK = 0.03
#: Robust standard deviations to which grain is cut: a speck that is strewn about is no longer one (``native``: "specks
#: cut off"; the value set by eye).
SPECK = 6.0

# Which windows of visible stone are taken.
WINDOW, SMALLEST = 0.16, 8  #: side of a window; least side in pixels; set by eye
WHOLE = 0.97  #: share of a window that must show stone; set by eye
ENOUGH = 24  #: windows to choose from; set by eye
#: Local strength over that of the quieter stone (a quantile of it) beyond which it is hair, a beard, an edge or damage;
#: set by eye.
ROUGH, QUIET = 1.6, 0.5
#: Share of the windows that are taken, those without lines: a quarter leaves no lattice of one crack (``native``,
#: docs/experiments.md). Standard deviation in pixels of a blur that lines survive; set by eye.
EVEN, LINE = 0.25, 1.5
FLAT = 1e-8  #: mean square of log luma after that blur: windows with less of it show nothing
SHOWN = 0.5  #: share of a smaller picture's pixel that must show stone for its roughness to count

# How they are laid.
#: Share of the windows that are as bright as the fill: one of them is taken at random; set by eye.
ALIKE = 0.15
#: Most that grain is strengthened where the fill is carved: more is taken for dirt (looked at on ``native``, where 1.6
#: was good and unbounded strength rough; docs/experiments.md).
STRONGEST = 1.8
#: Pixels from the border over which grain sets in: beside it the photograph's own runs on (``native``: no step; the
#: value set by eye).
FADING = 2.0
FIRST = 0.75  #: pixels: distance of what lies at the border from it, above half a pixel; set by eye
FULL = 18  #: over a fading: there, float32 does not tell 1 - exp(-x) from 1


def log_luma(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) natural logarithm of luma 0..1, as all of this module takes and gives it."""
    out = np.maximum(values, 0)
    out += np.float32(BLACK)
    return np.log(out, out=out)


def log_luma_of(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) log luma of (H, W, 3), without a plane of its luma."""
    out = np.empty(picture.shape[:2], np.float32)
    for band in bands(len(picture)):
        out[band] = log_luma(luma(picture[band]))
    return out


@dataclass(frozen=True, eq=False)
class Grain:
    """Windows of visible stone.

    Attributes:
        fine: (H, W) float32 log luma less its blur; 0 where nothing is visible.
        side: of a window in pixels.
        corners: (N, 2) row, column of the windows' upper left pixels, the darkest first.
        levels: (N,) their mean log luma.
        reach: standard deviation in pixels of the blur.
        energy: mean square of ``fine`` where it is plain stone.
        roughness: by relief, of plain and carved stone.
        even_axis: 0 or 1, along which the stone looks the same either way: not the one along which light falls.
    """

    fine: NDArray[np.float32]
    side: int
    corners: NDArray[np.int32]
    levels: NDArray[np.float32]
    reach: float
    energy: float
    roughness: Roughness
    even_axis: int


def measure_grain(
    log: NDArray[np.float32],
    known: NDArray[np.bool_],
    stone: NDArray[np.bool_],
    interocular: float,
    carved: NDArray[np.bool_] | None = None,
    calm: NDArray[np.bool_] | None = None,
) -> Grain | None:
    """The grain of visible stone; None where there is too little of it.

    Args:
        log: (H, W) log luma.
        known: (H, W) visible pixels.
        stone: (H, W) those that show the stone in question, without features.
        interocular: distance of the outer eye corners in pixels.
        carved: (H, W) those that show it with its features; None = ``stone``.
        calm: (H, W) those of ``stone`` that say how rough it may be at most; None = all.
    """
    reach = max(FINEST, FINENESS * interocular)
    coarse = local_mean(log, known, reach)
    seen = log[known]
    del log  # most of it may be a hole

    def with_known(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.zeros(known.shape, np.float32)
        out[known] = samples
        return out

    if stone.sum() < SMALLEST**2:
        return None
    side = 2 * max(SMALLEST // 2, int(WINDOW * interocular / 2))
    rough = local_mean(with_known(seen - coarse[known]), stone, max(side / 4, reach), squared=True)
    np.sqrt(rough, out=rough)
    calm = stone if calm is None or calm.sum() < side**2 else calm
    usable = stone & (rough <= ROUGH * np.quantile(rough[calm], QUIET))
    del rough
    while side >= SMALLEST:
        box = (side, side)
        share = cv2.boxFilter(usable.astype(np.float32), -1, box, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
        fits = share[: share.shape[0] - side + 1, : share.shape[1] - side + 1] >= WHOLE
        del share
        corners = _argwhere(fits)
        if len(corners) >= ENOUGH:
            break
        side = side // 4 * 2
    else:
        return None
    fine = with_known(seen - coarse[known])
    middles = corners + side // 2
    levels = coarse[middles[:, 0], middles[:, 1]]
    order = np.argsort(levels, kind="stable")
    del coarse
    around = Neighbourhoods(known, reach, side / 4)
    asked = around.shrink((stone if carved is None else carved).astype(np.float32)) > SHOWN
    if not asked.any():
        return None
    rough, relief = around.roughness(fine)[asked], around.relief(with_known(seen))[asked]
    deviation = 1.4826 * float(np.median(np.abs(fine[usable])))
    np.clip(fine, -SPECK * deviation, SPECK * deviation, out=fine)
    energy = max(float(np.mean(fine[usable] ** 2)), FAINTEST)
    even = _free_of_lines(fine, corners, side)[order]
    kept, roughness = corners[order][even], fit_roughness(relief, rough)
    return Grain(fine, side, kept, levels[order][even], reach, energy, roughness, _even_axis(fine))


def _argwhere(where: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(N, 2) row and column of every True, as ``numpy.argwhere`` has them, in a fifth of its memory."""
    flat = np.flatnonzero(where)
    out = np.empty((len(flat), 2), np.int32)
    np.floor_divide(flat, where.shape[1], out=out[:, 0], casting="unsafe")
    np.remainder(flat, where.shape[1], out=out[:, 1], casting="unsafe")
    return out


def _even_axis(fine: NDArray[np.float32]) -> int:
    """The axis along which slopes are as steep up as down: along the other, light falls into pits."""
    cubes = np.zeros(2)
    for band in bands(len(fine)):
        for axis in (0, 1):
            slope = np.diff(fine[band.start : band.stop + (axis == 0)], axis=axis)
            cubes[axis] += float((slope * slope * slope).sum(dtype=np.float64))
    return int(np.argmin(np.abs(cubes)))


def _free_of_lines(fine: NDArray[np.float32], corners: NDArray[np.int32], side: int) -> NDArray[np.bool_]:
    """(N,) which windows hold no crack or edge: one that is strewn about is seen at once as a pattern.

    Told by the kurtosis of their samples after a blur, which a line survives and grain does not.
    """
    peaked, beside = np.empty(len(corners), np.float32), int(4 * LINE) + 2
    for rows in bands(len(fine), max(ROWS, side)):
        here = np.flatnonzero((corners[:, 0] >= rows.start) & (corners[:, 0] < rows.stop))
        if not len(here):
            continue
        first = max(0, rows.start - beside)
        soft = cv2.GaussianBlur(fine[first : rows.stop + side + beside], (0, 0), LINE)
        squares = soft * soft
        second, fourth = (
            cv2.boxFilter(each, -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)[
                corners[here, 0] - first, corners[here, 1]
            ]
            for each in (squares, squares * squares)
        )
        # Burnt out or crushed to black, a window shows no line because it shows nothing.
        flat = second < FLAT
        peaked[here] = np.where(flat, np.inf, fourth / np.maximum(second * second, FAINTEST**2))
    shown = np.isfinite(peaked)
    if shown.sum() < ENOUGH:
        return np.ones(len(peaked), bool)
    return np.asarray(peaked <= np.quantile(peaked[shown], max(EVEN, min(1, ENOUGH / shown.sum()))))


def synthesise_grain(
    grain: Grain,
    fill: NDArray[np.float32],
    hole: NDArray[np.bool_],
    generator: np.random.Generator,
    rougher: float = 1.0,
) -> NDArray[np.float32]:
    """(H, W) log luma to add to a fill, 0 outside the hole.

    Args:
        grain: of the stone.
        fill: (H, W) log luma of the fill, which is overwritten; only samples in the hole are looked at.
        hole: (H, W) bool.
        generator: of the choice.
        rougher: mean square that is aimed at, over that of visible stone of like relief.
    """
    height, width = fill.shape
    coarse = local_mean(fill, hole, grain.reach)
    around = Neighbourhoods(hole, grain.reach, grain.side / 4)
    wanted = rougher * grain.roughness.at(around.relief(np.where(hole, fill, np.float32(0))))
    np.subtract(fill, coarse, out=fill)
    fill[~hole] = 0
    lacking = np.sqrt(np.maximum(wanted - around.roughness(fill), 0) / grain.energy)
    del fill  # a plane less where the caller has no use for it
    added = around.enlarge(np.minimum(lacking, STRONGEST).astype(np.float32))
    side, half = grain.side, grain.side // 2
    wave = np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32)
    window = wave[:, None] * wave  # squares of the windows that overlap add up to 1
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    shift = generator.integers(0, half, 2)
    alike = max(ENOUGH, int(ALIKE * len(grain.corners)))
    strip = np.zeros((side, width + 2 * side), np.float32)  # the rows that windows are being laid over
    for top in range(int(rows[0]) - half - int(shift[0]), int(rows[-1]) + 1, half):
        for left in range(int(columns[0]) - half - int(shift[1]), int(columns[-1]) + 1, half):
            here = np.s_[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
            inside = hole[here]
            choice, over = int(generator.integers(0, alike)), bool(generator.integers(0, 2))
            if not inside.any():
                continue
            middle = int(np.searchsorted(grain.levels, coarse[here][inside].mean()))
            first = int(np.clip(middle - alike // 2, 0, max(0, len(grain.corners) - alike)))
            y, x = grain.corners[min(first + choice, len(grain.corners) - 1)]
            piece = grain.fine[y : y + side, x : x + side]
            # Turned over by chance: a scratch that is always the same way up is seen as a pattern.
            strip[:, left + side : left + 2 * side] += window * (np.flip(piece, grain.even_axis) if over else piece)
        whole = slice(max(0, top), max(0, min(top + half, height)))  # no later window reaches these rows
        added[whole] *= strip[whole.start - top : whole.stop - top, side : side + width]
        added[whole] *= np.sqrt(ramp_from_border(hole, whole, FADING))
        strip[:half], strip[half:] = strip[half:], 0
    for band in bands(height):
        added[band][~hole[band]] = 0
    return added


def ramp_from_border(hole: NDArray[np.bool_], rows: slice, fading: float) -> NDArray[np.float32]:
    """(h, W) of some rows of a hole (H, W): from 0 at its border to 1, over ``fading`` pixels.

    Exactly 1 from so many pixels on that distances need not be known beyond: no more rows are looked at.
    """
    reach = int(np.ceil(fading * FULL)) + 2
    first = max(0, rows.start - reach)
    near = hole[first : rows.stop + reach].view(np.uint8)
    depth = np.asarray(cv2.distanceTransform(near, cv2.DIST_L2, 5), np.float32)
    inside = depth[rows.start - first :][: rows.stop - rows.start] - np.float32(FIRST)
    return np.asarray(1 - np.exp(-np.clip(inside, 0, reach) / fading))


def add_log_luma(
    picture: NDArray[np.float32], added: NDArray[np.float32], factors: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """(..., 3) a picture with (...) log luma added; what is brighter than 1 keeps its hue until it is bent or cut off.

    Args:
        picture: (..., 3).
        added: (...).
        factors: (3,) what goes into log(channel / luma) of what darkens it (``StoneLook.factors``); None = hue stays.
    """
    level = np.maximum(luma(picture), 1e-3)
    wanted = np.maximum((level + BLACK) * np.exp(added) - BLACK, 0)
    if factors is not None:
        picture = picture * np.exp(factors * np.minimum(added, 0)[..., None])
        level = np.maximum(luma(picture), 1e-3)
    return np.asarray(picture * (wanted / level)[..., None], np.float32)
