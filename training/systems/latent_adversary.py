"""A discriminator of vectors as a player: a network's latent numbers are to look drawn from N(0, I)."""

from dataclasses import dataclass

from torch import Tensor, nn

from training.damage.draws import Draws
from training.losses.adversarial import discriminator_loss, generator_loss
from training.systems.discriminators.freezing import freeze
from training.systems.system import Player


@dataclass(frozen=True, eq=False)
class LatentAdversary:
    """One discriminator, in the game of Goodfellow et al. (2014).

    Attributes:
        network: (N, D) -> logits.
        weight: of the generator's term.
        name: of the network, of the player and of the term.
        count: it judges the first so many numbers.
        betas: of its optimiser.
    """

    network: nn.Module
    weight: float
    name: str
    count: int
    betas: tuple[float, float] = (0.5, 0.999)

    @property
    def player(self) -> Player:
        """Its turn."""
        return Player(self.name, (self.name,), betas=self.betas)

    def term(self, vectors: Tensor) -> Tensor:
        """What is paid for vectors (N, count or more), unweighted."""
        with freeze(self.network):
            return generator_loss("bce", self.network(vectors[:, : self.count]))

    def losses(self, vectors: Tensor, draws: Draws) -> dict[str, Tensor]:
        """The discriminator's own."""
        fake = vectors[:, : self.count].detach()
        real = draws.normal(*fake.shape)
        return {self.name: discriminator_loss("bce", self.network(real), self.network(fake))}
