"""The search suite: is the face found, turned, rolled, dark, cropped or broken, and is nobody found where nobody is?

    python -m training search --assets DIR [--landmark-models DIR] [--predictors landmarknet] [--cache DIR]
        [--every N] [--groups "yaw,roll 90"] [--sheet FILE] [--noses FILE]

One row for each group of cases (``training.suites.searched``): how many there are; for how many the search gave an
answer; for how many it was right, its points on average less than a tenth of the eye distance away (for turned heads
that which they have from before); for how many it was wrong, which in "no face" and "hole beside" is any answer, in
"face missing" one that is not right; how many it refused, as profiles or otherwise; median error of the answers; mean
and largest processor time in seconds. ``--every 5`` takes every fifth case of a group. ``--sheet`` draws the misses,
``--noses`` the heads' noses, lost and restored.
Two tables compare only if their last lines, a checksum of the pictures, agree.
"""

import argparse
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models import Restorer, places
from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.search import find_face
from training.commands import add_assets
from training.evaluation.contenders.predictors import named_predictor
from training.evaluation.frames.noses import restore_noses
from training.suites.searched.cases import SearchCase, error_of, search_cases
from training.suites.searched.heads import search_heads

#: Mean error of the 68 points, over the eye distance, below which a face is found. Given by the aim.
RIGHT = 0.1
#: Groups where the right answer is that there is nobody, and where it is that or the face itself.
NOBODY, MISSING = ("no face", "hole beside"), "face missing"
#: Pixels: sides of a picture on the sheet, and how many stand beside each other. Chosen.
CELL, ACROSS = 320, 6
#: Of 100, of a JPEG; set by eye.
QUALITY = 88

Finder = Callable[[NDArray[np.uint8], NDArray[np.uint8]], tuple[Landmarks, FaceFrame]]


@dataclass(frozen=True)
class Search:
    """What one search came to.

    Attributes:
        group: of the case.
        error: ``error_of`` the points; infinite where nobody was to be found and somebody was; None without an answer.
        refused: code of the error, or "".
        seconds: of processor time, which other work on the machine hardly lengthens; a search has one thread.
    """

    group: str
    error: float | None
    refused: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether a user is served: the face found, or nobody where there is nobody."""
        if self.group in NOBODY:
            return bool(self.refused)
        return (self.group == MISSING and bool(self.refused)) or (self.error is not None and self.error < RIGHT)

    @property
    def wrong(self) -> bool:
        """Whether an answer was given that is not right."""
        return not self.refused and not self.right


def search_one(finder: Finder, case: SearchCase) -> tuple[Search, NDArray[np.float64] | None]:
    """Search one case; also the points found, (68, 2) or None."""
    start = time.process_time()
    try:
        points = finder(case.rgb, case.hole.astype(np.uint8) * 255)[0].points
    except StatueError as error:
        return Search(case.group, None, error.code, time.process_time() - start), None
    seconds = time.process_time() - start
    far = np.inf if case.points is None else error_of(points, case.points)
    return Search(case.group, far, "", seconds), points


def table(searches: Sequence[Search]) -> Iterable[str]:
    """Lines: a row for each group, and what all faces, and all pictures with nobody to find, come to."""
    yield (
        f"{'group':14}{'n':>5}{'answer':>8}{'right':>8}{'wrong':>7}{'profile':>9}{'no face':>9}{'error':>8}"
        f"{'s':>7}{'most s':>8}"
    )
    groups = {name: [one for one in searches if one.group == name] for name in dict.fromkeys(s.group for s in searches)}
    for name, rows in groups.items():
        yield _row(name, rows)
    faces = [one for one in searches if one.group not in (*NOBODY, MISSING)]
    nobody = [one for one in searches if one.group in NOBODY]
    for name, rows in (("all faces", faces), ("all nobody", nobody)):
        if rows:
            yield _row(name, rows)


def _row(name: str, rows: Sequence[Search]) -> str:
    errors = [one.error for one in rows if one.error is not None]
    profiles = sum(one.refused == "profile-face" for one in rows)
    median = float(np.median(errors)) if errors else float("nan")
    seconds = [one.seconds for one in rows]
    return (
        f"{name:14}{len(rows):5}{len(errors):8}{sum(one.right for one in rows) / len(rows):8.0%}"
        f"{sum(one.wrong for one in rows):7}{profiles:9}{sum(bool(one.refused) for one in rows) - profiles:9}"
        f"{median:8.3f}{np.mean(seconds):7.2f}{max(seconds):8.2f}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add = parser.add_argument
    add_assets(parser)
    add("--predictors", default="landmarknet", help="names of landmark predictors, with commas between (landmarknet)")
    add("--landmark-models", type=Path, help="folder of the predictors' files")
    add("--cache", type=Path, help="folder where the rendered heads are kept (the user's data folder)")
    add("--every", type=int, default=1, help="take every so manieth case of each group (1: all)")
    add("--groups", default="", help="only groups that begin with one of these words, with commas between")
    add("--sheet", type=Path, help="draw what was not right onto this picture")
    add("--noses", type=Path, help="restore a lost nose of each head, with the program's own models, onto this picture")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table.

    Raises:
        StatueError: ``usage``; for assets and models that are missing.
    """
    if options.every < 1:
        raise StatueError("usage", reason="--every counts from 1")
    predictors = [named_predictor(name, options.landmark_models) for name in options.predictors.split(",")]

    def finder(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> tuple[Landmarks, FaceFrame]:
        return find_face(rgb, mask, predictors)

    heads = search_heads(options.assets, options.cache or places.data_directory() / "evaluation")
    wanted = tuple(options.groups.split(","))
    searches, misses, faces, digest = [], [], [], hashlib.sha256()
    for case in search_cases(options.assets, heads, options.every):
        if not case.group.startswith(wanted):
            continue
        digest.update(case.rgb.tobytes() + np.packbits(case.hole).tobytes())
        search, points = search_one(finder, case)
        searches.append(search)
        if not search.right and options.sheet is not None:
            misses.append(_draw(case, points, search))
        if case.points is not None and options.noses is not None:
            faces.append(case)
    if not searches:
        raise StatueError("usage", reason=f"No group begins with {' or '.join(wanted)}")
    print("\n".join(table(searches)))
    print(f"pictures and holes: {digest.hexdigest()[:16]}")
    if misses:
        cv2.imwrite(str(options.sheet), _sheet(misses))
    if faces:
        lost = restore_noses(faces, Restorer(device="cpu"))
        print(f"lost noses: {np.mean(lost.alone):.2f} dB, {np.mean(lost.told):.2f} dB with the points given")
        bgr = np.ascontiguousarray(lost.sheet[..., ::-1])
        cv2.imwrite(str(options.noses), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _draw(case: SearchCase, points: NDArray[np.float64] | None, search: Search) -> NDArray[np.uint8]:
    """The picture (CELL, CELL, 3) BGR with true points in green and found ones in red."""
    scale = CELL / max(case.rgb.shape[:2])
    small = cv2.resize(case.rgb[..., ::-1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cell = np.zeros((CELL, CELL, 3), np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    for colour, marks in (((0, 220, 0), case.points), ((40, 40, 255), points)):
        for x, y in () if marks is None else marks * scale:
            cv2.circle(cell, (round(x), round(y)), 2, colour, -1)
    said = search.refused or f"{search.error:.2f}"
    cv2.putText(cell, f"{case.group}: {said}", (4, CELL - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return cell


def _sheet(cells: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    filled = [*cells, *[np.zeros_like(cells[0])] * (-len(cells) % ACROSS)]
    return np.vstack([np.hstack(filled[at : at + ACROSS]) for at in range(0, len(filled), ACROSS)])
