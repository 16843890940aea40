"""The contact sheet of several runs: each one's own last sheet, one under the other, with its name."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.experiments.run_record import RunRecord

#: Pixels: width of a run's sheet, of the column of names, gap; colours R, G, B. Set by eye.
WIDTH, SIDE_WIDTH, GAP = 1024, 232, 8
BACKGROUND, INK, PALE = (250, 250, 248), (20, 20, 20), (110, 110, 110)


def runs_sheet(records: Sequence[RunRecord]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB; runs without a sheet have their names alone."""
    large, small = ImageFont.load_default(18), ImageFont.load_default(13)
    sheets = [_last_sheet(record) for record in records]
    heights = [max(3 * GAP + 2 * 18, 0 if one is None else one.shape[0]) + GAP for one in sheets]
    canvas = Image.new("RGB", (SIDE_WIDTH + WIDTH, max(1, sum(heights))), BACKGROUND)
    pen = ImageDraw.Draw(canvas)
    top = 0
    for record, sheet, height in zip(records, sheets, heights, strict=True):
        pen.text((GAP, top + GAP), str(record.recipe["system"]), INK, large)
        size = record.recipe.get("options", {}).get("size", "?")
        pen.text((GAP, top + GAP + 24), f"{size} px, {record.images:,} pictures", PALE, small)
        if sheet is not None:
            canvas.paste(Image.fromarray(sheet), (SIDE_WIDTH, top))
        top += height
    return np.asarray(canvas, np.uint8)


def _last_sheet(record: RunRecord) -> NDArray[np.uint8] | None:
    """A run's last sheet at the width of all, or None."""
    paths = sorted(record.folder.glob("sheet-*.png"))
    picture = cv2.imread(str(paths[-1]), cv2.IMREAD_COLOR) if paths else None
    if picture is None:
        return None
    height, width = picture.shape[:2]
    how = cv2.INTER_AREA if width > WIDTH else cv2.INTER_NEAREST
    resized = cv2.resize(picture, (WIDTH, max(1, round(height * WIDTH / width))), interpolation=how)
    return np.ascontiguousarray(resized[..., ::-1].astype(np.uint8))
