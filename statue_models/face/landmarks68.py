"""The 68 facial landmarks in iBUG order: their groups, their mirror image, and the value type that carries them.

No inference lives here, so that training and fitting can use it too. Where its points lie is ``FaceFrame``'s affair:
``to_crop`` and ``to_photograph`` take all of it through a frame at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame

#: Landmarks of the iBUG/Multi-PIE scheme, and the indices of their groups.
COUNT = 68
JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
EYES = slice(36, 48)
MOUTH = slice(48, 68)
INNER = slice(17, 68)
CHIN = 8
NOSE_TIP = 30
#: Distance of the outer eye corners over the larger side of the points' box, at least, of heads seen from the front.
#: Frozen: the suites' holes and errors are measured by it. Set by eye.
EYES_OVER_BOX = 0.55
#: How far the outline of the face is raised above the brows, in distances from the brows to the chin. Set by eye.
FOREHEAD = 0.18
#: The same to about the hairline. Frozen: damage and the holes of the suites lie where it says. Set by eye.
HAIRLINE = 0.35

#: ``Landmarks.source`` of points that a user gave.
GIVEN = "given"
#: A predictor's score below which a person should look at the landmarks before trusting the result. 0..1; chosen.
UNSURE = 0.1

#: MIRROR[i] is the landmark that takes i's place when the picture is flipped left to right.
MIRROR = np.array(
    [
        *(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
        *(26, 25, 24, 23, 22, 21, 20, 19, 18, 17),
        *(27, 28, 29, 30, 35, 34, 33, 32, 31),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
        *(64, 63, 62, 61, 60, 67, 66, 65),
    ]
)


def mirror_points(points: NDArray[np.float64], width: float = 1.0) -> NDArray[np.float64]:
    """(68, 2) points of a picture as they lie, and are numbered, in its mirror image.

    Args:
        width: of the picture, in the points' unit.
    """
    return np.asarray((points * (-1, 1) + (width, 0))[MIRROR])


def interocular_distance(points: NDArray[np.floating]) -> float:
    """Distance between the outer eye corners (36 and 45) of (68, 2) points: the normaliser of every NME."""
    return float(np.linalg.norm(points[36] - points[45]))


def unturned_eye_distance(points: NDArray[np.floating]) -> float:
    """What ``interocular_distance`` of (68, 2) points would be if the head were not turned, roughly.

    Turned to the side, the eye corners come to lie behind each other, and what is measured by their distance explodes;
    the larger side of the points' box hardly changes. From about 30 degrees on it speaks instead.
    """
    return max(interocular_distance(points), EYES_OVER_BOX * float(np.ptp(points, axis=0).max()))


@dataclass(frozen=True, eq=False)
class Landmarks:
    """68 landmarks on one picture: given by a user, found by a predictor, or on their way from one to the other.

    Attributes:
        points: (68, 2) float64, (x, y) in pixels of the picture, y down, first pixel's centre at (0.5, 0.5).
        sigma: (68,) float64, standard deviation of each point in pixels; 0 where nothing is known of it.
        hidden: (68,) bool, True where the point lies under the mask, or behind the head's own form.
        score: the predictor's own score in [0, 1]; 1 for landmarks that the user gave.
        source: name of the predictor, or "given".
        covariance: (68, 2, 2) float64 in pixels squared, the uncertainty ellipses; None where only ``sigma`` is known.
        placed: (68,) bool, True where a user put the point, so that it holds whatever a predictor would say; None =
            nowhere.
        yaw: radians by which the head is turned to its side, positive where more of its side on the picture's left is
            seen; None where nobody has looked.
    """

    points: NDArray[np.float64]
    sigma: NDArray[np.float64] = field(default_factory=lambda: np.zeros(COUNT))
    hidden: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(COUNT, bool))
    score: float = 1.0
    source: str = GIVEN
    covariance: NDArray[np.float64] | None = None
    placed: NDArray[np.bool_] | None = None
    yaw: float | None = None

    @classmethod
    def given(
        cls, points: Sequence[Sequence[float]] | NDArray[np.floating], placed: Sequence[bool] | None = None
    ) -> "Landmarks":
        """Landmarks from a user: checked, with no uncertainty.

        Args:
            points: 68 pairs. placed: which of them the user put there; the others are as a predictor found them. None =
                all.

        Raises:
            StatueError: ``bad-landmarks`` unless there are 68 finite pairs, and 68 truth values.
        """
        try:
            array = np.asarray(points, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise StatueError("bad-landmarks", reason="they are not numbers") from None
        check_points(array)
        if placed is not None and [type(flag) for flag in placed] != [bool] * COUNT:
            raise StatueError("bad-landmarks", reason="placed is not 68 times true or false")
        held = np.ones(COUNT, bool) if placed is None else np.array(placed)
        return cls(array, placed=held)

    @property
    def interocular(self) -> float:
        """Distance between the outer eye corners in pixels."""
        return interocular_distance(self.points)

    def to_crop(self, frame: FaceFrame, size: int) -> "Landmarks":
        """The same, from photograph pixels to pixels of a crop (size, size) through a frame."""
        turn = np.linalg.inv(frame.matrix(size)[:, :2])
        return self._map_through(frame.to_crop(self.points, size), turn, 1 / frame.scale(size))

    def to_photograph(self, frame: FaceFrame, size: int) -> "Landmarks":
        """The same, from pixels of a crop (size, size) to those of the photograph that it was cut from."""
        turn = frame.matrix(size)[:, :2]
        return self._map_through(frame.to_photograph(self.points, size), turn, frame.scale(size))

    def _map_through(self, points: NDArray[np.float64], turn: NDArray[np.floating], scale: float) -> "Landmarks":
        covariance = None if self.covariance is None else turn @ self.covariance @ turn.T
        return replace(self, points=points, sigma=self.sigma * scale, covariance=covariance)

    def hidden_under(self, mask: NDArray[np.uint8]) -> "Landmarks":
        """The same points, those under a mask (H, W; > 0 = missing) hidden, too."""
        height, width = mask.shape
        cells = np.floor(self.points).astype(int)
        inside = (cells >= 0).all(1) & (cells[:, 0] < width) & (cells[:, 1] < height)
        hidden = self.hidden.copy()
        hidden[inside] |= mask[cells[inside, 1], cells[inside, 0]] > 0
        return replace(self, hidden=hidden)

    def to_json(self) -> dict[str, object]:
        """The form written by ``statue landmarks`` and put into records: coordinates to 1/1000 pixel."""
        written: dict[str, object] = {
            "points": np.round(self.points, 3).tolist(),
            "sigma": np.round(self.sigma, 3).tolist(),
            "hidden": self.hidden.tolist(),
            "score": round(float(self.score), 4),
            "source": self.source,
        }
        if self.covariance is not None:
            written["covariance"] = np.round(self.covariance, 4).tolist()
        if self.placed is not None:
            written["placed"] = self.placed.tolist()
        if self.yaw is not None:
            written["yaw"] = round(float(self.yaw), 4)
        return written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Landmarks":
        """The landmarks that ``to_json`` described, as exactly as it wrote them.

        Raises:
            StatueError: ``bad-landmarks`` for anything else.
        """
        try:
            given = cls.given(data["points"], data.get("placed"))
            sigma, score = np.array(data["sigma"], np.float64).reshape(COUNT), float(data["score"])
            ellipses = np.array(data["covariance"], np.float64).reshape(COUNT, 2, 2) if "covariance" in data else None
            yaw = float(data["yaw"]) if "yaw" in data else None
            numbers = [part for part in (sigma, score, ellipses, yaw) if part is not None]
            if not all(np.isfinite(part).all() for part in numbers):
                raise StatueError("bad-landmarks", reason="some of their numbers are not finite")
            if (sigma < 0).any() or not 0 <= score <= 1 or not isinstance(data["source"], str):
                raise StatueError("bad-landmarks", reason="their sigma, score or source cannot be right")
            if [type(flag) for flag in data["hidden"]] != [bool] * COUNT:
                raise StatueError("bad-landmarks", reason="hidden is not 68 times true or false")
            return cls(
                points=given.points,
                sigma=sigma,
                hidden=np.array(data["hidden"], np.bool_),
                score=score,
                source=data["source"],
                covariance=ellipses,
                placed=given.placed if "placed" in data else None,
                yaw=yaw,
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise StatueError("bad-landmarks", reason="their description is not complete") from error


def check_points(points: NDArray[np.float64]) -> None:
    """Whether an array can be the landmarks of a face.

    Raises:
        StatueError: ``bad-landmarks`` unless it is (68, 2), finite, and the eyes are apart.
    """
    if points.shape != (COUNT, 2):
        raise StatueError("bad-landmarks", reason=f"the shape is {points.shape}, not (68, 2)")
    if not np.isfinite(points).all():
        raise StatueError("bad-landmarks", reason="some are not finite")
    if interocular_distance(points) < 1.0:
        raise StatueError("bad-landmarks", reason="the outer eye corners coincide")


def raise_brows(points: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """(10, 2) the brows of (68, 2) points, raised by a share of the distance from the chin to them."""
    raised: NDArray[np.float64] = points[BROWS] + (points[BROWS].mean(0) - points[CHIN]) * share
    return raised


def face_outline(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(H, W) bool hull of (68, 2) points in pixels, with the brows raised over the forehead; ``shape`` is (H, W)."""
    raised = raise_brows(points, FOREHEAD)
    outline = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.concatenate([points, raised]).astype(np.int32)), 1)
    return outline.view(bool)
