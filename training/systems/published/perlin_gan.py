"""``perlin-gan``: completing pictures under any mask (system 2: Wirsching's "GAN inpainting of Renoir").

The loss is 0.999 sum((G - x)^2 M) / all samples + 0.001 BCE(D(composite), 1); D sums its two halves.

Departures from the original, which failed on all masks but the one that it was trained on:

* One step of both players per batch. There the optimisers stood behind the loop: one step per epoch.
* Every picture has a mask of its own, drawn afresh, so that no pixel of the output goes without a gradient. There one
  mask weighed the loss of all (``fixed_mask`` does so for the experiment), and of several only the last was used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from statue_models.networks.published.context_encoder import ContextEncoder, ContextEncoderShape
from training.losses.attempt import Term, pixel_term
from training.systems.adversary import Adversary
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.discriminators.deep import DeepDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.published.products import published_product
from training.systems.system import Setting, first_weights
from training.toml_tables import fill, number

NAME = "perlin_gan"
PRODUCT = published_product(NAME, ContextEncoder)


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of both networks' first layers. bottleneck: numbers that a picture goes through.
        pixels, adversarial: weights of the generator's terms.
    """

    damage: tuple = ({"kind": "perlin"},)
    width: int = number(64, least=1, most=1024)
    bottleneck: int = number(4000, least=1, most=16384)
    pixels: float = weight(0.999)
    adversarial: float = weight(0.001)


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    return build(NAME, fill(Options, "system", setting.options, "perlin-gan"), setting, {})


def build(name: str, options: Options, setting: Setting, terms: Mapping[str, tuple[float, Term]]) -> CompletionSystem:
    """A context encoder for any mask, and its discriminator.

    Args:
        name: of the generator among the networks.
        terms: weighted ones beside that of the pixels.

    Raises:
        StatueError: as ``make`` does.
    """
    data = options.open_data(setting)
    with first_weights(setting):
        generator = ContextEncoder(ContextEncoderShape(options.size, options.width, options.bottleneck))
        discriminator = DeepDiscriminator(options.size, judged_widths(options.size, options.width))
    adversary = Adversary(discriminator.to(setting.device), options.adversarial, factor=2.0)
    own = {"pixels": (options.pixels, pixel_term(2, "hole", over="all")), **terms}
    return CompletionSystem(name, generator.to(setting.device), data, own, [adversary], metric=open_metric(setting))


def judged_widths(size: int, width: int) -> tuple[int, ...]:
    """Channels of the discriminator's halvings: 64, 128, 128, 256, 512 as published; of fewer, the last."""
    widths = (width, 2 * width, 2 * width, 4 * width, 8 * width)
    return widths[-(size.bit_length() - 3) :]
