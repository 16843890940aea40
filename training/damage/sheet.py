"""One picture of all kinds: some masks of every row of the table, white = missing, on the faces' landmarks."""

from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.face.strokes import STROKES
from statue_models.pixels.grid import cells_at
from statue_models.whole_file import whole_file
from training.damage.table import ROWS, Row, masks_of

#: Masks per row, their height, and the label's, in pixels; rows stand in so many columns. Set by eye.
SAMPLES, TILE, LABEL, GAP, COLUMNS = 6, 84, 15, 4, 3
#: Grey levels, 0..255; set by eye.
STONE, FACE, PAPER, INK = 70, 150, 20, 230


def sheet(size: int, seed: int, device: torch.device) -> NDArray[np.uint8]:
    """(H, W) uint8."""
    blocks = [_block(row, size, seed, device) for row in ROWS]
    lines = -(-len(blocks) // COLUMNS)
    columns = [_column(blocks[start : start + lines]) for start in range(0, len(blocks), lines)]
    height = max(len(column) for column in columns)
    return np.concatenate([_pad_picture(column, height, column.shape[1] + 2 * GAP) for column in columns], axis=1)


def write_sheet(path: Path, size: int, seed: int, device: torch.device) -> None:
    """Write the sheet as a PNG, over one that is there.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    encoded = cv2.imencode(".png", sheet(size, seed, device))[1]
    with whole_file(path, force=True) as stream:
        stream.write(encoded.tobytes())


def _block(row: Row, size: int, seed: int, device: torch.device) -> NDArray[np.uint8]:
    """A row's label with its masks under it."""
    masks, faces = next(iter(masks_of(row, SAMPLES, size, seed, device)))
    drawn = row.damage.on_faces
    tiles = [
        _tile(mask[0].cpu().numpy(), face.cpu().numpy() if drawn else None)
        for mask, face in zip(masks, faces, strict=True)
    ]
    gap = np.full((TILE, GAP), PAPER, np.uint8)
    line = np.concatenate(list(chain.from_iterable((tile, gap) for tile in tiles)), axis=1)
    label = np.full((LABEL, line.shape[1]), PAPER, np.uint8)
    cv2.putText(label, row.name, (0, LABEL - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
    return np.concatenate([label, line, np.full((GAP, line.shape[1]), PAPER, np.uint8)])


def _column(blocks: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    width = max(block.shape[1] for block in blocks)
    return np.concatenate([_pad_picture(block, len(block), width) for block in blocks])


def _tile(mask: NDArray[np.float32], face: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    height, width = mask.shape
    picture = np.full((TILE, round(TILE * width / height)), STONE, np.uint8)
    if face is not None:
        for _, indices, closed in STROKES:
            # Four bits of fraction.
            points = np.rint(cells_at(face[list(indices)] * TILE) * 16).astype(np.int32)
            cv2.polylines(picture, [points], closed, FACE, 1, cv2.LINE_AA, 4)
    hole = cv2.resize(mask, picture.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.rint(picture + (255 - picture.astype(np.float32)) * hole).astype(np.uint8)


def _pad_picture(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    rest = ((0, height - picture.shape[0]), (0, width - picture.shape[1]))
    return np.pad(picture, rest, constant_values=PAPER)
