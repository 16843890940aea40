"""Which landmarks the players of a landmark-guided system are told: the true ones, a predictor's, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from statue_models.networks.completion import CompletionNetwork
from training.damage.draws import Draws
from training.examples.fitted_examples import disturb_landmarks
from training.losses.attempt import Term
from training.systems.adversary import Adversary
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionData
from training.systems.completion_judge import judge_completions, mean_psnr
from training.systems.feature_loss import FeatureLoss
from training.systems.system import Batch, Judgement

#: Key of a batch under which the discriminator's landmarks lie; the generator's are its "landmarks".
TOLD = "told"
TRUE, PREDICTED, NONE = KNOWLEDGE = ("true", "predicted", "none")
#: Seed of the errors in judgements. Any would do.
ERROR_SEED = 6


@dataclass(frozen=True)
class LandmarksTold:
    """Who is told what.

    Attributes:
        generator, discriminator: of ``KNOWLEDGE``. What is predicted is the same for both.
        error: of what is predicted: times the errors of a good predictor, as ``disturb_landmarks`` has them.
        withheld: share of the examples in which both are told nothing.
    """

    generator: str = TRUE
    discriminator: str = TRUE
    error: float = 1.0
    withheld: float = 0.0

    def tell(self, batch: Batch, draws: Draws) -> Batch:
        """The batch with "landmarks" for the generator and ``TOLD`` for the discriminator, where they are told any.

        Both are (N, 68, 2) in sides; where they are withheld they are no numbers.
        """
        told = dict(batch)
        truth = told.pop("landmarks", None)
        if truth is None:
            return told
        known = {TRUE: truth}
        if PREDICTED in (self.generator, self.discriminator):
            known[PREDICTED] = self.predict(truth, batch["mask"], draws)
        if self.withheld:
            hidden = draws.chance(self.withheld, len(truth), 1, 1) > 0
            known = {kind: torch.where(hidden, torch.nan, points) for kind, points in known.items()}
        shown = {"landmarks": known.get(self.generator), TOLD: known.get(self.discriminator)}
        return told | {key: points for key, points in shown.items() if points is not None}

    def predict(self, landmarks: Tensor, mask: Tensor, draws: Draws) -> Tensor:
        """(N, 68, 2) with errors, which are larger where something is missing (mask (N, 1, S, S))."""
        return landmarks + self.error * (disturb_landmarks(landmarks, mask, draws) - landmarks)


class LandmarkedSystem(CompletionSystem):
    """A completion system whose players are told landmarks.

    Args:
        told: which. betas: of the generator's optimiser. The rest as ``CompletionSystem`` has it.
    """

    def __init__(
        self,
        name: str,
        generator: CompletionNetwork,
        data: CompletionData,
        terms: Mapping[str, tuple[float, Term]],
        told: LandmarksTold,
        adversaries: Sequence[Adversary],
        betas: tuple[float, float],
        metric: FeatureLoss | None = None,
    ) -> None:
        super().__init__(name, generator, data, terms, adversaries, betas=betas, metric=metric)
        self.told = told

    def draw(self, draws: Draws, count: int) -> Batch:
        """See ``CompletionSystem``; the landmarks are those that the players are told."""
        return self.told.tell(super().draw(draws, count), draws)

    def judge(self) -> Judgement:
        """With true landmarks, unless it knows none; ``psnr_predicted/LABEL`` with predicted ones, as in use."""
        held = self.data.held()
        if self.told.generator == NONE:
            blind = {label: {k: v for k, v in batch.items() if k != "landmarks"} for label, batch in held.items()}
            return judge_completions(self.generator, blind, self.metric)
        judgement = judge_completions(self.generator, held, self.metric)
        metrics = dict(judgement.metrics)
        for label, batch in held.items():
            if "landmarks" in batch:
                draws = Draws(ERROR_SEED, batch["picture"].device)
                found = self.told.predict(batch["landmarks"], batch["mask"], draws)
                metrics[f"psnr_predicted/{label}"] = mean_psnr(self.generator, {**batch, "landmarks": found})
        return Judgement(metrics, judgement.sheet)
