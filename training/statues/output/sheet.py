"""Contact sheets: many statues in one picture, for looking at."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.whole_file import whole_file
from training.statues.kernels.labels import PARTS
from training.statues.output.samples import Sample, Tally, Wish, samples
from training.statues.rendering.factory import Factory

#: R, G, B of each value of the part map. 0..255; set by eye.
PART_COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0),
    (225, 195, 170),
    (255, 255, 255),
    (200, 60, 60),
    (120, 80, 40),
    (190, 130, 60),
    (230, 200, 40),
    (90, 200, 90),
)
#: R, G, B of landmarks, 0..255; set by eye.
VISIBLE, HIDDEN = (255, 40, 40), (60, 120, 255)
WAYS = ("picture", "landmarks", "parts", "pairs")


def contact_sheet(
    factory: Factory,
    seed: int,
    count: int,
    columns: int,
    cell: int,
    way: str,
    progress: Callable[[int], None],
) -> tuple[NDArray[np.uint8], Tally]:
    """(H, W, 3) RGB and what was rejected.

    Args:
        cell: side of each statue on the sheet in pixels.
        way: one of ``WAYS``.
    """
    tally, cells = Tally(), []
    for sample in samples(factory, seed, count, Wish(pairs=way == "pairs"), tally):
        cells += [_fit_picture(picture, cell) for picture in _pictures(sample, way)]
        progress(1)
    columns = min(columns, len(cells))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.concatenate(cells[i : i + columns], 1) for i in range(0, len(cells), columns)]
    return np.concatenate(rows), tally


def _pictures(sample: Sample, way: str) -> list[NDArray[np.uint8]]:
    picture = _decode_png(sample.files["png"])
    if way == "landmarks":
        hidden = set(sample.row["hidden"])
        for index, (x, y) in enumerate(sample.row["landmarks"]):
            centre = (round((x - 0.5) * 16), round((y - 0.5) * 16))
            cv2.circle(picture, centre, 24, HIDDEN if index in hidden else VISIBLE, -1, cv2.LINE_AA, 4)
    if way == "parts":
        return [np.array(PART_COLOURS, np.uint8)[_decode_png(sample.files["parts.png"])[..., 0]]]
    if way == "pairs":
        mask = _decode_png(sample.files["mask.png"])
        return [picture, _decode_png(sample.files["damaged.png"]), mask]
    return [picture]


def _decode_png(file: bytes) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of a PNG file."""
    return np.asarray(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8).copy()


def _fit_picture(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if picture.shape[0] == side:
        return picture
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def write_sheet(path: Path, sheet: NDArray[np.uint8]) -> None:
    """Write a PNG or a JPEG, by the name's ending."""
    ending = path.suffix if path.suffix in (".png", ".jpg", ".jpeg") else ".png"
    data = cv2.imencode(ending, sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    with whole_file(path, force=True) as stream:
        stream.write(data.tobytes())


def legend() -> str:
    """What the colours of a sheet of parts mean."""
    return ", ".join(f"{name} #{r:02x}{g:02x}{b:02x}" for name, (r, g, b) in zip(PARTS, PART_COLOURS, strict=True))
