"""``perlin-gan-style``: ``perlin-gan`` whose pictures shall also have the style of the painting (system 2S).

Wirsching's program picks features of VGG-19 for a style loss, the first convolution of each block before its ReLU (its
layers 0, 5, 10, 19, 28), and their Gram matrices F F^T / (C h w); the loss itself was left unfinished in the original,
which never adds it. Its form is therefore ours: mean absolute differences of the matrices, summed over the five, of the
composite and of the undamaged picture; so are its weight and what is fed to VGG-19, pictures by ImageNet's mean and
deviation, for which its weights were made.

Everything else, departures included, is ``perlin-gan``'s. VGG-19's weights are the user's: recipes name what stands in.
"""

from dataclasses import dataclass

from torch import Tensor

from statue_models.networks.published.context_encoder import ContextEncoder
from training.features.feature_network import FeatureNetwork, open_features
from training.losses.attempt import Attempt, Term
from training.losses.perceptual import style_loss
from training.systems.completion import CompletionSystem
from training.systems.completion_data import weight
from training.systems.published import perlin_gan
from training.systems.published.products import published_product
from training.systems.system import Setting
from training.toml_tables import fill

NAME = "perlin_gan_style"
PRODUCT = published_product(NAME, ContextEncoder)
#: The first convolution of each block (published).
TAPS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


@dataclass(frozen=True)
class Options(perlin_gan.Options):
    """The recipe's ``[system]`` table.

    Attributes:
        style: weight of the style term, for features of VGG-19; of 100 to 1,000. Chosen.
        features: network of the style, as ``open_features`` takes it: planned was "vgg19", MobileNetV2 stands in for
            it, scaled as for LaFIn's.
    """

    style: float = weight(100.0)
    features: str = "mobilenet"


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data or weights that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "perlin-gan-style")
    terms = {}
    if options.style:
        network = open_features(options.features, setting.assets, setting.device, normalised=True)
        terms[f"style_{network.name}"] = (options.style, style_term(network))
    return perlin_gan.build(NAME, options, setting, terms)


def style_term(network: FeatureNetwork) -> Term:
    """Differences of the Gram matrices of ``TAPS``, of the composite and the truth."""

    def term(attempt: Attempt) -> Tensor:
        return style_loss(network, attempt.composite / 2 + 0.5, attempt.truth / 2 + 0.5, TAPS)

    return term
