"""Camera and shape of the morphable head from 68 landmarks, and the posterior that further hypotheses are drawn from.

A maximum a posteriori fit: perspective camera of fixed field of view (pose by PnP), Gaussian priors on the modes,
Gaussian landmark noise; pose and shape in turn, each shape step a linearised least-squares solution.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from statue_models.fitting.head import MorphableHead
from statue_models.restoring.landmarks68 import BROWS, COUNT, INNER, JAW, interocular_distance

FIELD_OF_VIEW = np.deg2rad(20.0)  # of the crop: a photographer's distance of about 1.5 m
ITERATIONS = 8
NOISE = 0.025  # of a landmark, in interocular distances
HIDDEN_WEIGHT = 0.35  # a landmark predicted under the hole is a guess of the predictor, not an observation
EXPRESSION_RANGE = (-0.1, 1.0)
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
    """

    coefficients: NDArray[np.float64]
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    focal: float
    size: int
    residual: float
    precision: NDArray[np.float64]

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


def _pose(
    vertices: NDArray[np.float64],
    points: NDArray[np.float64],
    camera: NDArray[np.float64],
    guess: tuple[NDArray, NDArray] | None,
) -> tuple[NDArray, NDArray]:
    """PnP on the inner landmarks: rotation vector and translation of OpenCV's camera."""
    model, picture = (vertices[INNER] @ HEAD_TO_CAMERA).astype(np.float64), points[INNER].astype(np.float64)
    if guess is None:
        _, rvec, tvec = cv2.solvePnP(model, picture, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    else:
        _, rvec, tvec = cv2.solvePnP(
            model, picture, camera, None, guess[0].copy(), guess[1].copy(), True, cv2.SOLVEPNP_ITERATIVE
        )
    return np.asarray(rvec, np.float64), np.asarray(tvec, np.float64)


def _jacobian(
    modes: NDArray[np.float64], rotation: NDArray[np.float64], camera: NDArray[np.float64], focal: float
) -> NDArray[np.float64]:
    """(K, 68, 2) derivative of the projected landmarks by the coefficients."""
    moved = np.einsum("kpc,dc->kpd", modes, rotation)
    depth = camera[:, 2:]
    return (moved[..., :2] - moved[..., 2:] * (camera[:, :2] / depth)) / depth * focal


def fit_head(head: MorphableHead, points: NDArray[np.float64], hidden: NDArray[np.bool_], size: int) -> HeadFit:
    """Fits pose, identity and expression to (68, 2) landmarks in pixels of a square crop of side ``size``."""
    focal = size / 2 / np.tan(FIELD_OF_VIEW / 2)
    intrinsics = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1.0]])
    mean = head.vertices[head.landmarks].astype(np.float64)
    modes = head.modes[:, head.landmarks].astype(np.float64)
    distance = interocular_distance(points)
    inverse_noise = np.sqrt(_landmark_weights(hidden, HIDDEN_WEIGHT))[:, None] / (NOISE * distance)
    prior = np.diag(1 / head.deviations**2)
    coefficients = np.zeros(len(modes))
    guess = None
    for _ in range(ITERATIONS):
        vertices = mean + np.tensordot(coefficients, modes, 1)
        guess = _pose(vertices, points, intrinsics, guess)
        rotation = np.asarray(cv2.Rodrigues(guess[0])[0], np.float64) @ HEAD_TO_CAMERA
        translation = guess[1].ravel()
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
    """Another head that the visible landmarks allow: one draw of the Gaussian posterior, pose kept."""
    root = cholesky(fit.precision, lower=True)
    step = solve_triangular(root.T, generator.standard_normal(len(root)))
    coefficients = fit.coefficients + step
    coefficients[head.identities :] = np.clip(coefficients[head.identities :], *EXPRESSION_RANGE)
    return HeadFit(coefficients, fit.rotation, fit.translation, fit.focal, fit.size, fit.residual, fit.precision)
