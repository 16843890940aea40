"""One damaged photograph, all contenders: every figure of the native tables."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import LandmarkPredictor
from statue_models.landmarks.search import find_face
from training.evaluation.contenders.baselines import Picture
from training.evaluation.contenders.contender import Contender
from training.evaluation.metrics import hole as metrics
from training.evaluation.metrics.perceptual import Lpips
from training.evaluation.native.figures import Figures, Spread, figures, spread, surroundings
from training.evaluation.scoring import LandmarkSource, answer_of
from training.suites.cases import Case
from training.suites.native.cases import NativeCase

#: Kinds of damage of which several hypotheses are asked for: a feature can look in more ways than stone between cracks.
VARIED = ("nose", "mouth", "eye")


class UndamagedLandmarks(LandmarkSource):
    """Landmarks found on the undamaged photograph: what a fill is like when the search did not err.

    Args:
        predictor: finds them.
    """

    def __init__(self, predictor: LandmarkPredictor) -> None:
        super().__init__(predictor)
        self._name = ""
        self._found: Landmarks | None = None

    def __call__(self, case: Case) -> Landmarks | None:
        """The landmarks, those under the hole hidden; None where no face is found."""
        assert self.predictor is not None
        if self._name != case.name:
            self._name, self._found = case.name, None
            try:
                whole = np.zeros(case.hole.shape, np.uint8)
                self._found = find_face(case.truth, whole, self.predictor)[0]
            except StatueError as error:
                self.failures[error.code] = self.failures.get(error.code, 0) + 1
        return None if self._found is None else self._found.hidden_under(case.hole.astype(np.uint8) * 255)


@dataclass(frozen=True)
class NativeScore:
    """One contender on one damaged photograph; NaN for what was not measured.

    Attributes:
        method, name, kind: of the contender, the photograph and the damage; coverage: hole / face box.
        answered: False if the untouched input was scored instead.
        figures: of the first hypothesis. spread: of all hypotheses.
        psnr: dB; ssim; feature: distance; lpips.
        outside: samples changed outside the hole, in all hypotheses.
        seconds: of all hypotheses, landmarks known.
    """

    method: str
    name: str
    kind: str
    coverage: float
    answered: bool
    figures: Figures
    spread: Spread
    psnr: float
    ssim: float
    feature: float
    lpips: float
    outside: int
    seconds: float

    def flatten(self) -> dict[str, Any]:
        """All values by name, the figures' beside the others."""
        values = dict(vars(self))
        values |= vars(values.pop("figures"))
        hypotheses: Spread = values.pop("spread")
        return values | {"spread": hypotheses.smooth, "spread_plain": hypotheses.plain}


@dataclass(frozen=True, eq=False)
class NativeResult:
    """One case.

    Attributes:
        scores: one per contender, in their order.
        pictures: contender -> its hypotheses, cut out by ``window``; none where it had no answer.
        window: rows and columns that were cut out: the hole with what is around it.
    """

    scores: list[NativeScore]
    pictures: dict[str, list[Picture]]
    window: tuple[slice, slice]


@dataclass(eq=False)
class NativeScorer:
    """Scores damaged photographs.

    Attributes:
        contenders: who. landmarks: what they are told; None where nobody needs any.
        features: the feature distance. lpips: or None.
        seeds: one per hypothesis; of kinds that are not ``VARIED`` there is one.
        refusals: contender -> error code -> how often.
        search: seconds that each search for landmarks took.
    """

    contenders: Sequence[Contender]
    landmarks: LandmarkSource | None
    features: metrics.FeatureMetric
    lpips: Lpips | None = None
    seeds: Sequence[int] = (0,)
    refusals: dict[str, dict[str, int]] = field(default_factory=dict)
    search: list[float] = field(default_factory=list)

    def __call__(self, case: NativeCase) -> NativeResult:
        """A missing output counts as the untouched input."""
        start = time.perf_counter()
        # Once for all contenders: the search inside a restoration is the same one, and takes as long as a fill.
        found = None if self.landmarks is None else self.landmarks(case)
        self.search.append(time.perf_counter() - start)
        window = surroundings(case.hole, case.eye_distance)
        damaged, truth, hole = case.damaged, case.truth[window], case.hole[window]
        scores: list[NativeScore] = []
        cut_out: dict[str, list[Picture]] = {}
        for one in self.contenders:
            start = time.perf_counter()
            answer = answer_of(one, case, found, self._seeds(case.kind), self.refusals)
            seconds = time.perf_counter() - start
            pictures = answer or [damaged]
            first = pictures[0]
            lpips = float("nan") if self.lpips is None else self.lpips(case.truth, first, case.hole, case.box)
            scores.append(
                NativeScore(
                    method=one.name,
                    name=case.name,
                    kind=case.kind,
                    coverage=case.coverage,
                    answered=answer is not None,
                    figures=figures(first, case.truth, case.hole, case.eye_distance),
                    spread=spread(pictures, case.hole, case.eye_distance),
                    # Nothing that these two look at lies outside the window.
                    psnr=metrics.psnr(first[window], truth, hole),
                    ssim=metrics.ssim(first[window], truth, hole),
                    feature=float(self.features(case.truth, [first], case.hole, case.box).distances[0]),
                    lpips=lpips,
                    outside=sum(metrics.outside(each, damaged, case.hole) for each in pictures),
                    seconds=seconds,
                )
            )
            cut_out[one.name] = [picture[window].copy() for picture in answer or []]
        return NativeResult(scores, cut_out, window)

    def _seeds(self, kind: str) -> Sequence[int]:
        return self.seeds if kind in VARIED else self.seeds[:1]
