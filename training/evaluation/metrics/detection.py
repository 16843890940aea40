"""Whether a face detector sees faces in rendered statues: YuNet (Wu et al. 2023), by yaw.

    python -m training detection --assets DIR SOURCE... [--count 1000] [--misses FILE]

Found: a box that holds the middle of the eyes, nose and mouth, and is a third to three times as large as their box.
Each picture gets a margin of a quarter of its side on every side, as a photograph would have it.
"""

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.whole_file import whole_file
from training.commands import add_assets
from training.evaluation.metrics.rendered_pictures import RenderedPicture, read_renders
from training.suites.native.faces import DETECTOR

#: YuNet's score, 0..1, from which a face counts; each picture's margin, in sides. Chosen.
SCORE = 0.5
MARGIN = 0.25
#: Upper ends of the bins, degrees. Chosen.
YAWS = (15.0, 30.0, 45.0, 60.0, 90.0)


class Detector:
    """YuNet at a picture's own size.

    Raises:
        StatueError: ``missing-file``.
    """

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise StatueError("missing-file", path=model)
        self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), SCORE)

    def finds(self, render: RenderedPicture) -> bool:
        """Whether one of its boxes is the statue's face."""
        border = round(MARGIN * render.image.shape[0])
        image = cv2.copyMakeBorder(render.image[..., ::-1], *(border,) * 4, cv2.BORDER_REFLECT_101)
        self._network.setInputSize(image.shape[1::-1])
        faces = self._network.detect(np.ascontiguousarray(image))[1]
        inner = render.landmarks[17:] + border
        middle, size = inner.mean(0), float(np.ptp(inner, axis=0).max())
        boxes = np.zeros((0, 4)) if faces is None else np.asarray(faces, np.float64)[:, :4]
        for x, y, width, height in boxes:
            holds = x < middle[0] < x + width and y < middle[1] < y + height
            if holds and size / 3 < max(width, height) < 3 * size:
                return True
        return False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="an .npz of renders, or a plain run")
    add_assets(parser)
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="renders of each (default: 1000)")
    parser.add_argument("--misses", type=Path, metavar="FILE", help="a sheet of the statues that were not found")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table, and write the sheet of the statues that were missed below 60 degrees.

    Raises:
        StatueError: ``missing-file``, ``bad-training-data``; those of ``whole_file``.
    """
    detector, missed = Detector(options.assets / DETECTOR), []
    print("| source | " + " | ".join(f"yaw below {yaw:.0f}" for yaw in YAWS) + " | below 60 |")
    print("| --- |" + " ---: |" * (len(YAWS) + 1))
    for source in options.sources:
        found: list[tuple[float, bool]] = []
        for render in islice(read_renders(source, 0), options.count):
            found.append((abs(render.yaw or 0.0), detector.finds(render)))
            if not found[-1][1] and found[-1][0] < YAWS[-2]:
                missed.append(render.image)
        print(f"| {source.name} | " + " | ".join(shares(found)) + " |")
    if options.misses is not None and missed:
        _write_sheet(options.misses, missed)


def shares(found: Sequence[tuple[float, bool]]) -> list[str]:
    """Per bin of yaw, then below 60 degrees: "97.1 % of 350"."""
    cells = []
    for low, high in [*zip((0.0, *YAWS), YAWS, strict=False), (0.0, YAWS[-2])]:
        hits = [hit for yaw, hit in found if low <= yaw < high]
        cells.append(f"{100 * np.mean(hits):.1f} % of {len(hits)}" if hits else "none")
    return cells


def _write_sheet(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    cells = [np.asarray(cv2.resize(p, (160, 160), interpolation=cv2.INTER_AREA), np.uint8) for p in pictures[:96]]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % 12)
    sheet = np.concatenate([np.concatenate(cells[i : i + 12], 1) for i in range(0, len(cells), 12)])
    with whole_file(path, force=True) as stream:
        stream.write(cv2.imencode(".png", sheet[..., ::-1])[1].tobytes())
