"""What the four systems of damaged paintings share (system 1: Nirvan, "Image-Restoration-deep-learning").

Departures of all four from the original:

* It has 20 paintings, each shifted, sheared, zoomed and mirrored; here every painting of a batch is another one
  (``training.examples.paintings``), so that nothing is to be had by remembering, and those that are judged are new.
* One of its epochs is one batch of 20: images here are 20 times its epochs.
* Some of its stored scripts leave pixels at 0..255 before a network that gives 0..1, or end in a ReLU under a
  cross-entropy. All four work in [0, 1], and end in a sigmoid under a squared error, as its description has it.
"""

from dataclasses import dataclass

from torch import Tensor

from statue_models.networks.published.painting_autoencoder import PaintingAutoencoder, PaintingShape
from training.losses.attempt import Attempt, Region, Term, pixel_term
from training.systems.adversary import Adversary
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.discriminators.painting import PaintingDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.system import Setting, first_weights
from training.toml_tables import fill, number

#: Both betas of Keras' Adam, which the original leaves as they are.
BETAS = (0.9, 0.999)
#: A squared error in [0, 1] over the same one in [-1, 1].
UNIT = 0.25


@dataclass(frozen=True)
class AutoencoderOptions(CompletionOptions):
    """Keys of an autoencoder's ``[system]`` table.

    Attributes:
        size: height of the pictures. width: channels of the first layer.
        pixels: weight of the squared error, which is one of [0, 1].
    """

    data: str = "paintings"
    size: int = number(256, least=32, most=1024)
    damage: tuple = ({"kind": "blotches"},)
    width: int = number(64, least=1, most=1024)
    pixels: float = weight(1.0)


@dataclass(frozen=True)
class GanOptions(AutoencoderOptions):
    """Keys of a GAN's ``[system]`` table.

    Attributes:
        judged_width: channels of the discriminator's first layer.
        adversarial: weight of what the generator pays it.
    """

    damage: tuple = ({"kind": "centre"},)
    judged_width: int = number(32, least=1, most=1024)
    adversarial: float = weight(1.0)


def make_autoencoder(name: str, kind: type[PaintingAutoencoder], setting: Setting) -> CompletionSystem:
    """A system without an adversary: the squared error of the whole picture.

    Args:
        name: of the network. kind: its class.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(AutoencoderOptions, "system", setting.options, name.replace("_", "-"))
    with first_weights(setting):
        generator = kind(PaintingShape(options.size, options.width))
    terms = {"pixels": (options.pixels, unit_squares("all"))}
    data = options.open_data(setting)
    metric = open_metric(setting)
    return CompletionSystem(name, generator.to(setting.device), data, terms, betas=BETAS, metric=metric)


def make_gan(
    name: str, kind: type[PaintingAutoencoder], setting: Setting, region: Region, composited: bool, paint: float
) -> CompletionSystem:
    """A system with one.

    Args:
        name: of the generator. kind: its class.
        region: where the squared error is taken; it is divided by the samples of the whole picture.
        composited: the discriminator judges the picture with its hole filled; else the generator's whole one.
        paint: of [0, 1], what stands in the hole.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(GanOptions, "system", setting.options, name.replace("_", "-"))
    shape = PaintingShape(options.size, options.width, paint)
    with first_weights(setting):
        generator = kind(shape)
        discriminator = PaintingDiscriminator(shape.size, options.judged_width)
    adversary = Adversary(discriminator.to(setting.device), options.adversarial, composited=composited, betas=BETAS)
    terms = {"pixels": (options.pixels, unit_squares(region))}
    data = options.open_data(setting)
    metric = open_metric(setting)
    return CompletionSystem(name, generator.to(setting.device), data, terms, [adversary], betas=BETAS, metric=metric)


def unit_squares(region: Region) -> Term:
    """The squared error of [0, 1] in a region, over all samples of the picture."""
    squares = pixel_term(2, region, over="all")

    def term(attempt: Attempt) -> Tensor:
        return UNIT * squares(attempt)

    return term
