"""A discriminator as a player: what it sees, what it is asked, and what a generator pays it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from training.damage.draws import Draws
from training.losses.adversarial import discriminator_loss, generator_loss, gradient_penalty
from training.losses.attempt import Attempt
from training.systems.discriminators.freezing import freeze
from training.systems.system import Player

#: Picture of an attempt that is judged, and the batch -> what the discriminator is called with, the picture first.
See = Callable[[Tensor, Mapping[str, Any]], tuple[Tensor, ...]]


def see_picture(picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """The picture alone."""
    return (picture,)


def see_hole(picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """(N, 4, H, W): the picture in the hole, 0 elsewhere, and the hole: a local discriminator's view at full size."""
    mask = batch["mask"]
    return (torch.cat([picture * mask, mask], 1),)


@dataclass(frozen=True, eq=False)
class Adversary:
    """One discriminator.

    Attributes:
        name: of the network, of the player and of the term.
        network: gives logits.
        weight: of the generator's term.
        kind: of ``training.losses.adversarial``. penalty: weight of the gradient penalty.
        factor: of the discriminator's loss, which is the mean of its two halves; 2 where a system has their sum.
        composited: it judges the completed picture; else the generator's whole one.
        see: what of a picture it sees.
        rate, betas: of its optimiser, as ``Player`` has them.
    """

    network: nn.Module
    weight: float
    name: str = "discriminator"
    kind: str = "bce"
    penalty: float = 0.0
    factor: float = 1.0
    composited: bool = True
    see: See = see_picture
    rate: float = 1.0
    betas: tuple[float, float] = (0.5, 0.999)

    @property
    def player(self) -> Player:
        """Its turn."""
        return Player(self.name, (self.name,), self.rate, self.betas)

    def judged(self, attempt: Attempt) -> Tensor:
        """The picture of an attempt that it judges."""
        return attempt.composite if self.composited else attempt.generated

    def term(self, attempt: Attempt, batch: Mapping[str, Any]) -> Tensor:
        """What the generator pays, unweighted."""
        with freeze(self.network):
            return generator_loss(self.kind, self.network(*self.see(self.judged(attempt), batch)))

    def losses(self, attempt: Attempt, batch: Mapping[str, Any], draws: Draws) -> dict[str, Tensor]:
        """The discriminator's own."""
        real, fake = attempt.truth, self.judged(attempt).detach()
        # One pass for both: spectral norms and batch statistics then are the same for real and generated pictures.
        both = [torch.cat(pair) for pair in zip(self.see(real, batch), self.see(fake, batch), strict=True)]
        terms = {self.name: self.factor * discriminator_loss(self.kind, *self.network(*both).chunk(2))}
        if self.penalty:

            def critic(picture: Tensor) -> Tensor:
                logits: Tensor = self.network(*self.see(picture, batch))
                return logits

            terms["penalty"] = self.penalty * gradient_penalty(critic, real, fake, draws)
        return terms
