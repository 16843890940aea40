"""``pii-gan``: completions that noise over the hole decides (system 4P: "Pluralistic Image Inpainting", 2019).

An extractor reads noise off the true middle of a picture; with that noise the generator is to give this very middle.
With any other it is to convince two critics, of the middle and of the whole, and the extractor is to read the same
noise off what came out. Critics move on every batch, generator and extractor on every fifth.

What the description leaves open is chosen: the critics judge completions with random noise (the others are held to the
truth by their pixels); the divergence is summed over a picture's numbers and averaged over the batch, so that its
weight does not depend on the batch's size; differences outside the hole are those of the refined picture, over what is
visible; both networks and both branches begin alike.

Departures from the released code:

* Noise is mean + deviation * normal noise. There it was mean + (mean + deviation * e) * e.
* The extractor learns. There it was in neither optimiser's list, and its noise was that of random weights.
* Logarithms of variances are bounded, so that no exponential overflows.
* Where no truth is known, beyond the edge of a stored picture, nothing is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from statue_models.networks.gaussian import MOST_LOG_VARIANCE, Gaussian
from statue_models.networks.published.pii_gan import PiiGan, PiiGanShape
from training.damage.draws import Draws
from training.losses.adversarial import WGAN
from training.losses.attempt import Attempt, pixel_term
from training.losses.divergence import free_divergence
from training.systems.adversary import Adversary, see_picture
from training.systems.completion import GENERATOR, CompletionSystem, attempt_of
from training.systems.completion_data import CompletionData, CompletionOptions, weight
from training.systems.discriminators.dense import DenseDiscriminator
from training.systems.feature_loss import FeatureLoss, open_metric
from training.systems.published.products import published_product
from training.systems.system import Batch, Player, Setting, first_weights
from training.toml_tables import fill, number

NAME = "pii_gan"
PRODUCT = published_product(NAME, PiiGan)
EXTRACTOR = "extractor"
#: Of all players' Adam.
BETAS = (0.5, 0.9)
#: Channels of the extractor's and the critics' four convolutions, in those of the generator's first layer.
EXTRACTED, LOCAL, GLOBAL = (2, 4, 8, 8), (2, 4, 8, 16), (2, 4, 8, 8)


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of the generator's first layer; the other networks' follow.
        critic_steps: turns of the critics for each of the generator's.
        patch: weight of the middle's pixels with its own noise, for the coarse and for the refined picture each.
        outside: of the visible pixels, with its own and with random noise each.
        divergence: of the extractor's noise from N(0, 1). style: of the noise that is read back.
        adversarial: of both critics. penalty: of their slope.
    """

    damage: tuple = ({"kind": "shrunk_block"},)
    width: int = number(32, least=2, most=256)
    critic_steps: int = number(5, least=1, most=100)
    patch: float = weight(1.44)
    outside: float = weight(1.2)
    divergence: float = weight(0.1)
    style: float = weight(1.44)
    adversarial: float = weight(0.001)
    penalty: float = weight(10.0)


def make(setting: Setting) -> "PiiGanSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "pii-gan")
    data = options.open_data(setting)
    with first_weights(setting):
        generator = PiiGan(PiiGanShape(options.size, options.width))
        extractor, local, whole = companions(options.size, options.width)
    adversaries = [
        Adversary(critic.to(setting.device), options.adversarial, name, WGAN, options.penalty, see=see, betas=BETAS)
        for critic, name, see in ((local, "local_critic", see_middle), (whole, "global_critic", see_picture))
    ]
    metric = open_metric(setting)
    return PiiGanSystem(generator.to(setting.device), extractor.to(setting.device), data, options, adversaries, metric)


def companions(size: int, width: int) -> tuple[DenseDiscriminator, DenseDiscriminator, DenseDiscriminator]:
    """The extractor, 36,230,528 parameters as published, and the critics of the middle and of the whole."""
    half = size // 2

    def network(side: int, times: Sequence[int], outputs: int) -> DenseDiscriminator:
        return DenseDiscriminator((side, side), [width * each for each in times], outputs=outputs)

    return network(half, EXTRACTED, 2 * half**2), network(half, LOCAL, 1), network(size, GLOBAL, 1)


def middle(picture: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, H / 2, W / 2)."""
    height, width = picture.shape[-2:]
    return picture[..., height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2]


def see_middle(picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """What the local critic sees."""
    return (middle(picture),)


class PiiGanSystem(CompletionSystem):
    """See ``training.systems.system.System``; its attempts are with the noise of the true middles.

    Args:
        generator, extractor: on the device; one player moves both.
        data: to learn from and to be judged on. options: the weights.
        adversaries: the critics. metric: also judges by the feature distance.
    """

    generator: PiiGan

    def __init__(
        self,
        generator: PiiGan,
        extractor: nn.Module,
        data: CompletionData,
        options: Options,
        adversaries: Sequence[Adversary],
        metric: FeatureLoss | None = None,
    ) -> None:
        super().__init__(NAME, generator, data, {}, adversaries, metric=metric)
        self.options, self.extractor = options, extractor
        self.networks[EXTRACTOR] = extractor
        both = Player(GENERATOR, (NAME, EXTRACTOR), betas=BETAS, every=options.critic_steps)
        self.players = [both, *(one.player for one in adversaries)]
        self._outside, self._everywhere = pixel_term(1, "visible"), pixel_term(1)

    def draw(self, draws: Draws, count: int) -> Batch:
        """Damaged pictures, random noise, and that of the extractor's samples."""
        batch = super().draw(draws, count)
        batch["style_noise"] = draws.normal(count, self.generator.latent)
        return batch

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Pixels, divergence, the noise read back and what the critics are paid; or a critic's own."""
        if player == GENERATOR:
            return self._generators(batch)
        if "generated" not in batch:  # the generator had no turn
            with torch.no_grad():
                made = self.generator(batch["picture"], batch["mask"], None, batch["noise"])
            batch["generated"] = attempt_of(batch, made).generated
        return self.adversaries[player].losses(attempt_of(batch, batch["generated"]), batch, draws)

    def attempt(self, batch: Batch) -> Attempt:
        """The completion with the noise of the true middle, which alone knows what is to come out."""
        noise = self.read(batch["picture"]).sample(batch["style_noise"])
        return attempt_of(batch, self.generator(batch["picture"], batch["mask"], None, noise))

    def read(self, picture: Tensor) -> Gaussian:
        """The noise of pictures' middles."""
        mean, log_variance = self.extractor(middle(picture)).float().chunk(2, dim=1)
        return Gaussian(mean, log_variance.clamp(-MOST_LOG_VARIANCE, MOST_LOG_VARIANCE))

    def _generators(self, batch: Batch) -> dict[str, Tensor]:
        options, picture, mask, random = self.options, batch["picture"], batch["mask"], batch["noise"]
        style = self.read(picture)
        noise = torch.cat([style.sample(batch["style_noise"]), random])
        stages = self.generator.stages(torch.cat([picture, picture]), torch.cat([mask, mask]), noise)
        (coarse, _), (own, other) = ([attempt_of(batch, part) for part in stage.chunk(2)] for stage in stages)
        batch["generated"] = other.generated.detach()
        shown = middle(self.generator.spread(random, mask)).flatten(1)
        terms = {
            "coarse": options.patch * self._patch(coarse),
            "refined": options.patch * self._patch(own),
            "outside": options.outside * (self._outside(own) + self._outside(other)),
            "divergence": options.divergence * free_divergence(style),
            "style": options.style * (self.read(other.composite).mean - shown).abs().mean(),
        }
        if options.adversarial:
            for critic in self.adversaries.values():
                terms |= critic.paid(other, batch)
        return terms

    def _patch(self, attempt: Attempt) -> Tensor:
        """Mean absolute difference in the middle."""
        parts = (attempt.truth, attempt.mask, attempt.counted, attempt.generated)
        return self._everywhere(Attempt(*(middle(part) for part in parts)))
