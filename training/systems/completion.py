"""A system that completes pictures: one generator, weighted terms, and whoever tells its pictures from real ones.

Most published systems are one call of ``CompletionSystem`` with a network, terms and adversaries; what needs more paths
(two stages, a posterior) draws on the same parts.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork
from statue_models.networks.layers import compose
from training.damage.draws import Draws
from training.losses.attempt import Attempt, Term
from training.systems.adversary import Adversary
from training.systems.completion_data import CompletionData
from training.systems.completion_judge import Measure, judge_completions
from training.systems.feature_loss import FeatureLoss
from training.systems.system import Batch, Judgement, Player

GENERATOR = "generator"


class CompletionSystem:
    """See ``training.systems.system.System``.

    Args:
        name: of the generator among the networks: the system's, with underscores.
        generator: on the device.
        data: to learn from and to be judged on.
        terms: name -> (weight, term); those of weight 0 are not computed.
        adversaries: their turns come after the generator's, so that they judge its pictures without another pass.
        rate, betas: of the generator's optimiser, as ``Player`` has them.
        every: its turn comes with every so many-th batch: 5 for five critic steps.
        metric: also judges by the feature distance, if there.
        composited: losses look at completed pictures: the generator's in the hole, the truth elsewhere.
        measures: more figures of judgements, as ``judge_completions`` takes them.
    """

    def __init__(
        self,
        name: str,
        generator: CompletionNetwork,
        data: CompletionData,
        terms: Mapping[str, tuple[float, Term]],
        adversaries: Sequence[Adversary] = (),
        rate: float = 1.0,
        betas: tuple[float, float] = (0.5, 0.999),
        every: int = 1,
        metric: FeatureLoss | None = None,
        composited: bool = False,
        measures: Mapping[str, Measure] | None = None,
    ) -> None:
        self.name, self.generator, self.data, self.metric = name, generator, data, metric
        self.composited, self.measures = composited, measures or {}
        self.terms = {label: (weight, term) for label, (weight, term) in terms.items() if weight}
        self.adversaries = {one.name: one for one in adversaries}
        self.networks: dict[str, nn.Module] = {name: generator}
        self.networks |= {one.name: one.network for one in adversaries}
        player = Player(GENERATOR, (name,), rate, betas, every=every)
        self.players: Sequence[Player] = [player, *(one.player for one in adversaries)]

    def draw(self, draws: Draws, count: int) -> Batch:
        """Damaged pictures, as ``CompletionData.draw`` has them, and the generator's noise where it takes any."""
        batch = self.data.draw(draws, count)
        if self.generator.latent:
            batch["noise"] = draws.normal(count, self.generator.latent)
        return batch

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The generator's weighted terms, an adversary's by its name; or an adversary's own."""
        if player == GENERATOR:
            attempt = self.attempt(batch)
            batch["generated"] = attempt.generated.detach()
            losses = {label: weight * term(attempt) for label, (weight, term) in self.terms.items()}
            for one in self.adversaries.values():
                losses |= one.paid(attempt, batch) if one.weight or one.matching else {}
            return losses
        if "generated" not in batch:  # the generator had no turn
            with torch.no_grad():
                batch["generated"] = self.attempt(batch).generated
        made = Attempt(batch["picture"], batch["mask"], batch["counted"], batch["generated"])
        return self.adversaries[player].losses(made, batch, draws)

    def attempt(self, batch: Batch) -> Attempt:
        """What the generator makes of a batch."""
        made = self.complete(batch["picture"], batch["mask"], batch.get("landmarks"), batch.get("noise"))
        return attempt_of(batch, made)

    def complete(self, picture: Tensor, mask: Tensor, landmarks: Tensor | None, noise: Tensor | None) -> Tensor:
        """The generator's pictures; what else it is shown in training, a subclass adds here."""
        out: Tensor = self.generator(picture, mask, landmarks, noise)
        return compose(picture, mask, out.float()) if self.composited else out

    def judge(self) -> Judgement:
        """On held-out pictures, every kind of damage apart."""
        return judge_completions(self.generator, self.data.held(), self.metric, self.measures, self.composited)


def attempt_of(batch: Batch, generated: Tensor) -> Attempt:
    """A batch's attempt with these pictures; where no truth is known, they are what stands there."""
    picture = batch["picture"]
    known = torch.where(batch["inside"] > 0, generated.float(), picture)
    return Attempt(picture, batch["mask"], batch["counted"], known)
