"""Where the face of a photograph is: a box and five points, frozen for the suite's own photographs, else from YuNet.

A detector's answer differs in its last digits between versions of OpenCV and between processors, and with it the rim of
a hole. What it said of the suite's photographs is therefore kept beside this file.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.datasets.picture_files import sha256_of

#: YuNet (Wu et al. 2023), where the assets hold it.
DETECTOR = Path("networks") / "face_detection_yunet_2026may.onnx"
#: sha256 of a photograph's file -> its face.
KNOWN = Path(__file__).with_name("faces.json")
#: The photograph is looked at in these sizes: curls look like faces at some size, a face does at most of them. Over its
#: own size; chosen.
SCALES = (1, 0.5, 0.35, 0.25, 0.15)
#: YuNet's score, 0..1, from which a face counts; chosen.
SCORE = 0.5
#: Outer eye corners are so much further apart than the pupils that the detector finds. Set by eye.
OUTER = 1.5


@dataclass(frozen=True, eq=False)
class Face:
    """A face as a detector sees it, in pixels of the photograph.

    Attributes:
        box: (4,) float32, (x, y, width, height).
        points: (5, 2) float64, (x, y) of the eye at the picture's left, the other eye, the nose's tip and the mouth's
            corners, the left one first.
    """

    box: NDArray[np.float32]
    points: NDArray[np.float64]

    @property
    def eye_distance(self) -> float:
        """Distance of the outer eye corners in pixels, to a tenth."""
        return round(OUTER * float(np.linalg.norm(self.points[0] - self.points[1])), 1)


#: (file, (H, W, 3) uint8 RGB) -> the face of a photograph, or None where there is none.
FaceFinder = Callable[[Path, NDArray[np.uint8]], Face | None]


def detect_face(detector: Path, picture: NDArray[np.uint8]) -> Face | None:
    """The surest face that YuNet finds in any of several sizes of a photograph.

    Args:
        detector: its ``.onnx`` file. picture: (H, W, 3) uint8 RGB.
    """
    bgr = np.ascontiguousarray(picture[..., ::-1])
    found: list[tuple[float, NDArray[np.float32]]] = []
    for scale in SCALES:
        small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rows = cv2.FaceDetectorYN.create(str(detector), "", small.shape[1::-1], SCORE).detect(small)[1]
        for row in rows if rows is not None else ():
            found.append((float(row[14]), np.asarray(row / scale, np.float32)))
    if not found:
        return None
    best = max(found, key=lambda pair: pair[0])[1]
    return Face(best[:4], best[4:14].reshape(5, 2).astype(np.float64))


def known_faces() -> dict[str, Face]:
    """The faces of the suite's own photographs, by the sha256 of the file."""
    rows = json.loads(KNOWN.read_text(encoding="utf-8"))
    return {
        row["sha256"]: Face(np.array(row["box"], np.float32), np.array(row["points"], np.float64))
        for row in rows.values()
    }


def face_finder(assets: Path) -> FaceFinder:
    """Finds the faces of the suite's own photographs by heart, those of others by the detector.

    Args:
        assets: folder of the packed data; its detector is needed for other photographs only.
    """
    known, detector = known_faces(), assets / DETECTOR

    def find(path: Path, picture: NDArray[np.uint8]) -> Face | None:
        face = known.get(sha256_of(path))
        if face is not None:
            return face
        if not detector.is_file():
            raise StatueError("missing-file", path=detector)
        return detect_face(detector, picture)

    return find
