"""``picnet``: several completions of one picture (system 4I: Zheng et al. 2019, "Pluralistic Image Completion").

Every batch goes two ways through one generator. On the way of reconstruction the sample comes from the posterior, and
the whole picture is asked for, in four sizes; a discriminator of its own is to answer to both alike. On the way of
generation it comes from the prior, only what is visible is compared, and the other discriminator is to be convinced.
Two divergences hold posterior and prior together; the more is visible, the narrower the posterior is to be.

What the description leaves open is chosen: the discriminators see whole pictures, as the generator gives them, and
look elsewhere where it does, behind their third block; what is to be alike are their answers; divergences are means
over numbers and pictures, differences of pixels sums over the four sizes.

Departures:

* Where no truth is known, beyond the edge of a stored picture, nothing is compared.
* Of other sides than 256 the four sizes are an eighth, a quarter, a half and the whole, as 32 to 256 are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from statue_models.networks.layers import filled, shrink_mask
from statue_models.networks.published.picnet import OUTPUTS, Normals, Picnet, PicnetShape
from training.damage.draws import Draws
from training.losses.attempt import Attempt
from training.losses.divergence import gaussian_divergence
from training.systems.adversary import Adversary
from training.systems.completion import GENERATOR, CompletionSystem, attempt_of
from training.systems.completion_data import CompletionData, CompletionOptions, weight
from training.systems.discriminators.freezing import freeze
from training.systems.discriminators.residual import ResidualDiscriminator
from training.systems.feature_loss import FeatureLoss, open_metric
from training.systems.published.products import published_product
from training.systems.system import Batch, Setting, first_weights
from training.toml_tables import fill, number

NAME = "picnet"
PRODUCT = published_product(NAME, Picnet)
#: Of all players' Adam.
BETAS = (0.0, 0.999)
#: How the posterior's width falls with the visible share: half of it at the middle, by this slope.
SLOPE, MIDDLE = 8.0, 0.8
#: Player -> what of the batch its discriminator judges.
JUDGED = {"discriminator": "generated", "posterior_discriminator": "reconstructed"}


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of all networks at the largest size.
        divergence: weight of both divergences, for each of the four sizes. pixels: of all differences of pixels.
        adversarial: of both discriminators.
    """

    size: int = 256
    damage: tuple = ({"kind": "block", "where": "centre"}, {"kind": "regular"}, {"kind": "strokes"})
    width: int = number(32, least=1, most=256)
    divergence: float = weight(20.0)
    pixels: float = weight(20.0)
    adversarial: float = weight(1.0)


def make(setting: Setting) -> "PicnetSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, NAME)
    data = options.open_data(setting)
    with first_weights(setting):
        generator = Picnet(PicnetShape(options.size, options.width))
        judges = [ResidualDiscriminator(options.width) for _ in JUDGED]
    adversaries = [
        Adversary(judge.to(setting.device), options.adversarial, name, "lsgan", composited=False, betas=BETAS)
        for judge, name in zip(judges, JUDGED, strict=True)
    ]
    return PicnetSystem(generator.to(setting.device), data, options, adversaries, open_metric(setting))


@dataclass(frozen=True, eq=False)
class Ways:
    """What became of a batch.

    Attributes:
        prior, posterior: of what is missing.
        generated, reconstructed: pictures (N, 3, s, s), s from an eighth of the side to all of it.
    """

    prior: Normals
    posterior: Normals
    generated: Sequence[Tensor]
    reconstructed: Sequence[Tensor]


class PicnetSystem(CompletionSystem):
    """See ``training.systems.system.System``; its attempts are reconstructions.

    Args:
        generator: on the device. data: to learn from and to be judged on.
        options: the weights. adversaries: by the names of ``JUDGED``. metric: also judges by the feature distance.
    """

    generator: Picnet

    def __init__(
        self,
        generator: Picnet,
        data: CompletionData,
        options: Options,
        adversaries: Sequence[Adversary],
        metric: FeatureLoss | None = None,
    ) -> None:
        super().__init__(NAME, generator, data, {}, adversaries, betas=BETAS, metric=metric)
        self.options = options

    def draw(self, draws: Draws, count: int) -> Batch:
        """Damaged pictures, and noise for either way."""
        batch = super().draw(draws, count)
        batch["posterior_noise"] = draws.normal(count, self.generator.latent)
        return batch

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The generator's divergences, pixels and what it pays on both ways; or a discriminator's own."""
        if player != GENERATOR:
            return self.adversaries[player].losses(attempt_of(batch, batch[JUDGED[player]]), batch, draws)
        ways = self.go(batch)
        attempts = {name: attempt_of(batch, getattr(ways, name)[-1]) for name in JUDGED.values()}
        batch |= {name: attempt.generated.detach() for name, attempt in attempts.items()}
        options, picture = self.options, batch["picture"]
        weight = options.divergence * OUTPUTS
        terms = {
            "posterior_divergence": weight * posterior_divergence(ways.posterior, batch["mask"]),
            "prior_divergence": weight * prior_divergence(ways.prior, ways.posterior),
            "reconstructed": options.pixels * scaled_l1(ways.reconstructed, picture, batch["inside"]),
            "generated": options.pixels * scaled_l1(ways.generated, picture, 1 - batch["mask"]),
        }
        if options.adversarial:
            convinced, alike = (self.adversaries[name] for name in JUDGED)
            terms |= convinced.paid(attempts["generated"], batch)
            terms[alike.name] = alike.weight * matching(alike, attempts["reconstructed"])
        return terms

    def attempt(self, batch: Batch) -> Attempt:
        """The reconstruction, which alone knows what is to come out."""
        return attempt_of(batch, self.go(batch).reconstructed[-1])

    def go(self, batch: Batch) -> Ways:
        """Both ways, in one pass of the encoder and one of the generator."""
        picture, mask, encoder = batch["picture"], batch["mask"], self.generator.encoder
        shown = torch.cat([filled(picture, mask, 0.0), filled(picture, 1 - mask, 0.0)])
        visible, missing = zip(*(one.chunk(2) for one in encoder(shown)), strict=True)
        prior, posterior = encoder.prior(visible[-1]), encoder.posterior(missing[-1])
        samples = torch.cat([prior.sample(batch["noise"]), posterior.sample(batch["posterior_noise"])])
        features = [torch.cat([one, one]) for one in visible]
        pictures = self.generator.generator(samples, features, torch.cat([mask, mask]))
        generated, reconstructed = zip(*(one.float().chunk(2) for one in pictures), strict=True)
        return Ways(prior, posterior, generated, reconstructed)


def posterior_divergence(posterior: Normals, mask: Tensor) -> Tensor:
    """From N(0, s^2) to the posterior, s = 1 / (1 + exp(8 (v - 0.8))) of the visible share v of each picture."""
    visible = 1 - mask.mean((1, 2, 3)).reshape(-1, *[1] * (posterior.mean.ndim - 1))
    wanted = torch.sigmoid(-SLOPE * (visible - MIDDLE))
    return gaussian_divergence(torch.zeros_like(wanted), wanted, *posterior).mean()


def prior_divergence(prior: Normals, posterior: Normals) -> Tensor:
    """From the posterior, which does not move for it, to the prior."""
    return gaussian_divergence(posterior.mean.detach(), posterior.deviation.detach(), *prior).mean()


def scaled_l1(pictures: Sequence[Tensor], truth: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute differences to the truth at the size of each of the pictures, summed over these.

    Args:
        pictures: (N, 3, s, s) of several sizes. truth: (N, 3, S, S).
        weight: (N, 1, S, S), 1 = compared; of smaller pictures, where all of a pixel is. The rest counts as no error.
    """
    total = truth.new_zeros(())
    for picture in pictures:
        times = truth.shape[-1] // picture.shape[-1]
        compared = 1 - shrink_mask(1 - weight, times)
        total = total + ((picture - functional.avg_pool2d(truth, times)).abs() * compared).mean()
    return total


def matching(adversary: Adversary, attempt: Attempt) -> Tensor:
    """Mean squared difference of the discriminator's answers to the reconstruction and to the truth."""
    with freeze(adversary.network):
        both = adversary.network(torch.cat([adversary.judged(attempt), attempt.truth])).float()
    found, right = both.chunk(2)
    return functional.mse_loss(found, right.detach())
