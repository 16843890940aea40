"""How far landmark predictors are off on damaged faces, and how well they know it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame, frame_of_landmarks
from statue_models.face.landmarks68 import INNER, Landmarks, interocular_distance
from statue_models.landmarks.looking import REFINE_SIZE
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search import find_face
from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.rectangles import rects
from training.suites.cases import Case, Truth

Points = NDArray[np.float64]

#: An error below this share of the eye distance is good enough to restore from. Chosen, as in
#: ``training.evaluation.frames.outcomes``.
USABLE = 0.10
#: Radius in standard deviations of the ellipse that holds 68 % of a Gaussian in the plane (Rayleigh distribution).
ELLIPSE = math.sqrt(-2 * math.log(1 - 0.68))
#: The statue detector's masks: drawn so often per picture, from seeds that begin here. Both chosen.
RECTANGLES, RECTANGLE_DRAWS, RECTANGLE_SEED = "rectangles", 4, 680_000
#: The detector was judged in pixels of 128-pixel pictures.
JUDGED_SIDE = 128


def find_points(predictor: LandmarkPredictor, picture: NDArray[np.uint8], truth: Points) -> Points:
    """(68, 2) found in a whole face, in pixels of its picture.

    The predictor looks where the true face is, in its own closest view: only the points count, not the search.

    Args:
        predictor: finds. picture: (H, W, 3) uint8. truth: (68, 2) in its pixels.
    """
    upright = frame_of_landmarks(truth, level=0.0)
    # As wide as the search's own last look (``landmarks.search``).
    view = FaceFrame(upright.centre, 1.4 * upright.side)
    centre = view.to_crop(np.array([upright.centre]), REFINE_SIZE)[0]
    inner = FaceFrame((float(centre[0]), float(centre[1])), REFINE_SIZE / 1.4, upright.angle)
    whole = np.zeros((REFINE_SIZE, REFINE_SIZE), np.uint8)
    found = predictor.refine(view.crop(picture, REFINE_SIZE)[0], whole, inner)
    return view.to_photograph(found.points, REFINE_SIZE)


def face_error(predictor: LandmarkPredictor, picture: NDArray[np.uint8], truth: Points) -> float:
    """Completed-face NME: 68 points found in a whole face against the truth's, over the outer eye distance.

    Args:
        predictor, picture, truth: as in ``find_points``.
    """
    points = find_points(predictor, picture, truth)
    return float(np.linalg.norm(points - truth, axis=1).mean()) / interocular_distance(truth)


@dataclass(frozen=True, eq=False)
class LandmarkOutcome:
    """One predictor on one damaged picture. Errors are over the outer eye distance, infinite where no face was found.

    Attributes:
        predictor, kind: names.
        coverage: hole / face box; share: hole / picture.
        errors: (68,). hidden: (68,) bool, whose true place lies under the hole.
        within: (68,) bool, in the predictor's own 68 % ellipse; all False where no face was found.
        squared: mean squared error of the 136 coordinates in pixels of the picture at 128 pixels.
    """

    predictor: str
    kind: str
    coverage: float
    share: float
    errors: Points
    hidden: NDArray[np.bool_]
    within: NDArray[np.bool_]
    squared: float

    @property
    def found(self) -> bool:
        """Whether a face was found."""
        return bool(np.isfinite(self.errors).all())

    def mean(self, which: NDArray[np.bool_] | slice) -> float:
        """Mean error of some of the points; NaN if there is none of them."""
        chosen = self.errors[which]
        return float(chosen.mean()) if len(chosen) else math.nan


def find_landmarks(case: Case, predictor: LandmarkPredictor) -> Landmarks:
    """The landmarks that the program would find on the damaged picture, with this predictor alone.

    Raises:
        StatueError: ``no-face``, ``profile-face``.
    """
    return find_face(case.damaged, case.hole.astype(np.uint8) * 255, predictor)[0]


def inside_ellipse(found: Landmarks, truth: Points) -> NDArray[np.bool_]:
    """(68,) bool: true points in the found ones' 68 % ellipses, or circles where only sigma is known."""
    apart = truth - found.points
    if found.covariance is None:
        return np.linalg.norm(apart, axis=1) <= ELLIPSE * found.sigma
    return np.einsum("ni,nij,nj->n", apart, np.linalg.inv(found.covariance), apart) <= ELLIPSE**2


def landmark_outcome(name: str, predictor: LandmarkPredictor, case: Case) -> LandmarkOutcome:
    """Search one damaged picture, as the program does, and compare with the truth."""
    mask = case.hole.astype(np.uint8) * 255
    hidden = Landmarks.given(case.points).hidden_under(mask).hidden
    share = float(case.hole.mean())
    try:
        found = find_landmarks(case, predictor)
    except StatueError:
        far = np.full(len(case.points), math.inf)
        return LandmarkOutcome(name, case.kind, case.coverage, share, far, hidden, np.zeros(len(far), bool), math.inf)
    apart = np.linalg.norm(found.points - case.points, axis=1)
    unit = interocular_distance(case.points)
    scale = JUDGED_SIDE / max(case.truth.shape[:2])
    squared = float(((found.points - case.points) ** 2).mean()) * scale**2
    within = inside_ellipse(found, case.points)
    return LandmarkOutcome(name, case.kind, case.coverage, share, apart / unit, hidden, within, squared)


def rectangle_cases(truths: Iterable[Truth], draws: int = RECTANGLE_DRAWS) -> Iterator[Case]:
    """The statue detector's own test: every picture under 2, 4, ... 14 rectangles of 10 to 30 pixels at 128."""
    for number, truth in enumerate(truths):
        height, width = truth.picture.shape[:2]
        for draw in range(draws):
            seeded = Draws(RECTANGLE_SEED + number * RECTANGLE_DRAWS + draw, torch.device("cpu"))
            hole = rects(Canvas(1, height, width, seeded))[0, 0].numpy()
            yield Case(truth.name, RECTANGLES, truth.picture, hole, truth.points)


@dataclass(frozen=True)
class LandmarkRow:
    """One predictor on a group of pictures. NME: mean over a picture's points, then median or mean over pictures.

    Attributes:
        predictor, group: names; cases: how many; found: share in which a face was found.
        median, inner, hidden, visible: medians over all cases, those without a face counting as infinitely far: of all
            68 points, the 51 inner ones, those whose place is under the hole and those whose place is not.
        mean, mean_inner: means over the cases with a face.
        usable: share of all cases whose inner points are off by less than a tenth of the eye distance.
        within, within_hidden: share of the points (of the hidden ones) in their own 68 % ellipse, where a face was
            found: 68 % is honest, more is timid, less is overconfident.
        squared: mean squared error of the coordinates in pixels at 128, where a face was found.
    """

    predictor: str
    group: str
    cases: int
    found: float
    median: float
    mean: float
    inner: float
    mean_inner: float
    hidden: float
    visible: float
    usable: float
    within: float
    within_hidden: float
    squared: float


def summarise_landmarks(predictor: str, group: str, outcomes: Sequence[LandmarkOutcome]) -> LandmarkRow:
    """The row of a group's outcomes."""
    found = [outcome for outcome in outcomes if outcome.found]
    inner = np.zeros(68, bool)
    inner[INNER] = True

    def median(values: list[float]) -> float:
        known = [value for value in values if not math.isnan(value)]
        return float(np.median(known)) if known else math.nan

    def mean(values: Sequence[float | np.bool_]) -> float:
        return float(np.mean(np.array(values, np.float64))) if len(values) else math.nan

    return LandmarkRow(
        predictor,
        group,
        len(outcomes),
        found=len(found) / len(outcomes),
        median=median([o.mean(slice(None)) for o in outcomes]),
        mean=mean([o.mean(slice(None)) for o in found]),
        inner=median([o.mean(inner) for o in outcomes]),
        mean_inner=mean([o.mean(inner) for o in found]),
        hidden=median([o.mean(o.hidden) for o in outcomes]),
        visible=median([o.mean(~o.hidden) for o in outcomes]),
        usable=mean([o.mean(inner) < USABLE for o in outcomes]),
        within=mean([inside for o in found for inside in o.within]),
        within_hidden=mean([inside for o in found for inside in o.within[o.hidden]]),
        squared=mean([o.squared for o in found]),
    )
