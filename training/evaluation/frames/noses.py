"""Lost noses of the search suite's heads, restored as a user would have them: a picture of what a search is worth.

    python -m training search --assets DIR --groups "yaw 70,yaw 80" --every 3 --noses docs/pictures/profiles.jpg

A column for each head: damaged, restored from the picture and the mask alone, restored with the 68 points given, as it
was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models import RestorationRequest, Restorer
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import NOSE_TIP, Landmarks, unturned_eye_distance
from training.evaluation.metrics.hole import psnr
from training.suites.cases import DAMAGE
from training.suites.composed.scenes import Rgb
from training.suites.searched.cases import SearchCase

#: Side in pixels of a picture on the sheet, and of the part of its case that it shows, in eye distances. Set by eye.
CELL, AROUND = 256, 3.2
#: Half axes of the hole, and how far above the nose's tip its centre lies, in eye distances: the nose. Set by eye.
HALF_AXES, ABOVE = (0.25, 0.35), 0.12

Points = NDArray[np.float64]


def lost_nose(shape: tuple[int, int], points: Points) -> NDArray[np.uint8]:
    """(H, W) mask of an ellipse over the nose.

    Args:
        shape: (H, W) of the picture.
        points: (68, 2) in pixels.
    """
    unit = unturned_eye_distance(points)
    x, y = points[NOSE_TIP] - (0, ABOVE * unit)
    mask = np.zeros(shape, np.uint8)
    axes = (round(HALF_AXES[0] * unit), round(HALF_AXES[1] * unit))
    return np.asarray(cv2.ellipse(mask, (round(x), round(y)), axes, 0, 0, 360, 255, -1), np.uint8)


@dataclass(frozen=True, eq=False)
class LostNoses:
    """What became of them.

    Attributes:
        sheet: (4 * CELL, heads * CELL, 3).
        alone, told: (heads,) PSNR in the hole in dB, from the picture and the mask alone and with the points given.
    """

    sheet: Rgb
    alone: list[float]
    told: list[float]


def restore_noses(cases: Sequence[SearchCase], restorer: Restorer, model: str = "statuefit") -> LostNoses:
    """Lose and restore the nose of each head.

    Args:
        cases: of the suite, one at least, with faces; their own holes are left as they are.
        restorer: finds the faces, and restores.
        model: its name.
    """
    columns, alone, told = [], [], []
    for case in cases:
        assert case.points is not None
        mask = lost_nose(case.hole.shape, case.points)
        damaged = np.where(mask[..., None] > 0, np.uint8(DAMAGE), case.rgb)
        request = RestorationRequest(damaged, mask, model=model)
        found = restorer.restore(request).applied_to(damaged)
        given = restorer.restore(replace(request, landmarks=Landmarks.given(case.points))).applied_to(damaged)
        alone.append(psnr(found, case.rgb, mask > 0))
        told.append(psnr(given, case.rgb, mask > 0))
        columns.append(np.vstack([_cut(picture, case.points) for picture in (damaged, found, given, case.rgb)]))
    return LostNoses(np.hstack(columns), alone, told)


def _cut(picture: Rgb, points: Points) -> Rgb:
    """(CELL, CELL, 3) around the nose."""
    x, y = points[NOSE_TIP].tolist()
    return FaceFrame((x, y), AROUND * unturned_eye_distance(points)).crop(picture, CELL)[0]
