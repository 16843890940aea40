"""Whether 68 points that a user gave can be those of a face, before a head is bent to fit them."""

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import frame_of_landmarks
from statue_models.face.landmarks68 import EYES, JAW, MIRROR, MOUTH, Landmarks
from statue_models.head.morphable_head import load_head
from statue_models.head.pose import fit_head
from statue_models.models_file import parts

#: Side of the crop in pixels that the head is fitted in. Chosen.
SIZE = 128
#: A point is out of place that lies further than this from the head's, in distances of the outer eye corners, twice
#: that on the jaw, whose far side nobody sees in profile, and so many times as far as half of the points do. Of 852
#: labelled statues none does. Chosen.
FAR, FAR_JAW, TIMES = 0.45, 0.9, 6.0
#: Two points, and what their distance is multiplied by to be that of the outer eye corners.
MEASURES = ((36, 45, 1.0), (27, 8, 0.8))
#: Sine of the angle between eyes and face from which the order of the points tells left from right: in full profile
#: nothing does. Chosen.
TURNED = 0.2


def check_given(landmarks: Landmarks) -> None:
    """Refuse points that cannot be a face's, with what is most likely wrong.

    Raises:
        StatueError: ``bad-landmarks``: their order is mirrored, x and y are exchanged, or one lies far from its place.
    """
    points = landmarks.points
    if _handedness(points) < -TURNED:
        if abs(_roll(points[MIRROR])) <= abs(_roll(points[:, ::-1])):
            raise StatueError("bad-landmarks", reason="left and right look exchanged: points count from the left eye's")
        raise StatueError("bad-landmarks", reason="x and y look exchanged")
    frame = frame_of_landmarks(points)
    seen = frame.to_crop(points, SIZE)
    head = load_head(sha256=parts()["head"].sha256)
    fit = fit_head(head, seen, np.zeros(len(points), bool), SIZE)
    placed = fit.project(fit.camera_space(fit.vertices(head)[head.landmarks]))
    # In profile the eyes' corners nearly coincide; from the root of the nose to the chin it stays as far.
    scale = max(float(np.linalg.norm(seen[one] - seen[other])) * share for one, other, share in MEASURES)
    off = np.linalg.norm(placed - seen, axis=1) / scale
    limit = np.full(len(off), max(FAR, TIMES * float(np.median(off))))
    limit[JAW] = np.maximum(limit[JAW], FAR_JAW)
    worst = int((off / limit).argmax())
    if off[worst] > limit[worst]:
        where = ", ".join(f"{number:.0f}" for number in points[worst])
        raise StatueError("bad-landmarks", reason=f"point {worst + 1} at ({where}) lies far from where it belongs")


def _handedness(points: NDArray[np.float64]) -> float:
    """Sine of the turn from the eyes' line to the mouth: positive in a face seen from outside, whichever way up."""
    eyes = points[45] - points[36]
    down = points[MOUTH].mean(0) - points[EYES].mean(0)
    lengths = np.linalg.norm(eyes) * np.linalg.norm(down)
    return float((eyes[0] * down[1] - eyes[1] * down[0]) / max(lengths, 1e-9))


def _roll(points: NDArray[np.float64]) -> float:
    """By how much a face is turned in the picture, radians."""
    x, y = points[45] - points[36]
    return float(np.arctan2(y, x))
