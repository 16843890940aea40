"""``vgg-generator``: a generator of faces by pixel and perceptual losses alone (system 3, after Johnson et al. 2016).

The loss is the mean squared error of whole pictures in [-1, 1] + 0.01 x the mean squared differences of VGG-19's
relu1_1 to relu5_1, summed over these; there is no discriminator. Judgements have both, unweighted, for every kind of
damage: ``mse/LABEL`` and ``perceptual_NETWORK/LABEL``. Published for faces of CelebA-HQ, after 1, 5 and 10 epochs:
0.0263, 0.0228 and 0.0096; 51.6, 39.8 and 21.2.

What the original is known to suffer from is as published by default, and mended by options: batch normalisation learns
what holes do to the statistics (``norm = "instance"``), and what is thrown away outside the hole is trained, too
(``composited``).

Departures from the original, whose slides do not say everything:

* They name neither masks nor norms and weights of the terms nor the optimiser: those here are chosen, as like their
  reference (DMFN) as can be and so that the published figures are possible. The mask is shown
  (``mask_channel = false``: the three channels that the slides have).
* Where another network stands in for VGG-19, its maps are scaled as it says, and terms and figures have its name.
"""

from dataclasses import dataclass

from statue_models.networks.published.vgg_generator import KINDS, NORMS, VggGenerator, VggGeneratorShape
from training.features.feature_network import open_features
from training.losses.attempt import pixel_term
from training.losses.feature_terms import FeatureViews, squared_features
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.feature_loss import open_metric
from training.systems.published.products import published_product
from training.systems.system import Setting, first_weights
from training.toml_tables import choice, fill, number

NAME = "vgg_generator"
PRODUCT = published_product(NAME, VggGenerator)
#: Pixel terms; the published figures fit "mse".
PIXEL_LOSSES = ("mse", "l1")


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width, blocks, kind, norm, strided, mask_channel: as ``VggGeneratorShape`` has them.
        pixels, perceptual: weights of the terms. pixel_loss: one of ``PIXEL_LOSSES``.
        features: as ``open_features`` takes it. features_normalised: with ImageNet's mean and deviation.
        composited: fix: losses look at the generator's pixels in the hole alone.
    """

    size: int = number(256, least=16, most=1024)
    damage: tuple = ({"kind": "rect", "low": 32, "high": 64},)
    width: int = number(64, least=2, most=1024)
    blocks: int = number(6, least=1, most=64)
    kind: str = choice("plain", KINDS)
    norm: str = choice("batch", tuple(NORMS))
    strided: bool = False
    mask_channel: bool = True
    pixels: float = weight(1.0)
    pixel_loss: str = choice("mse", PIXEL_LOSSES)
    #: Chosen out of 0.01 to 0.1: of the published figures, this makes the terms most alike.
    perceptual: float = weight(0.01)
    features: str = "vgg19"
    features_normalised: bool = True
    composited: bool = False

    @property
    def shape(self) -> VggGeneratorShape:
        """The generator's."""
        return VggGeneratorShape(
            self.size, self.width, self.blocks, self.kind, self.norm, self.strided, self.mask_channel
        )


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and weights that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "vgg-generator")
    normalised = options.features_normalised
    features = open_features(options.features, setting.assets, setting.device, normalised=normalised)
    with first_weights(setting):
        generator = VggGenerator(options.shape)
    data = options.open_data(setting)
    views, perceptual = FeatureViews(features), f"perceptual_{features.name}"
    terms = {
        "pixels": (options.pixels, pixel_term(1 if options.pixel_loss == "l1" else 2)),
        perceptual: (options.perceptual, squared_features(views)),
    }
    return CompletionSystem(
        NAME, generator.to(setting.device), data, terms, metric=open_metric(setting),
        composited=options.composited, measures={perceptual: views.distance},
    )  # fmt: skip
