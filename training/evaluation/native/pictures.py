"""The pictures of the docs: cut-outs of the suite's restored photographs at 100 %.

    python -m training pictures --assets DIR -o docs/pictures

``restored.jpg`` shows lost noses (damaged, restored, as it was), ``variants.jpg`` one nose with four hypotheses and the
map of what the likeliest may be off by, ``failures.jpg`` what goes wrong.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models import Restoration, RestorationRequest, Restorer
from training.commands import add_assets
from training.evaluation.native.sheet import centre_on_hole
from training.suites.native.cases import FOLDER, NativeCase, cases_of, photographs
from training.suites.native.faces import face_finder

#: Pixels: side of a part and the gap between two; JPEG quality, of 100. Set by eye.
SIDE, GAP, QUALITY = 400, 6, 88
RESTORED = ("aristotle-altemps-nose", "augustus-louvre-nose", "marcus-aurelius-heraklion-nose")
VARIANTS = "aristotle-altemps-nose"
FAILURES = (
    "socrates-pio-clementino-half",
    "augustus-louvre-mouth",
    "marcus-aurelius-heraklion-eye",
    "pericles-vatican-chin",
)

Picture = NDArray[np.uint8]


def restore(restorer: Restorer, case: NativeCase, variants: int = 1) -> Restoration:
    """The case as a user would have it restored."""
    mask = case.hole.astype(np.uint8) * 255
    return restorer.restore(RestorationRequest(case.damaged, mask, variants=variants, require_face=True))


def cut_around_hole(case: NativeCase, picture: Picture) -> Picture:
    """(SIDE, SIDE, 3) around the hole, one pixel per pixel; white where the photograph ends."""
    part = picture[centre_on_hole(case.hole, SIDE)]
    out = np.full((SIDE, SIDE, 3), 255, np.uint8)
    out[: part.shape[0], : part.shape[1]] = part
    return out


def uncertainty(case: NativeCase, restoration: Restoration) -> Picture:
    """(H, W, 3) the map of what the likeliest may be off by, black outside the hole."""
    x, y, width, height = restoration.rectangle
    out = np.zeros(case.truth.shape, np.uint8)
    if restoration.uncertainty is not None:
        out[y : y + height, x : x + width] = restoration.uncertainty[..., None]
    return out


def sheet(rows: list[list[Picture]]) -> Picture:
    """Cut-outs side by side, rows below each other."""
    wide = len(rows[0]) * (SIDE + GAP) - GAP
    out = np.full((len(rows) * (SIDE + GAP) - GAP, wide, 3), 255, np.uint8)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            top, left = number * (SIDE + GAP), place * (SIDE + GAP)
            out[top : top + SIDE, left : left + SIDE] = cell
    return out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_assets(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder that gets them")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Make the three pictures.

    Raises:
        StatueError: for assets that are missing, photographs without a face, and as ``Restorer.restore`` does.
    """
    restorer = Restorer()
    rows: dict[str, list[Picture]] = {}
    for case in cases_of(photographs(options.assets / FOLDER), face_finder(options.assets)):
        if case.title not in (*RESTORED, VARIANTS, *FAILURES):
            continue
        done = restore(restorer, case, 4 if case.title == VARIANTS else 1)
        fills = [done.applied_to(case.damaged, number) for number in range(len(done.variants))]
        rows[case.title] = [cut_around_hole(case, picture) for picture in (case.damaged, fills[0], case.truth)]
        if case.title == VARIANTS:
            pictures = [case.damaged, *fills, uncertainty(case, done)]
            rows["variants"] = [cut_around_hole(case, picture) for picture in pictures]
    sheets = {
        "restored.jpg": [rows[title] for title in RESTORED],
        "variants.jpg": [rows["variants"]],
        "failures.jpg": [rows[title] for title in FAILURES],
    }
    for name, shown in sheets.items():
        rgb = np.ascontiguousarray(sheet(shown)[..., ::-1])
        cv2.imwrite(str(options.output / name), rgb, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
