"""A discriminator as a player: what it sees, what it is asked, and what a generator pays it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from training.damage.draws import Draws
from training.losses.adversarial import RELATIVISTIC, discriminator_loss, generator_loss, gradient_penalty
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


def see_picture_and_hole(picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """The picture, and (N, 3, H / 2, W / 2) of it round about the hole's middle."""
    part = picture
    for axis in (2, 3):
        length = picture.shape[axis]
        there = batch["counted"].amax(5 - axis)[:, 0] > 0
        places = torch.arange(length, device=picture.device)
        # Without a hole the two ends meet beyond each other: the middle is the picture's.
        first, last = torch.where(there, places, length).amin(1), torch.where(there, places, -1).amax(1)
        start = ((first + last + 1 - length // 2) // 2).clamp(0, length - length // 2)
        index = (start[:, None] + places[: length // 2])[:, None]
        index = index[..., None] if axis == 2 else index[:, :, None]
        shape = list(part.shape)
        shape[axis] = length // 2
        part = part.gather(axis, index.expand(shape))
    return picture, part


@dataclass(frozen=True, eq=False)
class Adversary:
    """One discriminator.

    Attributes:
        name: of the network, of the player and of the term.
        network: gives logits.
        weight: of the generator's term.
        matching: weight of the difference between its features of generated and of real pictures (Salimans et al.
            2016), for a network that gives them: ``with_features(...)`` -> logits, maps.
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
    matching: float = 0.0
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
        """What the generator pays for not being taken for real, unweighted."""
        return self._terms(attempt, batch, matched=False)[self.name]

    def paid(self, attempt: Attempt, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        """All that the generator pays, weighted: by the adversary's name, and ``NAME_features`` where these match."""
        terms = self._terms(attempt, batch, bool(self.matching))
        return {name: (self.weight if name == self.name else self.matching) * term for name, term in terms.items()}

    def _terms(self, attempt: Attempt, batch: Mapping[str, Any], matched: bool) -> dict[str, Tensor]:
        with freeze(self.network):
            fake, found = self._judge(self.see(self.judged(attempt), batch), matched)
            if not matched and self.kind != RELATIVISTIC:
                return {self.name: generator_loss(self.kind, fake)}
            with torch.no_grad():
                real, right = self._judge(self.see(attempt.truth, batch), matched)
        terms = {self.name: generator_loss(self.kind, fake, real)}
        if matched:
            apart = [(a.float() - b.float()).abs().mean() for a, b in zip(found, right, strict=True)]
            terms[f"{self.name}_features"] = torch.stack(apart).mean()
        return terms

    def _judge(self, seen: tuple[Tensor, ...], matched: bool) -> tuple[Tensor, Sequence[Tensor]]:
        """Logits, and features where they are asked for."""
        if not matched:
            return self.network(*seen), ()
        network: Any = self.network
        logits, maps = network.with_features(*seen)
        return logits, maps

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
