"""Holes at a photograph's own size: noise of every scale, thresholded where it covers a drawn share of the face box.

The rims are ragged down to the pixel, as broken stone's are: the ellipses of the small suites would be smooth at this
size. A frozen suite hangs on every line here: the order of the draws and the precision of the numbers are part of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.suites.native.faces import Face

Field = NDArray[np.floating]
Mask = NDArray[np.bool_]

#: Kind of damage -> least and most share of the face box; drawn evenly in its logarithm. Set by eye.
SHARES = {
    "nose": (0.02, 0.12),
    "mouth": (0.03, 0.15),
    "eye": (0.02, 0.10),
    "chin": (0.10, 0.35),
    "half": (0.30, 0.58),
    "cracks": (0.015, 0.15),
}
KINDS = tuple(SHARES)
CRACKS = "cracks"
#: Each octave of the noise is so much weaker than the last, whose grid is twice as coarse. Set by eye.
PERSISTENCE = 0.55
#: Grid of the coarsest octave, in widths of the face box. Set by eye.
COARSEST = 0.35
#: What is smaller than this share of the hole is no piece of its own. Chosen.
SMALLEST_PIECE = 0.01
#: Cracks in a photograph, and steps of each; set by eye.
CRACK_COUNT, CRACK_STEPS = 3, 40


def fractal_noise(rng: np.random.Generator, shape: tuple[int, int], coarsest: float) -> NDArray[np.float32]:
    """(H, W) noise of mean 0 and deviation 1, its octaves from a grid of ``coarsest`` pixels down to two pixels."""
    total, weight, step = np.zeros(shape, np.float32), 1.0, float(coarsest)
    while step >= 2:
        cells = (int(shape[0] / step) + 3, int(shape[1] / step) + 3)
        grid = rng.standard_normal(cells).astype(np.float32)
        octave = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        # Half a cell in, so that no octave's edge lies on the picture's.
        total += weight * octave[int(step / 2) :, int(step / 2) :][: shape[0], : shape[1]]
        weight, step = weight * PERSISTENCE, step / 2
    return (total - total.mean()) / total.std()


@dataclass(frozen=True, eq=False)
class _Place:
    """A face's own axes on a photograph.

    Attributes:
        face: whose. shape: (H, W) of the photograph.
        rows, columns: (H, W) float32, of every pixel.
        right, down: (2,) unit vectors (x, y) across and along the face.
    """

    face: Face
    shape: tuple[int, int]
    rows: NDArray[np.float32]
    columns: NDArray[np.float32]
    right: NDArray[np.float64]
    down: NDArray[np.float64]

    @classmethod
    def of(cls, face: Face, shape: tuple[int, int]) -> "_Place":
        eyes, mouth = _eyes_and_mouth(face)
        down = (mouth - eyes) / np.linalg.norm(mouth - eyes)
        rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        return cls(face, shape, rows, columns, np.array([-down[1], down[0]]), down)

    def along(self, start: NDArray[np.floating], way: NDArray[np.float64]) -> Field:
        """(H, W) signed distance in pixels from ``start``, in the direction ``way``."""
        return (self.columns - start[0]) * way[0] + (self.rows - start[1]) * way[1]

    def ellipse(self, centre: NDArray[np.floating], across: float, down: float) -> Field:
        """(H, W) distance from a centre, over the semi-axes (or their ratio) across and along the face."""
        return np.hypot(self.along(centre, self.right) / across, self.along(centre, self.down) / down)

    def face_outline(self) -> Field:
        """(H, W), 1 on the outline of the face with its hair and jaw."""
        x, y, width, height = self.face.box
        return self.ellipse(np.array([x + width / 2, y + height / 2]), 0.6 * width, 0.56 * height)


def _eyes_and_mouth(face: Face) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    eye, other_eye, _, corner, other_corner = face.points
    return (eye + other_eye) / 2, (corner + other_corner) / 2


def damage(kind: str, shape: tuple[int, int], face: Face, rng: np.random.Generator) -> Mask:
    """A hole of a kind.

    Args:
        kind: one of ``KINDS``. shape: (H, W) of the photograph. face: in its pixels.
        rng: decides side, size, place and rim; nothing else does.

    Returns:
        (H, W) bool, True = missing.
    """
    place, width = _Place.of(face, shape), face.box[2]
    noise = fractal_noise(rng, shape, COARSEST * width)
    field = _FIELDS.get(kind, _feature)(kind, place, noise, rng)
    area = int(np.exp(rng.uniform(*np.log(SHARES[kind]))) * width * face.box[3])
    hole = field < np.partition(field.ravel(), area)[area]
    return hole if kind == CRACKS else in_one_piece(hole, area)


def _feature(kind: str, place: _Place, noise: Field, rng: np.random.Generator) -> Field:
    """A feature is broken away: an ellipse over it, frayed."""
    _, _, width, height = place.face.box
    eye, other_eye, nose, _, _ = place.face.points
    # The side is drawn whatever the feature is, so that a seed's draws do not depend on it.
    side = (eye, other_eye)[rng.integers(2)]
    _, mouth = _eyes_and_mouth(place.face)
    centre, across, down = {
        "nose": (nose - place.down * 0.05 * height, 0.7, 1.1),
        "mouth": (mouth, 1.5, 0.8),
        "eye": (side, 1.3, 0.9),
    }[kind]
    return place.ellipse(centre + rng.normal(0, 0.015, 2) * width, across, down) / width + 0.05 * noise


def _shear_face(kind: str, place: _Place, noise: Field, rng: np.random.Generator) -> Field:
    """All of the face beyond a line is gone: below the mouth, or beside the nose."""
    chin = kind == "chin"
    angle = np.pi / 2 + rng.normal(0, 0.2) if chin else rng.normal(0, 0.35) + np.pi * rng.integers(2)
    way = place.right * np.cos(angle) + place.down * np.sin(angle)
    start, sign = (_eyes_and_mouth(place.face)[1], -1) if chin else (place.face.points[2], 1)
    beyond = sign * place.along(start, way) / place.face.box[2] + 0.06 * noise
    return np.where(place.face_outline() + 0.05 * noise < 1.1, beyond, np.inf)


def _cracks(kind: str, place: _Place, noise: Field, rng: np.random.Generator) -> Field:
    """Random walks that keep roughly to a direction, widened until they cover enough."""
    x, y, width, height = place.face.box
    canvas = np.full(place.shape, 255, np.uint8)
    for _ in range(CRACK_COUNT):
        point, angle = np.array([x + width * rng.random(), y + height * rng.random()]), rng.uniform(0, 2 * np.pi)
        for _ in range(CRACK_STEPS):
            angle += rng.normal(0, 0.35)
            following = point + 0.03 * width * np.array([np.cos(angle), np.sin(angle)])
            cv2.line(canvas, point.astype(int).tolist(), following.astype(int).tolist(), 0, 1)
            point = following
    away = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) / width + 0.008 * noise
    return np.where(place.face_outline() < 1.15, away, np.inf)


#: How the other kinds look; the features are alike.
_FIELDS: dict[str, Callable[[str, _Place, Field, np.random.Generator], Field]] = {
    "chin": _shear_face,
    "half": _shear_face,
    CRACKS: _cracks,
}


def in_one_piece(hole: Mask, area: int) -> Mask:
    """The hole without islands of stone in it and without specks beside it: one piece came off.

    Args:
        hole: (H, W). area: pixels of the hole; pieces of less than a hundredth of it are turned.
    """
    for value in (True, False):
        count, labels, statistics, _ = cv2.connectedComponentsWithStats(
            (hole == value).astype(np.uint8), connectivity=4
        )
        small = [i for i in range(1, count) if statistics[i, cv2.CC_STAT_AREA] < SMALLEST_PIECE * area]
        hole = np.where(np.isin(labels, small) & (hole == value), not value, hole)
    return hole
