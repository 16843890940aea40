"""The contact sheet: one row per case, from the damaged picture over every method's to the truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.evaluation.contenders.contender import Contender
from training.evaluation.scoring import CaseResult
from training.suites.cases import Case

Picture = NDArray[np.uint8]

#: Pixels: side of a cell, gap, height of the head, width of the side column; colours R, G, B. Set by eye.
CELL, GAP = 176, 4
HEAD, SIDE_WIDTH = 30, 118
BACKGROUND, INK, PALE = (250, 250, 248), (20, 20, 20), (110, 110, 110)
#: Hypotheses of one method that are shown. Chosen.
SHOWN_HYPOTHESES = 4
#: Characters of a method's name that fit over its cell. Set by eye.
LONGEST_NAME = 22
#: The names are repeated after so many rows. Chosen.
HEAD_EVERY = 8


@dataclass(frozen=True, eq=False)
class SheetRow:
    """A case and its cells: (column's name, picture, small text under it)."""

    case: Case
    cells: list[tuple[str, Picture, str]]


def sheet_row(case: Case, contenders: Sequence[Contender], result: CaseResult) -> SheetRow:
    """Damaged, each contender's hypotheses with the first one's feature distance, truth."""
    cells: list[tuple[str, Picture, str]] = [("damaged", case.damaged, "")]
    for one, pictures, score in zip(contenders, result.pictures, result.scores, strict=True):
        said = f"{score.feature:.3f}" if score.answered else "no answer"
        cells.append((one.name, pictures[0], said))
        cells += [
            (f"{one.name} {number + 2}", picture, "") for number, picture in enumerate(pictures[1:SHOWN_HYPOTHESES])
        ]
    cells.append(("truth", case.truth, ""))
    return SheetRow(case, cells)


def choose_rows(count: int, most: int) -> set[int]:
    """Which of so many cases get a row: ``most`` of them, spread evenly."""
    return set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist())


def contact_sheet(rows: Sequence[SheetRow]) -> Picture:
    """(H, W, 3) uint8 RGB. Columns are those of the row that has most; a method that gave fewer leaves gaps."""
    names = [name for name, _, _ in max(rows, key=lambda row: len(row.cells)).cells]
    heads = -(-len(rows) // HEAD_EVERY)
    width = SIDE_WIDTH + len(names) * (CELL + GAP)
    canvas = Image.new("RGB", (width, heads * HEAD + len(rows) * (CELL + GAP)), BACKGROUND)
    pen = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(15), ImageFont.load_default(12)
    top = 0
    for number, row in enumerate(rows):
        if number % HEAD_EVERY == 0:
            for column, name in enumerate(names):
                pen.text(
                    (SIDE_WIDTH + column * (CELL + GAP) + 3, top + 7), fitting(name, LONGEST_NAME, len), INK, large
                )
            top += HEAD
        pen.text((4, top + 6), row.case.kind, INK, large)
        pen.text((4, top + 28), f"{100 * row.case.coverage:.0f} % of the face", PALE, small)
        pen.text((4, top + 46), row.case.name.rsplit(".", 1)[0][-16:], PALE, small)
        for name, picture, said in row.cells:
            # A method that sometimes has no answer has fewer hypotheses there.
            left = SIDE_WIDTH + names.index(name) * (CELL + GAP)
            canvas.paste(Image.fromarray(_cell(picture)), (left, top))
            if said:
                pen.text((left + 4, top + CELL - 18), said, (255, 255, 255), small, stroke_width=2, stroke_fill=INK)
        top += CELL + GAP
    return np.asarray(canvas, np.uint8)


def fitting(name: str, width: float, length: Callable[[str], float]) -> str:
    """A name, without its middle as far as it is longer than ``width``, as ``length`` measures it."""
    for kept in range(len(name), 2, -1):
        text = name if kept == len(name) else f"{name[: kept // 2]}…{name[-(kept - kept // 2) :]}"
        if length(text) <= width:
            return text
    return ""


def _cell(picture: Picture) -> Picture:
    how = cv2.INTER_AREA if picture.shape[0] > CELL else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (CELL, CELL), interpolation=how), np.uint8)
