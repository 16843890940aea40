"""A contact sheet: crops side by side with their landmarks, to be looked at before anything is trained on them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.grid import cells_at
from training.datasets.face_crops import write_picture
from training.datasets.relabel import Label

#: Pixels of a tile's side, tiles per row, most tiles; colours R, G, B of the three verdicts. Set by eye.
TILE, COLUMNS, MOST = 160, 12, 240
GOOD, DOUBTFUL, WITHOUT = (60, 255, 60), (255, 70, 60), (255, 200, 0)


def tile(crop: NDArray[np.uint8], label: Label | None) -> NDArray[np.uint8]:
    """Draw the crop and its points, (TILE, TILE, 3).

    They are green where the label is good, red where not; a crop without any has a yellow frame.
    """
    scale = TILE / crop.shape[0]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = np.array(cv2.resize(crop, (TILE, TILE), interpolation=how), np.uint8)
    if label is None:
        cv2.rectangle(picture, (0, 0), (TILE - 1, TILE - 1), WITHOUT, 3)
        return picture
    # Sixteenths of a pixel.
    for x, y in np.rint(cells_at(label.points * scale) * 16).astype(int):
        cv2.circle(picture, (int(x), int(y)), 20, GOOD if label.good else DOUBTFUL, -1, cv2.LINE_AA, 4)
    return picture


def choose_shown(count: int) -> list[int]:
    """Which of so many crops the sheet shows: all, or ``MOST`` spread evenly."""
    return list(range(count)) if count <= MOST else np.linspace(0, count - 1, MOST).round().astype(int).tolist()


def write_sheet(path: Path, tiles: Sequence[NDArray[np.uint8]]) -> None:
    """Rows of ``COLUMNS`` tiles as one PNG; nothing without tiles.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    if not tiles:
        return
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((rows * TILE, columns * TILE, 3), np.uint8)
    for index, picture in enumerate(tiles):
        y, x = divmod(index, columns)
        sheet[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE] = picture
    write_picture(path, sheet)
