"""One case, all contenders: every metric of the tables."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from training.evaluation.contenders.baselines import Picture, of_registry
from training.evaluation.contenders.contender import Contender
from training.evaluation.metrics import hole as metrics
from training.evaluation.metrics.landmark_errors import face_error, find_landmarks
from training.evaluation.metrics.perceptual import Lpips
from training.suites.cases import Case

#: What a hypothesis must not be worse than: a smear.
SMEAR = "telea"
#: Not failures of a method: the run ends.
FATAL = ("interrupted", "out-of-memory")


class LandmarkSource:
    """Landmarks for a case: the labels of the undamaged picture, or found on the damaged one.

    Args:
        predictor: None for the labels.
    """

    def __init__(self, predictor: LandmarkPredictor | None) -> None:
        self.predictor = predictor
        self.failures: dict[str, int] = {}

    def __call__(self, case: Case) -> Landmarks | None:
        """The landmarks, or None where no face is found (counted in ``failures`` by error code)."""
        if self.predictor is None:
            return Landmarks.given(case.points).hidden_under(case.hole.astype(np.uint8) * 255)
        try:
            return find_landmarks(case, self.predictor)
        except StatueError as error:
            self.failures[error.code] = self.failures.get(error.code, 0) + 1
            return None


@dataclass(frozen=True, eq=False)
class Score:
    """One contender on one case; NaN for what was not measured.

    Attributes:
        method, name, kind: of the contender, the picture and the damage; coverage: hole / face box.
        answered: False if the untouched input was scored instead.
        psnr: dB; ssim; feature: distance; seam: grey levels; sharpness: ratio; outside: samples; seconds: of all
            hypotheses, with no other work in them.
        face: completed-face NME. lpips: in the feature distance's window.
        diversity: mean pairwise feature distance among the hypotheses; smears: share of them that is further from the
            truth than Telea's fill. Both NaN for one hypothesis.
        pooled, pooled_truth: (32,) features for the Frechet distance.
    """

    method: str
    name: str
    kind: str
    coverage: float
    answered: bool
    psnr: float
    ssim: float
    feature: float
    seam: float
    sharpness: float
    outside: int
    seconds: float
    pooled: NDArray[np.float64]
    pooled_truth: NDArray[np.float64]
    face: float = float("nan")
    lpips: float = float("nan")
    diversity: float = float("nan")
    smears: float = float("nan")


@dataclass(frozen=True, eq=False)
class CaseResult:
    """One case: a score and the pictures (one per hypothesis) of each contender, in their order.

    Attributes:
        scores, pictures: as said. face_of_truth: completed-face NME of the undamaged picture, the metric's floor.
    """

    scores: list[Score]
    pictures: list[list[Picture]]
    face_of_truth: float


@dataclass(eq=False)
class Scorer:
    """Scores cases.

    Attributes:
        contenders: who. landmarks: what they are told.
        features: the feature distance. lpips: or None.
        predictor: finds the completed face's points; None leaves that out.
        seeds: one per hypothesis.
        refusals: contender -> error code -> how often.
    """

    contenders: Sequence[Contender]
    landmarks: LandmarkSource
    features: metrics.FeatureMetric
    predictor: LandmarkPredictor | None = None
    lpips: Lpips | None = None
    seeds: Sequence[int] = (0,)
    refusals: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._smear = of_registry(SMEAR) if len(self.seeds) > 1 else None

    def __call__(self, case: Case) -> CaseResult:
        """A missing output counts as the untouched input."""
        found = self.landmarks(case)
        answers, seconds = [], []
        for one in self.contenders:
            start = time.perf_counter()
            answers.append(answer_of(one, case, found, self.seeds, self.refusals))
            seconds.append(time.perf_counter() - start)
        pictures = [answer or [case.damaged] for answer in answers]
        firsts = [each[0] for each in pictures]
        features = self.features(case.truth, firsts, case.hole, case.box)
        smear = self._smear_distance(case)
        scores = []
        for index, one in enumerate(self.contenders):
            first = firsts[index]
            diversity, smears = self._hypotheses(case, pictures[index], smear)
            scores.append(
                Score(
                    method=one.name,
                    name=case.name,
                    kind=case.kind,
                    coverage=case.coverage,
                    answered=answers[index] is not None,
                    psnr=metrics.psnr(first, case.truth, case.hole),
                    ssim=metrics.ssim(first, case.truth, case.hole),
                    feature=float(features.distances[index]),
                    seam=metrics.seam(first, case.truth, case.hole),
                    sharpness=metrics.sharpness(first, case.truth, case.hole),
                    outside=sum(metrics.outside(each, case.damaged, case.hole) for each in pictures[index]),
                    seconds=seconds[index],
                    pooled=features.pooled[index],
                    pooled_truth=features.pooled_truth,
                    face=self._face(first, case),
                    lpips=float("nan") if self.lpips is None else self.lpips(case.truth, first, case.hole, case.box),
                    diversity=diversity,
                    smears=smears,
                )
            )
        return CaseResult(scores, pictures, self._face(case.truth, case))

    def _face(self, picture: Picture, case: Case) -> float:
        return float("nan") if self.predictor is None else face_error(self.predictor, picture, case.points)

    def _smear_distance(self, case: Case) -> float:
        if self._smear is None:
            return float("nan")
        smear = self._smear(case, None, [0])
        assert smear is not None
        return float(self.features(case.truth, smear, case.hole, case.box).distances[0])

    def _hypotheses(self, case: Case, pictures: list[Picture], smear: float) -> tuple[float, float]:
        """Diversity, and the share that is further from the truth than the smear."""
        if len(pictures) < 2:
            return float("nan"), float("nan")
        features = self.features(case.truth, pictures, case.hole, case.box)
        return features.diversity, float((features.distances > smear).mean())


def answer_of(
    one: Contender, case: Case, found: Landmarks | None, seeds: Sequence[int], refusals: dict[str, dict[str, int]]
) -> list[Picture] | None:
    """A contender's pictures, or None where it has none; its refusals are counted by error code.

    Args:
        one, case, found, seeds: as ``Restoring`` takes them.
        refusals: contender -> error code -> how often; added to.

    Raises:
        StatueError: ``interrupted``, ``out-of-memory``: those are not the contender's.
    """
    try:
        return one.restore(case, found, seeds)
    except StatueError as error:
        if error.code in FATAL:
            raise
        counts = refusals.setdefault(one.name, {})
        counts[error.code] = counts.get(error.code, 0) + 1
        return None
