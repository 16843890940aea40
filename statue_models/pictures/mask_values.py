"""What the values of a mask mean: which is black, which is white, and whether they make a mask at all.

Masks come as 0 and 1, as 0 and 255 in 16 bits, as red strokes, as strokes of half opacity, with a touch of noise. The
rules here look at the values alone, so that each means what whoever painted it sees: a clear stroke is missing
altogether, and a soft edge stays soft.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.notes import Note

# Numbers are set by eye, in levels of 255 unless they are shares.
#: What is darker than this is black but for noise, and as far from white white.
NOISE = 16
#: A mask whose brightest value is at least this is white there.
WHITE = 240
#: A darkest value that so large a share of the mask has, to a level of 255, is its black.
COMMON = 0.2
#: Strokes: of the values that are at least half as bright as the brightest, half lie so close to their median.
STROKE = 16
#: A picture: more than this share of it is neither black nor white, and of that part this share are local extremes
#: along a row, which a soft edge has none of and a camera's picture a fifth; or almost nothing is black or white.
GREY_SHARE, ROUGH_SHARE, ALL_GREY = 0.2, 0.06, 0.95
#: Rows that are looked at.
ROWS = 400
#: An inverted mask: missing are more than this share of the picture, and this share of its border.
MOST, BORDER = 0.5, 0.9


def mask_levels(values: NDArray[np.uint8] | NDArray[np.uint16], lossy: bool) -> tuple[NDArray[np.uint8], list[Note]]:
    """(H, W) uint8 mask, 255 = missing, and what had to be guessed.

    Args:
        values: (H, W) uint8 or uint16, brighter = missing.
        lossy: the file's compression may have added noise.
    """
    white = int(np.iinfo(values.dtype).max)
    notes: list[Note] = []
    counts = _histogram(values)
    present = np.flatnonzero(counts)
    if len(present) == 1:
        return np.full(values.shape, 255 if present[0] else 0, np.uint8), []
    if len(present) == 2:
        value = int(present[1])
        if present[0] or value < white:
            notes.append(Note.of("mask-two-values", value=value, white=white))
        return np.where(values == value, np.uint8(255), np.uint8(0)), notes
    black, top = 0, white
    if present[0] and counts[: present[0] + white // 255 + 1].sum() >= COMMON * values.size:
        black = int(present[0])
        notes.append(Note.of("mask-black", value=black, white=white))
    if int(present[-1]) * 255 < WHITE * white:
        stroke = _stroke(counts, present, white)
        if stroke is None:
            notes.append(Note.of("mask-grey", percent=100 * (1 - int(present[-1]) / white)))
        else:
            top = stroke
            notes.append(Note.of("mask-scaled", value=top, white=white))
    levels = _scale(values, black, top)
    if lossy:
        levels[levels < NOISE] = 0
        levels[levels > 255 - NOISE] = 255
    else:
        specks = _specks(levels)
        if specks is not None:
            notes.append(Note.of("mask-speckled", pixels=int(specks.sum())))
            levels[specks] = 0
    return levels, notes


def _histogram(values: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float32]:
    bins = int(np.iinfo(values.dtype).max) + 1
    counts = cv2.calcHist([np.ascontiguousarray(values)], [0], None, [bins], [0, bins])
    return np.asarray(counts, np.float32).reshape(-1)


def _stroke(counts: NDArray[np.float32], present: NDArray[np.intp], white: int) -> int | None:
    """The value of the strokes of a mask that is nowhere white; None where it has none, but shades alone."""
    bright = present[present * 2 >= present[-1]]
    mass = counts[bright].cumsum(dtype=np.float64)
    middle = int(bright[np.searchsorted(mass, mass[-1] / 2)])
    near = np.abs(bright - middle) * 255 <= STROKE * white
    return middle if counts[bright[near]].sum() >= 0.5 * mass[-1] else None


def _scale(values: NDArray[np.uint8] | NDArray[np.uint16], black: int, top: int) -> NDArray[np.uint8]:
    """Values from ``black`` to ``top`` as levels from 0 to 255, halves up; what is darker is 0, brighter 255."""
    if values.dtype == np.uint8 and (black, top) == (0, 255):
        return np.array(values, np.uint8)
    shares = (np.arange(int(np.iinfo(values.dtype).max) + 1) - black) / max(top - black, 1)
    return np.asarray(np.floor(np.clip(shares, 0, 1) * 255 + 0.5).astype(np.uint8)[values], np.uint8)


def _specks(levels: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """All but black pixels that are no soft edge; None where there are none.

    Either they are uneven as no edge is, or they touch nothing that is half missing.
    """
    faint = (levels > 0) & (levels < NOISE)
    if not faint.any():
        return None
    if _rough_share(levels, 1, NOISE - 1)[1] > ROUGH_SHARE:
        return faint
    _, labels = cv2.connectedComponents((levels > 0).astype(np.uint8), connectivity=8)
    real = np.zeros(int(labels.max()) + 1, bool)
    real[np.unique(labels[levels >= 128])] = True
    specks = faint & ~real[labels]
    return specks if real.any() and specks.any() else None


def is_picture(levels: NDArray[np.uint8]) -> bool:
    """Whether levels are a picture's and not a mask's."""
    grey, rough = _rough_share(levels, NOISE, 255 - NOISE)
    return grey > ALL_GREY or (grey > GREY_SHARE and rough > ROUGH_SHARE)


def _rough_share(levels: NDArray[np.uint8], low: int, high: int) -> tuple[float, float]:
    """Which share of a picture lies between two levels, and which share of that are extremes along a row."""
    rows = np.linspace(0, len(levels) - 1, min(ROWS, len(levels))).round().astype(int)
    between = extremes = 0
    for row in rows:
        values = levels[row].astype(np.int32)
        inside = (values[1:-1] >= low) & (values[1:-1] <= high)
        steps = values[1:] - values[:-1]
        between += int(inside.sum())
        extremes += int(((steps[1:] * steps[:-1] < 0) & inside).sum())
    return between / (len(rows) * (levels.shape[1] - 2)), extremes / max(between, 1)


def is_inverted(levels: NDArray[np.uint8]) -> bool:
    """Whether most of the picture is missing, its border too: nobody leaves an island."""
    missing = levels >= 128
    border = np.concatenate([missing[0], missing[-1], missing[:, 0], missing[:, -1]])
    return bool(missing.mean() > MOST and border.mean() >= BORDER and not missing.all())
