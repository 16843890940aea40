"""Published landmark regressors as predictors: networks that answer always, and say nothing of how sure they are.

What they are worth is told from how they answer. They look at a face several times, through frames that are moved,
widened and mirrored: the points of a face stay where they are in the photograph, those of a wall move with the frame.
And a head must fit them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import COUNT, INNER, Landmarks, mirror_points
from statue_models.head.morphable_head import load_head
from statue_models.head.pose import fit_head
from statue_models.models_file import parts
from statue_models.networks.landmark_regression import LandmarkRegressor
from statue_models.threads import one_torch_thread

#: Sides of the squares in which a face is looked for, in sides of the picture, and how often: the first time as they
#: are, then framed on the points found. Chosen.
STARTS, LOOKS = (1.0, 0.72), 3
#: The looks that are compared: shift to the right and down in sides of the frame, factor of its side, mirrored. As far
#: as frames stray in training (``training.examples.batches.Jitter``). Chosen.
VIEWS = ((0.0, 0.0, 1.0, False), (0.0, 0.0, 1.0, True), (-0.05, 0.04, 1.08, False), (0.05, -0.04, 1.08, True))
#: Mean distance of the inner points over the eye distance at which a score is divided by e: of the looks from their
#: mean, and of the points from the head that fits them best. Chosen; not calibrated.
UNSTEADY, UNLIKELY = 0.06, 0.12
#: Standard deviation of a point that all looks agree on, over the eye distance. Chosen: regressors miss faces that they
#: have not seen by about a tenth of it (the thesis' by .083 to .098).
LEAST_SIGMA = 0.07
#: Of the frame's side: points whose eyes are closer together than this are no face. Chosen.
LEAST_EYES = 0.05
#: Side in pixels of the crop that the head is fitted in. Chosen.
FIT_SIZE = 128


class RegressedLandmarks:
    """A landmark predictor of one regressor; see ``LandmarkPredictor``.

    Args:
        name: of its descriptor.
        network: with weights, on the CPU.
    """

    #: 0..1; chosen.
    lowest_score = 0.05
    sure_score = 0.9

    def __init__(self, name: str, network: LandmarkRegressor) -> None:
        self.name, self._network = name, network.eval()
        self._size = network.shape.side
        self._head = load_head(sha256=parts()["head"].sha256)

    def propose(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> list[Landmarks]:
        """What it finds in the whole picture, and in a smaller square in its middle."""
        height, width = mask.shape
        frames = [FaceFrame((width / 2, height / 2), start * max(width, height)) for start in STARTS]
        found = [self.refine(rgb, mask, frame) for frame in frames]
        return [one for one in found if one.score > 0]

    @one_torch_thread()
    def refine(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frame: FaceFrame) -> Landmarks:
        """Framed anew on its own points, as long as they make a frame; then the mean of several looks."""
        last = frame
        for _ in range(LOOKS - 1):
            again = frame_of_landmarks(self._look(rgb, mask, [last], [False])[0], level=0.0)
            if not 0.2 * frame.side < again.side < 3 * frame.side:
                break
            last = again
        frames = [_moved(last, *view[:3]) for view in VIEWS]
        looks = self._look(rgb, mask, frames, [mirrored for *_, mirrored in VIEWS])
        mean = Landmarks(looks.mean(0), source=self.name).hidden_under(mask)
        if mean.interocular < LEAST_EYES * last.side:
            return replace(mean, sigma=np.full(COUNT, last.side), score=0.0)
        return self._judge(mean, looks - mean.points)

    def _look(
        self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], frames: Sequence[FaceFrame], mirrored: Sequence[bool]
    ) -> NDArray[np.float64]:
        """(frames, 68, 2) what the network answers on each crop, or on its mirror image, in pixels of the picture."""
        pictures, masks = [], []
        for frame, flip in zip(frames, mirrored, strict=True):
            image, inside = frame.crop(rgb, self._size)
            missing = (frame.crop_mask(mask, self._size) > 0) | ~inside
            step = -1 if flip else 1
            pictures.append(np.where(missing[..., None], 0, image.astype(np.float32) / 127.5 - 1)[:, ::step])
            masks.append(missing[:, ::step])
        with torch.inference_mode():
            answers = self._network(
                torch.from_numpy(np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32)),
                torch.from_numpy(np.stack(masks)[:, None].astype(np.float32)),
            )
        points = answers.double().numpy()
        upright = [mirror_points(each) if flip else each for each, flip in zip(points, mirrored, strict=True)]
        return np.stack([frame.to_photograph(each, 1) for frame, each in zip(frames, upright, strict=True)])

    def _judge(self, mean: Landmarks, away: NDArray[np.float64]) -> Landmarks:
        """The mean of looks with a score, deviations and the yaw of the head that fits best.

        Args:
            away: (looks, 68, 2) how far each look's points lie from the mean, in pixels of the picture.
        """
        eyes = mean.interocular
        frame = frame_of_landmarks(mean.points, level=0.0)
        fit = fit_head(self._head, frame.to_crop(mean.points, FIT_SIZE), mean.hidden, FIT_SIZE)
        unsteady = float(np.linalg.norm(away, axis=2)[:, INNER].mean()) / eyes
        spread = np.square(away).sum((0, 2)) / (2 * (len(away) - 1))
        return replace(
            mean,
            sigma=np.sqrt(spread + (LEAST_SIGMA * eyes) ** 2),
            score=math.exp(-((unsteady / UNSTEADY) ** 2) - (fit.residual / UNLIKELY) ** 2),
            yaw=fit.yaw,
        )


def _moved(frame: FaceFrame, right: float, down: float, wider: float) -> FaceFrame:
    """A frame beside another one, in its own directions."""
    x, y = frame.to_photograph(np.array([[0.5 + right, 0.5 + down]]), 1)[0]
    return FaceFrame((float(x), float(y)), wider * frame.side, frame.angle)
