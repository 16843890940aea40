"""FaceMesh: 68 landmarks from MediaPipe's face detector and face mesh, run by OpenCV.

Two networks: BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047) finds faces in a 128 x 128 picture, FaceMesh
(Kartynnik et al. 2019, arXiv:1907.06724) puts 468 vertices on one face in a 192 x 192 crop and says how likely a face
is there at all. Both know nothing of masks, so the hole is filled before they look.
"""

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, reason_of
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import BROWS, COUNT, Landmarks, interocular_distance, mirror_points
from statue_models.landmarks.facemesh.files import find_models
from statue_models.landmarks.facemesh.fills import mirrored_fill, plain_fills
from statue_models.pixels.grid import centres_of

#: Pixels: sides of what MediaPipe's two networks take; vertices of the second one's mesh.
DETECTOR_SIZE, MESH_SIZE, VERTICES = 128, 192, 468

#: iBUG landmark -> mesh vertex, or the middle of two. Checked against the 68 Multi-PIE vertices of ICT-FaceKit.
VERTEX_OF_LANDMARK: tuple[tuple[int, ...], ...] = (
    *((127,), (234,), (93,), (132, 58), (172,), (150,), (149,), (148,), (152,)),
    *((377,), (378,), (379,), (397,), (361, 288), (323,), (454,), (356,)),
    *((70,), (63,), (105,), (66,), (107,), (336,), (296,), (334,), (293,), (300,)),
    *((168,), (6,), (195,), (4,), (98,), (97,), (2,), (326,), (327,)),
    *((33,), (160,), (158,), (133,), (153,), (144,), (362,), (385,), (387,), (263,), (373,), (380,)),
    *((61,), (40,), (37,), (0,), (267,), (270,), (291,), (321,), (314,), (17,), (84,), (91,)),
    *((78,), (81,), (13,), (311,), (308,), (402,), (14,), (178,)),
)

#: Vertices of the right and the left half of the face, pair by pair: eye corners, mouth corners, cheeks, temples.
RIGHT_VERTICES, LEFT_VERTICES = [33, 133, 61, 234, 127, 58], [263, 362, 291, 454, 356, 288]

#: The mesh turns less than the head does: its yaw, and the head's, in degrees, from 128 renders of 16 heads at known
#: yaw. At 80 degrees and more FaceMesh mostly sees no face at all.
YAW_OF_MESH, YAW_OF_HEAD = (0.0, 43.0, 49.0, 52.5, 58.0), (0.0, 45.0, 55.0, 62.0, 80.0)

#: Side of the mesh network's crop over the side of a landmark frame that follows the roll, and how much lower its
#: centre lies, in sides: the network was trained on crops 1.5 times the larger side of all its vertices.
CROP_OVER_FRAME, CROP_DROP = 0.98, 0.037

#: How many detections of a picture are worth a mesh at a glance. Chosen.
GLANCED = 2

#: The views of ``refine``: mirrored or not, turned by so many radians, crop scaled by so much, which fill of the hole.
#: Chosen.
VIEWS: tuple[tuple[bool, float, float, int], ...] = (
    (False, 0.0, 1.0, 0),
    (True, 0.0, 1.0, 1),
    (False, math.radians(10), 1.08, 1),
    (False, math.radians(-10), 0.93, 0),
    (True, math.radians(10), 0.93, 0),
    (True, math.radians(-10), 1.08, 1),
)

#: Standard deviation of a point from the spread of the views, and what it is at least, over the eye distance; from
#: errors against FaceMesh on 55 undamaged statues with five kinds of holes. Under a hole all views err together, at
#: jaw and brows more than inside the face.
SIGMA_OVER_SPREAD, FLOOR_VISIBLE = 1.4, 0.012
FLOOR_HIDDEN = np.where(np.arange(COUNT) < BROWS.stop, 0.055, 0.035)

#: Spread of the views, over the eye distance, at which a score is divided by e: views of a real face agree within
#: 0.03, imagined faces jump about by 0.1. Chosen between them.
UNSTEADY = 0.06


@dataclass(frozen=True, eq=False)
class Mesh:
    """(468, 3) float64 vertices, x and y in picture pixels, z in the same unit and away from the viewer; presence."""

    vertices: NDArray[np.float64]
    presence: float

    def landmarks(self) -> NDArray[np.float64]:
        """(68, 2) points in iBUG order."""
        return np.array([self.vertices[list(which), :2].mean(axis=0) for which in VERTEX_OF_LANDMARK])

    def yaw(self) -> float:
        """Radians by which the head is turned to its side, from the direction of its left-right axis."""
        across = (self.vertices[LEFT_VERTICES] - self.vertices[RIGHT_VERTICES]).mean(axis=0)
        seen = math.degrees(math.atan2(across[2], math.hypot(across[0], across[1])))
        return math.copysign(math.radians(float(np.interp(abs(seen), YAW_OF_MESH, YAW_OF_HEAD))), seen)


class FaceMeshNetworks:
    """The two networks. Safe to share between threads: one forward pass at a time.

    Args:
        detection: ``face_detection_short_range.tflite``.
        landmarks: ``face_landmark.tflite``.
    """

    def __init__(self, detection: Path, landmarks: Path) -> None:
        self._detector, self._mesh = _network(detection), _network(landmarks)
        self._anchors = _anchors()
        self._lock = threading.Lock()

    def detect(self, rgb: NDArray[np.uint8], most: int = 3) -> list[FaceFrame]:
        """Crops for ``mesh`` around the likeliest faces in a square picture (S, S, 3); always at least one."""
        size = rgb.shape[0]
        small = FaceFrame((size / 2, size / 2), size).crop(rgb, DETECTOR_SIZE)[0]
        with self._lock:
            self._detector.setInput(_blob(small, 1 / 127.5, -1.0))
            logits, boxes = self._detector.forward(["classificators", "regressors"])
        scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -60.0, 60.0)))
        # Each row: centre, extent, right eye, left eye and four more points, all relative to its anchor.
        shapes = boxes.reshape(-1, 8, 2).astype(np.float64) / DETECTOR_SIZE
        shapes[:, [0, 2, 3]] += self._anchors[:, None]
        found: list[FaceFrame] = []
        free = np.ones(len(scores), bool)
        while free.any() and len(found) < most:
            best = int(np.where(free, scores, -1.0).argmax())
            if found and scores[best] < 0.3:
                break
            near = free & (np.linalg.norm(shapes[:, 0] - shapes[best, 0], axis=1) < 0.6 * shapes[best, 1].max())
            voters = near & (scores >= min(0.5, scores[best]))
            found.append(_detected_crop(np.average(shapes[voters], axis=0, weights=scores[voters]) * size))
            free &= ~near
        return found

    def mesh(self, rgb: NDArray[np.uint8], crop: FaceFrame) -> Mesh:
        """The vertices of the face that ``crop`` frames, eyes level, in a picture (H, W, 3)."""
        pixels = crop.crop(rgb, MESH_SIZE)[0]
        with self._lock:
            self._mesh.setInput(_blob(pixels, 1 / 255, 0.0))
            raw, flag = self._mesh.forward(["conv2d_21", "conv2d_31"])
        vertices = raw.reshape(VERTICES, 3).astype(np.float64)
        flat = crop.to_photograph(vertices[:, :2], MESH_SIZE)
        depth = vertices[:, 2:] * (crop.side / MESH_SIZE)
        logit = float(np.clip(flag.reshape(-1)[0], -60, 60))
        return Mesh(np.hstack([flat, depth]), 1 / (1 + math.exp(-logit)))


def _network(path: Path) -> cv2.dnn.Net:
    # OpenCV 5's new engine silently drops one of the two outputs; OpenCV 4 has one engine and no choice. The engine is
    # heeded for files only: reading from memory always takes the new one (seen with 5.0.0).
    engine = getattr(cv2.dnn, "ENGINE_CLASSIC", None)
    try:
        return cv2.dnn.readNetFromTFLite(str(path)) if engine is None else cv2.dnn.readNetFromTFLite(str(path), engine)
    except cv2.error as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None


def _anchors() -> NDArray[np.float64]:
    """(896, 2) anchor centres in [0, 1]: two per cell of a 16 x 16 grid, then six per cell of an 8 x 8 grid."""
    grids = []
    for cells, each in ((16, 2), (8, 6)):
        ticks = centres_of(np.arange(cells)) / cells
        grids.append(np.repeat(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(grids)


def _blob(rgb: NDArray[np.uint8], scale: float, shift: float) -> NDArray[np.float32]:
    planes = rgb.transpose(2, 0, 1)[None].astype(np.float32)
    return np.ascontiguousarray(planes * np.float32(scale) + np.float32(shift))


def _detected_crop(shape: NDArray[np.float64]) -> FaceFrame:
    """The mesh network's crop for a detection: 1.5 times the box, turned so that the eyes are level."""
    (x, y), extent, right, left = shape[:4]
    eyes = left - right
    return FaceFrame((float(x), float(y)), max(1.5 * float(extent.max()), 4.0), math.atan2(eyes[1], eyes[0]))


class FaceMesh:
    """The landmark predictor ``facemesh``.

    Scores are mean presences over six views, less where the views disagree. Measured on 55 real statue faces when
    ``lowest_score`` was chosen: whole faces score 0.52 and more; with a hole, all but 9 of 275 score 0.01 and more (14
    score below 0.05; a third of the five in between had been placed usably). Pictures without faces, 31 stone textures
    and 39 panoramas, each searched without and with a hole: eleven of 140 score more, all panoramas. Below
    ``landmarks68.UNSURE`` the answer comes with a warning. ``python -m training frames`` measures
    anew.
    """

    name = "facemesh"
    #: 0..1; the second chosen.
    lowest_score = 0.01
    sure_score = 0.9

    def __init__(self, networks: FaceMeshNetworks) -> None:
        self._networks = networks

    def propose(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> list[Landmarks]:
        """See ``LandmarkPredictor``; a square picture. Another fill is tried only while there is no sure face."""
        found: list[Landmarks] = []
        for filled in plain_fills(rgb, mask):
            found += [self._settle_mesh(filled, mask, crop) for crop in self._networks.detect(filled)]
            if max(proposal.score for proposal in found) >= self.sure_score:
                break
        return found

    def glance(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], aside: bool) -> list[Landmarks]:
        """See ``GlancingPredictor``; the likelier faces of the picture, its hole in an even colour."""
        del aside  # all heads that it knows take the same time
        even = plain_fills(rgb, mask, only_even=True)[-1]
        return [self._settle_mesh(even, mask, crop) for crop in self._networks.detect(even, most=GLANCED)]

    def refine(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        """See ``LandmarkPredictor``.

        Mean and spread of six views; the score is their mean presence, less where they disagree.
        """
        fills = plain_fills(rgb, mask)
        if mask.any():
            # The other half of the face helps only once it is known well where the middle is.
            rough = self._over_views(fills, mask, frame).points
            fills = [mirrored_fill(filled, mask, rough) for filled in fills]
            frame = frame_of_landmarks(rough, level=0.0)
        return self._over_views(fills, mask, frame)

    def _over_views(self, fills: list[NDArray[np.uint8]], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        crop = crop_of_frame(frame)
        points, scores, yaws = [], [], []
        for mirrored, turn, scale, fill in VIEWS:
            view = FaceFrame(crop.centre, crop.side * scale, crop.angle + turn)
            mesh, found = self._view(fills[fill % len(fills)], view, mirrored)
            points.append(found)
            scores.append(mesh.presence)
            yaws.append(-mesh.yaw() if mirrored else mesh.yaw())
        views = np.array(points)
        spread = _spread(views)
        mean = views.mean(axis=0)
        unit = interocular_distance(mean)
        score = float(np.mean(scores)) * math.exp(-((float(np.median(spread)) / (UNSTEADY * unit)) ** 2))
        sigma = _sigma(mean, spread, mask)
        return Landmarks(mean, sigma, score=score, source=self.name, yaw=float(np.median(yaws)))

    def _settle_mesh(self, filled: NDArray[np.uint8], mask: NDArray[np.uint8], crop: FaceFrame) -> Landmarks:
        """The mesh after it was framed on its own points twice, as MediaPipe does from one video frame to the next.

        With a hole, the last look sees the mirrored half in it: a face that was only imagined fits no second half, so
        this presence tells right from wrong better than the first.
        """
        mesh = self._networks.mesh(filled, crop)
        for last in (False, True):
            points = mesh.landmarks()
            picture = mirrored_fill(filled, mask, points) if last else filled
            mesh = self._networks.mesh(picture, crop_of_frame(frame_of_landmarks(points, level=0.0)))
        return Landmarks(mesh.landmarks(), score=mesh.presence, source=self.name, yaw=mesh.yaw())

    def _view(self, rgb: NDArray[np.uint8], view: FaceFrame, mirrored: bool) -> tuple[Mesh, NDArray[np.float64]]:
        if not mirrored:
            mesh = self._networks.mesh(rgb, view)
            return mesh, mesh.landmarks()
        width = rgb.shape[1]
        flipped = FaceFrame((width - view.centre[0], view.centre[1]), view.side, -view.angle)
        mesh = self._networks.mesh(np.ascontiguousarray(rgb[:, ::-1]), flipped)
        return mesh, mirror_points(mesh.landmarks(), width)


def load(directory: Path | None = None) -> FaceMesh:
    """The predictor with its two files read and checked.

    Raises:
        StatueError: ``weights-missing``, ``unreadable-file`` or ``weights-hash``.
    """
    return FaceMesh(FaceMeshNetworks(*find_models(directory)))


def crop_of_frame(frame: FaceFrame) -> FaceFrame:
    """The mesh network's crop for a landmark frame that follows the roll."""
    x, y = frame.centre
    drop = CROP_DROP * frame.side
    centre = (x - drop * math.sin(frame.angle), y + drop * math.cos(frame.angle))
    return FaceFrame(centre, CROP_OVER_FRAME * frame.side, frame.angle)


def _spread(views: NDArray[np.float64]) -> NDArray[np.float64]:
    """(68,) standard deviation, per axis, of points seen in several views (V, 68, 2)."""
    return np.asarray(np.sqrt(((views - views.mean(axis=0)) ** 2).sum(axis=2).mean(axis=0) / 2))


def _sigma(points: NDArray[np.float64], spread: NDArray[np.float64], mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(68,) standard deviation of points (68, 2) whose views spread so far, in a picture with this mask."""
    columns, rows = np.clip(points.astype(int), 0, (mask.shape[1] - 1, mask.shape[0] - 1)).T
    floor = np.where(mask[rows, columns] > 0, FLOOR_HIDDEN, FLOOR_VISIBLE)
    return np.hypot(SIGMA_OVER_SPREAD * spread, floor * interocular_distance(points))
