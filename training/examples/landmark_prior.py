"""What FaceMesh says about training examples: the prior that the landmark network refines.

FaceMesh looks at the filled crop as it would in the product, so its errors are those that the network will meet.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import mirror_points
from statue_models.landmarks.facemesh.facemesh import FaceMeshNetworks, crop_of_frame
from statue_models.landmarks.facemesh.files import find_models
from statue_models.landmarks.facemesh.fills import mirrored_fill, plain_fills
from training.damage.draws import Draws

#: How far FaceMesh's first frame strays from the right one: standard deviations of log side, shift in sides, radians.
#: Chosen.
STRAY_SIDE, STRAY_SHIFT, STRAY_ANGLE = 0.12, 0.07, 0.1
#: Proposals with less presence, or with a larger error over the frame's side, would have been thrown away. Chosen.
LEAST_PRESENCE, LARGEST_ERROR = 0.003, 0.25
#: Share of the examples that are looked at again with the other half of the face in the hole. Chosen.
AGAIN = 0.5
#: Presence from which an undamaged face counts as found. Chosen.
SURE_PRESENCE = 0.5


class FaceMeshPrior:
    """FaceMesh on batches of crops.

    Args:
        models: folder of its two files; None = the usual places.
    """

    def __init__(self, models: Path | None = None) -> None:
        self._networks = FaceMeshNetworks(*find_models(models))

    def __call__(self, picture: Tensor, mask: Tensor, landmarks: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Proposals for a batch.

        Args:
            picture: (N, 3, S, S) in [-1, 1]; mask: (N, 1, S, S), 1 = missing.
            landmarks: (N, 68, 2) the truth, fractions of the side: where FaceMesh is told to look, roughly.

        Returns:
            (N, 68, 2) points in fractions of the side, and (N,) 1 where there are any.
        """
        size = picture.shape[-1]
        rgb = _bytes(picture)
        holes = (mask[:, 0] > 0).byte().cpu().numpy()
        stray = draws.normal(len(rgb), 4).cpu().numpy()
        chance = draws.uniform(len(rgb), 3).cpu().numpy()
        truth = landmarks.double().cpu().numpy() * size
        found = [self._look(*each) for each in zip(rgb, holes, truth, stray, chance, strict=True)]
        points = np.array([np.full((68, 2), 0.5) if p is None else p / size for p in found], np.float32)
        trust = torch.tensor([float(p is not None) for p in found])
        return torch.from_numpy(points).to(picture.device), trust.to(picture.device)

    def labels(self, picture: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """What FaceMesh says of undamaged faces in their own frames: the mean over the picture and its mirror image.

        Args:
            picture: (N, 3, S, S) in [-1, 1]; landmarks: (N, 68, 2) roughly where, fractions of the side.

        Returns:
            (N, 68, 2) points in fractions of the side, and (N,) bool, where a face was found; on the CPU.
        """
        size = picture.shape[-1]
        points, found = [], []
        for rgb, near in zip(_bytes(picture), landmarks.double().cpu().numpy() * size, strict=True):
            frame = frame_of_landmarks(near, level=0.0)
            (one, first), (other, second) = (self._mesh(rgb, frame, flip) for flip in (False, True))
            points.append((one + other) / 2 / size)
            found.append(min(first, second) > SURE_PRESENCE)
        return torch.from_numpy(np.array(points, np.float32)), torch.tensor(found)

    def _look(
        self,
        rgb: NDArray[np.uint8],
        hole: NDArray[np.uint8],
        truth: NDArray[np.float64],
        stray: NDArray[np.floating],
        chance: NDArray[np.floating],
    ) -> NDArray[np.float64] | None:
        """(68, 2) pixels, or None where FaceMesh sees no face."""
        fills = plain_fills(rgb, hole)
        filled = fills[int(chance[0] * len(fills))]
        right = frame_of_landmarks(truth, level=0.0)
        centre = np.array(right.centre) + STRAY_SHIFT * right.side * stray[:2]
        frame = FaceFrame(
            (float(centre[0]), float(centre[1])),
            float(right.side * np.exp(STRAY_SIDE * stray[2])),
            float(right.angle + STRAY_ANGLE * stray[3]),
        )
        flip = chance[1] < 0.5
        points, presence = self._mesh(filled, frame, flip)
        if chance[2] < AGAIN and hole.any():
            filled = mirrored_fill(filled, hole, points)
            points, presence = self._mesh(filled, frame_of_landmarks(points, level=0.0), not flip)
        error = np.linalg.norm(points - truth, axis=1)[17:].mean() / right.side
        return None if presence < LEAST_PRESENCE or error > LARGEST_ERROR else points

    def _mesh(self, rgb: NDArray[np.uint8], frame: FaceFrame, flip: bool) -> tuple[NDArray[np.float64], float]:
        width = rgb.shape[1]
        if flip:
            rgb = np.ascontiguousarray(cv2.flip(rgb, 1))
            frame = FaceFrame((width - frame.centre[0], frame.centre[1]), frame.side, -frame.angle)
        mesh = self._networks.mesh(rgb, crop_of_frame(frame))
        points = mesh.landmarks()
        return mirror_points(points, width) if flip else points, mesh.presence


def _bytes(picture: Tensor) -> NDArray[np.uint8]:
    """(N, 3, S, S) in [-1, 1] -> (N, S, S, 3)."""
    grey = (picture * 127.5 + 127.5).clamp(0, 255).round().byte()
    return np.ascontiguousarray(grey.permute(0, 2, 3, 1).cpu().numpy())
