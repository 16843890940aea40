"""Camera and shape of the morphable head from 68 landmarks, and the posterior that further hypotheses are drawn from.

A maximum a posteriori fit: perspective camera of fixed field of view (pose by PnP), Gaussian priors on the modes,
Gaussian landmark noise; pose and shape in turn, each shape step a linearised least-squares solution.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.spatial.transform import Rotation

from statue_models.face.face_frame import eye_roll
from statue_models.face.landmarks68 import BROWS, COUNT, INNER, JAW, interocular_distance, unturned_eye_distance
from statue_models.head.morphable_head import MorphableHead

FIELD_OF_VIEW = np.deg2rad(20.0)  #: of the crop: a photographer's distance of about 1.5 m; set by eye
ITERATIONS = 8  #: of pose and shape in turn; set by eye
POSE_STEPS = 30  #: at most, of Levenberg and Marquardt; chosen
POSE_PRECISION = 1e-8  #: radians and cm; chosen
NOISE = 0.025  #: interocular distances: standard deviation of a landmark; set by eye
#: Of an observation: a landmark predicted under the hole is a guess of the predictor, and none. Set by eye.
HIDDEN_WEIGHT = 0.35
EXPRESSION_RANGE = (-0.1, 1.0)  #: coefficients: a blend shape goes from 0 to 1; a little below, for noise; set by eye
#: Share of an expression's deviation that draws have: with it four mouths differ and none grins (docs/experiments.md).
EXPRESSION_DRAW = 0.9
#: cm between the inner edges of a statue's lips: closed on the mean head are .08; up to .2 drawn mouths are closed
#: (docs/experiments.md, "The finish").
LIP_GAP = (0.0, 0.2)
UPPER_LIP, LOWER_LIP = [61, 62, 63], [67, 66, 65]  #: landmarks
ROUNDS = 8  #: in which a draw comes to meet the lips' range and the expressions'
#: Quadratic mean distance of the inner landmarks, in eye distances, from which a pose is astray, and the turns in
#: radians from which it is looked for then. Chosen.
ASTRAY, FROM_THE_SIDE = 0.12, (-1.2, 1.2)
#: OpenCV looks along +z with y down; the head has y up and faces +z.
HEAD_TO_CAMERA = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class HeadFit:
    """A head placed in front of a crop's camera.

    Attributes:
        coefficients: (K,) float64, one per mode of the head.
        rotation: (3, 3) head to camera (x right, y down, z away).
        translation: (3,) cm.
        focal: focal length in crop pixels.
        size: side of the crop in pixels; the principal point is its centre.
        residual: mean distance of the inner 51 landmarks, in interocular distances.
        precision: (K, K) inverse covariance of the coefficients given the visible landmarks.
        offset: (V, 3) float32 cm, how far each vertex lies from where the coefficients put it; None = not at all.
    """

    coefficients: NDArray[np.float64]
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    focal: float
    size: int
    residual: float
    precision: NDArray[np.float64]
    offset: NDArray[np.float32] | None = None

    def vertices(self, head: MorphableHead) -> NDArray[np.float32]:
        """(V, 3) of this head in head coordinates, cm."""
        vertices = head.shape_vertices(self.coefficients)
        return vertices if self.offset is None else vertices + self.offset

    def camera_space(self, vertices: NDArray[np.floating]) -> NDArray[np.float64]:
        """(V, 3) head coordinates -> camera coordinates in cm."""
        return vertices @ self.rotation.T + self.translation

    def project(self, camera: NDArray[np.floating]) -> NDArray[np.float64]:
        """(V, 3) camera coordinates -> (V, 2) crop pixels."""
        return camera[:, :2] / camera[:, 2:] * self.focal + self.size / 2

    @property
    def yaw(self) -> float:
        """Turn of the head in radians; 0 = frontal, positive = its own left shows less."""
        facing = self.rotation @ np.array([0.0, 0.0, 1.0])
        return float(np.arctan2(facing[0], -facing[2]))


def _landmark_weights(hidden: NDArray[np.bool_], hidden_weight: float) -> NDArray[np.float64]:
    """The jaw line slides along the silhouette and brows sit on no bone: both count less."""
    weights = np.ones(COUNT)
    weights[JAW], weights[BROWS] = 0.25, 0.5
    return weights * np.where(hidden, hidden_weight, 1.0)


def _first_pose(
    vertices: NDArray[np.float64], points: NDArray[np.float64], size: int, focal: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pose of this head (68, 3), from a frontal one on, and where that leads astray from heads in profile."""
    eyes = points[45] - points[36]
    roll = np.arctan2(eyes[1], eyes[0])
    frontal = _place(vertices, points, size, focal, roll, 0.0, interocular_distance(points))
    best, error = _pose(vertices, points, size, focal, frontal)
    unit = unturned_eye_distance(points)
    if error <= len(points[INNER]) * (ASTRAY * unit) ** 2:
        return best
    for yaw in FROM_THE_SIDE:
        guess = _place(vertices, points, size, focal, eye_roll(points), yaw, unit)
        pose, miss = _pose(vertices, points, size, focal, guess)
        if miss < error:
            best, error = pose, miss
    return best


def _place(
    vertices: NDArray[np.float64],
    points: NDArray[np.float64],
    size: int,
    focal: float,
    roll: float,
    yaw: float,
    eye_distance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A head turned so, in radians, over the points, as far away as their eye distance in pixels says."""
    roll_in_picture, turn = (Rotation.from_rotvec(by).as_matrix() for by in ([0, 0, roll], [0, yaw, 0]))
    rotation = roll_in_picture @ HEAD_TO_CAMERA @ turn
    depth = focal * interocular_distance(vertices) / eye_distance
    centre = points[INNER].mean(0) - size / 2
    target = np.array([*(centre / focal * depth), depth])
    return rotation, target - rotation @ vertices[INNER].mean(0)


def _pose(
    vertices: NDArray[np.float64],
    points: NDArray[np.float64],
    size: int,
    focal: float,
    guess: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], float]:
    """Rotation and translation that reproject the inner landmarks best, by Levenberg-Marquardt from a guess.

    Also the sum of squares, in pixels, by which they still miss.

    Not ``cv2.solvePnP``: its first call in a process differs from the following ones in the last digits, and a
    restoration promises the same bytes.
    """
    rotation, translation = guess
    model, picture = vertices[INNER], points[INNER] - size / 2
    damping, error = 1e-3, np.inf
    for _ in range(POSE_STEPS):
        turned = model @ rotation.T
        camera = turned + translation
        residual = picture - camera[:, :2] / camera[:, 2:] * focal
        jacobian = _pose_jacobian(turned, camera, focal)
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residual.ravel()
        error = float(residual.ravel() @ residual.ravel())
        while damping < 1e6:
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), gradient)
            moved = Rotation.from_rotvec(step[:3]).as_matrix() @ rotation, translation + step[3:]
            tried = model @ moved[0].T + moved[1]
            miss = picture - tried[:, :2] / tried[:, 2:] * focal
            if (tried[:, 2] > 0).all() and float(miss.ravel() @ miss.ravel()) <= error:
                (rotation, translation), damping = moved, max(damping / 10, 1e-9)
                break
            damping *= 10
        else:
            break
        if np.abs(step).max() < POSE_PRECISION:
            break
    return (rotation, translation), error


def _pose_jacobian(turned: NDArray[np.float64], camera: NDArray[np.float64], focal: float) -> NDArray[np.float64]:
    """(2N, 6) derivative of the projection by a small turn in camera space and a translation."""
    x, y, z = camera.T
    zero = np.zeros_like(z)
    project = np.stack(
        [np.stack([focal / z, zero, -focal * x / z**2], 1), np.stack([zero, focal / z, -focal * y / z**2], 1)], 1
    )
    a, b, c = turned.T
    turn = np.stack([np.stack([zero, c, -b], 1), np.stack([-c, zero, a], 1), np.stack([b, -a, zero], 1)], 1)
    move = np.broadcast_to(np.eye(3), (len(z), 3, 3))
    return np.asarray((project @ np.concatenate([turn, move], 2)).reshape(-1, 6))


def _jacobian(
    modes: NDArray[np.float64], rotation: NDArray[np.float64], camera: NDArray[np.float64], focal: float
) -> NDArray[np.float64]:
    """(K, 68, 2) derivative of the projected landmarks by the coefficients."""
    moved = np.einsum("kpc,dc->kpd", modes, rotation)
    depth = camera[:, 2:]
    return np.asarray((moved[..., :2] - moved[..., 2:] * (camera[:, :2] / depth)) / depth * focal)


def fit_head(head: MorphableHead, points: NDArray[np.float64], hidden: NDArray[np.bool_], size: int) -> HeadFit:
    """Fits pose, identity and expression to (68, 2) landmarks in pixels of a square crop of side ``size``."""
    focal = size / 2 / np.tan(FIELD_OF_VIEW / 2)
    mean = head.vertices[head.landmarks].astype(np.float64)
    modes = head.modes[:, head.landmarks].astype(np.float64)
    distance = interocular_distance(points)
    inverse_noise = np.sqrt(_landmark_weights(hidden, HIDDEN_WEIGHT))[:, None] / (NOISE * distance)
    prior = np.diag(1 / head.deviations**2)
    coefficients = np.zeros(len(modes))
    rotation, translation = _first_pose(mean, points, size, focal)
    for number in range(ITERATIONS):
        vertices = mean + np.tensordot(coefficients, modes, 1)
        if number:  # the first pose is the mean head's already
            (rotation, translation), _ = _pose(vertices, points, size, focal, (rotation, translation))
        camera = vertices @ rotation.T + translation
        jacobian = _jacobian(modes, rotation, camera, focal)
        target = points - (camera[:, :2] / camera[:, 2:] * focal + size / 2) + np.tensordot(coefficients, jacobian, 1)
        rows = (jacobian * inverse_noise).reshape(len(modes), -1)
        coefficients = cho_solve(cho_factor(rows @ rows.T + prior), rows @ (target * inverse_noise).ravel())
        coefficients[head.identities :] = np.clip(coefficients[head.identities :], *EXPRESSION_RANGE)
    camera = (mean + np.tensordot(coefficients, modes, 1)) @ rotation.T + translation
    projected = camera[:, :2] / camera[:, 2:] * focal + size / 2
    visible = np.sqrt(_landmark_weights(hidden, 0.0))[:, None] / (NOISE * distance)
    evidence = (jacobian * visible).reshape(len(modes), -1)
    return HeadFit(
        coefficients=coefficients,
        rotation=rotation,
        translation=translation,
        focal=float(focal),
        size=size,
        residual=float(np.linalg.norm(projected - points, axis=1)[INNER].mean() / distance),
        precision=evidence @ evidence.T + prior,
    )


def sample_fit(head: MorphableHead, fit: HeadFit, generator: np.random.Generator) -> HeadFit:
    """Another head that the visible landmarks allow: one draw of the Gaussian posterior, pose and offset kept.

    Given that its lips are parted no further than statues' are, unless the likeliest head's already are.
    """
    root = cholesky(fit.precision, lower=True)
    share = np.where(np.arange(len(root)) < head.identities, 1.0, EXPRESSION_DRAW)
    step = share * solve_triangular(root.T, generator.standard_normal(len(root)))
    opening = _lip_gap(head.modes[:, head.landmarks])
    gap = float(_lip_gap(head.vertices[head.landmarks]) + opening @ fit.coefficients)
    least, most = min(gap, LIP_GAP[0]), max(gap, LIP_GAP[1])
    # What the Gaussian's draws change with it, given another gap.
    along = share * cho_solve((root, True), share * opening)
    coefficients = fit.coefficients + step
    for _ in range(ROUNDS):
        drawn = gap + float(opening @ (coefficients - fit.coefficients))
        coefficients += along * (np.clip(drawn, least, most) - drawn) / (opening @ along)
        coefficients[head.identities :] = np.clip(coefficients[head.identities :], *EXPRESSION_RANGE)
    return replace(fit, coefficients=coefficients)


def _lip_gap(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...) cm by which the upper lip lies above the lower one, of (..., 68, 3) landmarks in head coordinates."""
    height = points[..., 1].astype(np.float64)
    return np.asarray((height[..., UPPER_LIP] - height[..., LOWER_LIP]).mean(-1))
