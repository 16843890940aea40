"""A statue made from the head model: pose, shape and light are known, so every answer can be held against them."""

from dataclasses import dataclass

import cv2
import numpy as np

from statue_models.face.landmarks68 import Landmarks
from statue_models.head.appearance import load_appearance, render_map
from statue_models.head.light import Light, light_basis
from statue_models.head.morphable_head import MorphableHead
from statue_models.head.pose import FIELD_OF_VIEW, HEAD_TO_CAMERA, HeadFit
from statue_models.head.raster import HeadImage, draw_head
from statue_models.methods.method import Crop

SIZE = 160
DISTANCE = 68.0  # cm: the face fills the crop as it does in a face frame
#: Light from above and the picture's left, with some of the sky's own.
LIGHT = Light(np.array([0.20, -0.07, -0.08, -0.10, 0, 0, 0, 0, 0.01, 0.12, 0, -0.03, 0]), np.array([1.06, 1.0, 0.94]))


def posed(head: MorphableHead, yaw: float, seed: int, size: int = SIZE, distance: float = DISTANCE) -> HeadFit:
    """A head of random identity so many cm in front of the camera, turned by ``yaw`` degrees."""
    coefficients = np.zeros(len(head.modes))
    coefficients[: head.identities] = np.random.default_rng(seed).normal(0, 0.6, head.identities)
    angle = np.deg2rad(yaw)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    focal = size / 2 / np.tan(FIELD_OF_VIEW / 2)
    place = np.array([0.0, 0.5, distance])
    return HeadFit(coefficients, HEAD_TO_CAMERA @ turn, place, float(focal), size, 0.0, np.eye(len(coefficients)))


def landmarks_of(head: MorphableHead, fit: HeadFit) -> np.ndarray:
    """(68, 2) where the head's landmarks fall in the crop."""
    return fit.project(fit.camera_space(head.shape_vertices(fit.coefficients)[head.landmarks].astype(np.float64)))


@dataclass(frozen=True, eq=False)
class Statue:
    """A picture (S, S, 3) float32 of a known head, and what it was made from."""

    rgb: np.ndarray
    landmarks: np.ndarray
    fit: HeadFit
    image: HeadImage

    def crop(self, hole: np.ndarray, content: float = 0.5) -> Crop:
        """The picture with a hole, in which ``content`` stands."""
        rgb = self.rgb.copy()
        rgb[hole] = content
        cells = np.clip(self.landmarks.astype(int), 0, len(hole) - 1)
        return Crop(rgb, hole, ~hole, Landmarks(self.landmarks, hidden=hole[cells[:, 1], cells[:, 0]]), 1.0)

    def ellipse(self, middle: int, width: float, height: float) -> np.ndarray:
        """(S, S) bool, a hole around a landmark; half axes in interocular distances."""
        unit = float(np.linalg.norm(self.landmarks[36] - self.landmarks[45]))
        y, x = np.mgrid[: len(self.rgb), : len(self.rgb)] + 0.5
        cx, cy = self.landmarks[middle]
        return ((x - cx) / (width * unit)) ** 2 + ((y - cy) / (height * unit)) ** 2 < 1


def carving(image: HeadImage) -> np.ndarray:
    """(S, S) logarithm of what a statue's carving does to the light of a bare head: one that the learnt model draws."""
    learnt = load_appearance()
    weights = np.random.default_rng(1).standard_normal(len(learnt.loadings))
    return render_map(learnt.mean + np.tensordot(weights, learnt.loadings, 1), learnt.learnt, image)


def make_statue(
    head: MorphableHead, yaw: float = 8.0, seed: int = 3, hue: np.ndarray = LIGHT.hue, **place: float
) -> Statue:
    """The head, lit, carved as one of the statues is, on a plain ground, with the fine grain of worked stone."""
    fit = posed(head, yaw, seed, **place)
    image = draw_head(head, fit)
    intensity = LIGHT.intensity(light_basis(image.normal, image.openness))
    grain = np.random.default_rng(seed).normal(0, 1, intensity.shape)
    uneven = carving(image) + 0.05 * cv2.GaussianBlur(grain, (0, 0), 0.8)
    lit = np.clip(Light(LIGHT.coefficients, hue).colour(intensity * np.exp(uneven)), 0, 1)
    ground = Light(LIGHT.coefficients, hue).colour(np.full(intensity.shape, 0.03))
    cover = image.coverage[..., None]
    return Statue((lit * cover + ground * (1 - cover)).astype(np.float32), landmarks_of(head, fit), fit, image)
