"""Contact sheets at 100 %: every fill as it is, beside the damage and the truth. Nothing is ever shrunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.evaluation.native.scoring import NativeResult
from training.evaluation.reporting.sheet import fitting
from training.suites.native.cases import NativeCase

Picture = NDArray[np.uint8]

#: Longest side of a cell in pixels; of what is larger, the middle is cut out. Set by eye.
CELL = 608
#: A sheet is at most so wide: four cells. Further cells go on below. Pixels; set by eye.
GAP, WIDTH = 8, 4 * (CELL + 8) + 8
#: Narrower cells leave room for their name, narrower sheets for what is said above a row. Pixels; set by eye.
NARROWEST, NARROWEST_SHEET = 168, 720
#: Pixels: heights of the head and of a name; colours R, G, B. Set by eye.
HEAD, NAME = 40, 22
BACKGROUND, INK, PALE = (250, 250, 248), (20, 20, 20), (110, 110, 110)
#: Hypotheses of one method that are shown. Chosen.
SHOWN_HYPOTHESES = 4


@dataclass(frozen=True, eq=False)
class Cell:
    """A part of a photograph, one pixel per pixel: its name and its (h, w, 3) uint8 RGB pixels."""

    name: str
    pixels: Picture


@dataclass(frozen=True, eq=False)
class SheetRow:
    """A case: what is said above it, and its cells."""

    title: str
    about: str
    cells: list[Cell]


def centre_on_hole(hole: NDArray[np.bool_], bound: int = CELL) -> tuple[slice, slice]:
    """Rows and columns of a window (h, w) around the hole's box, at most ``bound`` pixels long, inside the picture.

    Args:
        hole: (H, W) of what can be shown; it is shown whole where it fits.
    """
    found = []
    for length, axis in zip(hole.shape, (1, 0), strict=True):
        places = np.flatnonzero(hole.any(axis=axis))
        side = min(length, bound)
        start = int(np.clip((places[0] + places[-1] + 1 - side) // 2, 0, length - side))
        found.append(slice(start, start + side))
    return found[0], found[1]


def sheet_row(case: NativeCase, result: NativeResult, shown: Sequence[str]) -> SheetRow:
    """Damaged, truth, then the hypotheses of each contender that is shown.

    Args:
        case, result: of the scorer. shown: contenders' names.
    """
    hole = case.hole[result.window]
    part = centre_on_hole(hole)
    cells = [Cell("damaged", case.damaged[result.window][part]), Cell("truth", case.truth[result.window][part])]
    for name in shown:
        pictures = result.pictures[name]
        if not pictures:
            cells.append(Cell(f"{name}: no answer", cells[0].pixels))
        for number, picture in enumerate(pictures[:SHOWN_HYPOTHESES]):
            cells.append(Cell(f"{name} {number + 1}" if number else name, picture[part]))
    cut = " (the middle is shown)" if hole.shape[0] > CELL or hole.shape[1] > CELL else ""
    height, width = case.hole.shape
    about = f"{100 * case.coverage:.0f} % of the face, in {width} x {height} pixels{cut}"
    return SheetRow(case.title, about, cells)


def contact_sheet(rows: Sequence[SheetRow]) -> Picture:
    """(H, W, 3) uint8 RGB, at most ``WIDTH`` pixels wide."""
    lines = [_lines(row.cells) for row in rows]
    height = sum(HEAD + sum(_height(line) for line in each) for each in lines)
    width = max(GAP + sum(_width(cell) + GAP for cell in line) for each in lines for line in each)
    canvas = Image.new("RGB", (max(width, NARROWEST_SHEET), height), BACKGROUND)
    pen = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(17), ImageFont.load_default(14)
    length = partial(pen.textlength, font=small)
    top = 0
    for row, each in zip(rows, lines, strict=True):
        pen.text((GAP, top + 12), row.title, INK, large)
        pen.text((GAP + pen.textlength(row.title, large) + 16, top + 15), row.about, PALE, small)
        top += HEAD
        for line in each:
            left = GAP
            for cell in line:
                pen.text((left, top + 2), fitting(cell.name, _width(cell), length), INK, small)
                canvas.paste(Image.fromarray(cell.pixels), (left, top + NAME))
                left += _width(cell) + GAP
            top += _height(line)
    return np.asarray(canvas, np.uint8)


def _width(cell: Cell) -> int:
    return max(cell.pixels.shape[1], NARROWEST)


def _height(line: Sequence[Cell]) -> int:
    return NAME + max(cell.pixels.shape[0] for cell in line) + GAP


def _lines(cells: Sequence[Cell]) -> list[list[Cell]]:
    """The cells in lines that are not too wide."""
    lines: list[list[Cell]] = [[]]
    left = GAP
    for cell in cells:
        if lines[-1] and left + _width(cell) + GAP > WIDTH:
            lines.append([])
            left = GAP
        lines[-1].append(cell)
        left += _width(cell) + GAP
    return lines


def jpeg(sheet: Picture) -> bytes:
    """The sheet as a JPEG file whose grain is still the fills' own."""
    # Half as many samples of colour would smear what little colour stone has.
    options = [cv2.IMWRITE_JPEG_QUALITY, 94, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", sheet[..., ::-1], options)[1].tobytes()


def png(picture: Picture) -> bytes:
    """A picture as a PNG file."""
    return cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
