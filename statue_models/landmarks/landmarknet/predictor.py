"""``landmarknet`` as a landmark predictor: our own network, told what FaceMesh sees where that is there."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import (
    INNER,
    MIRROR,
    Landmarks,
    interocular_distance,
    mirror_points,
    unturned_eye_distance,
)
from statue_models.head.morphable_head import load_head
from statue_models.head.pose import fit_head
from statue_models.landmarks.facemesh.facemesh import FaceMesh
from statue_models.landmarks.facemesh.facemesh import load as load_facemesh
from statue_models.landmarks.predictor import ASIDE_YAW, WITHOUT
from statue_models.models_file import parts
from statue_models.networks.landmarknet import SIZE, LandmarkNet, cholesky
from statue_models.networks.loading import load_into
from statue_models.threads import one_torch_thread

NAME = "landmarknet"
#: Sides of the squares in which the network looks for a face by itself, in sides of the picture, and how often it looks
#: at each: the first time as it is, then framed on the points found. Chosen.
STARTS, LOOKS = (1.0, 0.72), 3
#: Frames that stray from a face's own: factor of the side, turn in radians. Chosen.
STRAYED = ((0.85, 0.0), (1.2, 0.0), (1.0, 0.35), (1.0, -0.35))
#: FaceMesh's score from which nobody else is asked. 0..1; chosen.
SEEN = 0.2
#: Eye distance over that from before. Chosen: half, as at 60 degrees, and a little for the box's measure.
FROM_ASIDE = 0.6
#: A score of a first look that no second one saves. 0..1; chosen.
HOPELESS = 0.01
#: A mean standard deviation of the inner points, over the eye distance, at which a score is divided by e. Chosen.
UNSURE = 0.07


class NetworkLandmarks:
    """The landmark predictor ``landmarknet``; see ``LandmarkPredictor``.

    ``lowest_score``: below it looks at what is a face hardly ever agree; above it the search tells by a second look.

    Args:
        network: with weights, on the CPU.
        facemesh: gives the network a first answer to improve on; None = it works alone.
    """

    name = NAME
    #: 0..1; the second chosen.
    lowest_score = 0.03
    sure_score = 0.9

    def __init__(self, network: LandmarkNet, facemesh: FaceMesh | None) -> None:
        self._network, self._facemesh = network.eval(), facemesh
        self._head = load_head(sha256=parts()["head"].sha256)

    def propose(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> list[Landmarks]:
        """What FaceMesh sees, and, while it is not sure of a face, what the network finds by itself."""
        found = [] if self._facemesh is None else self._facemesh.propose(rgb, mask)
        if any(proposal.score >= self.sure_score for proposal in found):
            return found
        height, width = mask.shape
        for start in STARTS:
            frame = FaceFrame((width / 2, height / 2), start * max(width, height))
            found.append(self._estimate_alone(rgb, mask, frame, HOPELESS))
        return found

    def glance(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], aside: bool) -> list[Landmarks]:
        """See ``GlancingPredictor``: what FaceMesh sees, and where that is little, the network, in all of it."""
        found: list[Landmarks] = []
        if self._facemesh is not None:
            found = self._facemesh.glance(rgb, mask, aside)
            if not aside or any(proposal.score >= SEEN for proposal in found):
                return found
        height, width = mask.shape
        frame = FaceFrame((width / 2, height / 2), max(width, height))
        return [*found, self._estimate_alone(rgb, mask, frame, HOPELESS)]

    def refine(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        """The better of two answers: on from FaceMesh's, and from ``frame`` alone."""
        alone = self._estimate_alone(rgb, mask, frame)
        if self._facemesh is None:
            return self._fit_yaw(alone)
        if alone.score >= self.lowest_score and _seen_from_aside(alone.points):
            return self._fit_yaw(alone)  # FaceMesh hardly knows such heads, and leads astray
        # However unsure FaceMesh is: the network's own score tells what is left of its answer.
        first = self._facemesh.refine(rgb, mask, frame)
        guided = self.estimate(rgb, mask, frame_of_landmarks(first.points, level=0.0), first.points)
        best = alone if alone.score > guided.score else guided
        if best is guided and not _seen_from_aside(guided.points):
            return replace(guided, yaw=first.yaw)
        return self._fit_yaw(best)

    def second_opinion(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame, yaw: float) -> float:
        """See ``SecondedPredictor``: how sure FaceMesh is.

        FaceMesh only guesses what a hole held, and hardly knows heads that are turned far to the side. For both, or
        without it, it may also be the least score that the network has in frames that stray.
        """
        seen = 0.0 if self._facemesh is None else self._facemesh.refine(rgb, mask, frame).score
        knows = self._facemesh is not None and not mask.any() and abs(yaw) < ASIDE_YAW
        if seen >= SEEN or knows:
            return seen
        strayed = [FaceFrame(frame.centre, frame.side * scale, frame.angle + turn) for scale, turn in STRAYED]
        return max(seen, min(self.estimate(rgb, mask, one).score for one in strayed))

    def _estimate_alone(
        self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame, least: float = 0.0
    ) -> Landmarks:
        """Framed anew on its own points, as long as they make a frame and score at least so much.

        Where most squares show nobody, a first look is worth no mirror image.
        """
        answer = self.estimate(rgb, mask, frame, mirrored=not least)
        for _ in range(LOOKS - 1):
            if answer.score < least:
                break
            again = frame_of_landmarks(answer.points, level=0.0)
            if not (0.2 * frame.side < again.side < 3 * frame.side):
                break
            answer = self.estimate(rgb, mask, again)
        return answer

    @one_torch_thread()
    def estimate(
        self,
        rgb: NDArray[np.uint8],
        mask: NDArray[np.uint8],
        frame: FaceFrame,
        prior: NDArray[np.float64] | None = None,
        mirrored: bool = True,
    ) -> Landmarks:
        """The mean of the network's answers on the framed face and on its mirror image, without a yaw.

        The score is in [0, 1]: a face is framed, and the network is sure of where its points are. ``sigma`` is the
        quadratic mean of each calibrated ellipse's axes.

        Args:
            rgb: (H, W, 3) uint8. mask: (H, W) uint8, > 0 = missing.
            frame: in pixels of the picture.
            prior: (68, 2) pixels of the picture, or None.
            mirrored: False = the face as it is alone, in half the time.
        """
        image, inside = frame.crop(rgb, SIZE)
        missing = (frame.crop_mask(mask, SIZE) > 0) | ~inside
        known = np.where(missing[..., None], 0, image.astype(np.float32) / 127.5 - 1)
        guess = np.full((68, 2), 0.5) if prior is None else frame.to_crop(prior, 1)
        sides = 2 if mirrored else 1
        with torch.inference_mode():
            out = self._network(
                torch.from_numpy(np.stack([known, known[:, ::-1]][:sides]).transpose(0, 3, 1, 2).astype(np.float32)),
                torch.from_numpy(np.stack([missing, missing[:, ::-1]][:sides])[:, None].astype(np.float32)),
                torch.from_numpy(np.stack([guess, mirror_points(guess)][:sides]).astype(np.float32)),
                torch.full((sides,), float(prior is not None)),
            )[-1]
        points = out.points.double().numpy()
        root = cholesky(out.factor).double().numpy()
        spread = root @ root.transpose(0, 1, 3, 2)
        hidden = torch.sigmoid(out.hidden).double().numpy()
        if mirrored:
            flip = np.diag([-1.0, 1.0])
            points = np.stack([points[0], mirror_points(points[1])])
            spread = np.stack([spread[0], (flip @ spread[1] @ flip)[MIRROR]])
            hidden = np.stack([hidden[0], hidden[1][MIRROR]])
        cells = np.clip((points.mean(0) * SIZE).astype(int), 0, SIZE - 1)
        visible, covered = self._network.calibration.tolist()
        factor = np.where(missing[cells[:, 1], cells[:, 0]], covered, visible)[:, None, None]
        turn = frame.matrix(1)[:, :2]
        found = frame.to_photograph(points.mean(0), 1)
        covariance = turn @ (spread.mean(0) * factor**2) @ turn.T
        sigma = np.sqrt(np.trace(covariance, axis1=1, axis2=2) / 2)
        unsure = float(sigma[INNER].mean()) / max(unturned_eye_distance(found), 1e-6) / UNSURE
        return Landmarks(
            points=found,
            sigma=sigma,
            hidden=hidden.mean(0) > 0.5,
            score=float(torch.sigmoid(out.present).mean()) * math.exp(-(unsure**2)),
            source=NAME if self._facemesh is not None else f"{NAME}{WITHOUT}facemesh",
            covariance=covariance,
        )

    def _fit_yaw(self, answer: Landmarks) -> Landmarks:
        """With the yaw of the head that fits the points best."""
        frame = frame_of_landmarks(answer.points, level=0.0)
        return replace(answer, yaw=fit_head(self._head, frame.to_crop(answer.points, SIZE), answer.hidden, SIZE).yaw)


def _seen_from_aside(points: NDArray[np.float64]) -> bool:
    """Whether the outer eye corners of (68, 2) points lie as near each other as of a head turned by 60 degrees."""
    return interocular_distance(points) < FROM_ASIDE * unturned_eye_distance(points)


@one_torch_thread()
def from_file(path: Path, sha256: str | None = None, directory: Path | None = None) -> NetworkLandmarks:
    """The predictor with the weights of a file.

    Raises:
        StatueError: as ``load_weights`` does.
    """
    network = LandmarkNet()
    load_into(network, path, sha256)
    try:
        facemesh = load_facemesh(directory)
    except StatueError as error:
        if error.code != "weights-missing":
            raise
        facemesh = None
    return NetworkLandmarks(network, facemesh)
