"""``dmfn``: dense multi-scale fusion (system 3D: Hui et al. 2020, "Image Fine-grained Inpainting").

The loss, of completed pictures throughout, is L1 + 25 x the differences of VGG-19's relu1_1 to relu5_1, each weighed by
1000 / channels squared and the first two also by where the picture is wrong (self-guided regression) + the squared
distance of the centres of relu4_1's maps + 5 x the discriminator's feature matching + 0.003 x a relativistic average
game. The discriminator sees the picture and half its side round about the hole.

Departures from the original:

* Pictures in [-1, 1] are brought to ImageNet's mean and deviation correctly. There the mean was that of [0, 1] less 1,
  which is no equivalent of it.
* Weights hold for VGG-19's channels; a network that stands in keeps them, whatever its own.
* What is not described is chosen: channels of the discriminator (as Iizuka et al. 2017, down to 4 x 4), feature
  matching as the mean of all its convolutions, centres in units of half the picture, the game's loss as the mean of its
  two halves, and in the generator normalisation where it is described alone: of a fusion block before its sum, and
  behind the transposed convolutions.
* Holes have sides of 96 to 128 of 256 pixels: described are 128, give or take 32, and the part that the discriminator
  sees has room for no more.
"""

from dataclasses import dataclass

from statue_models.networks.published.dmfn import Dmfn, DmfnShape
from training.features.feature_network import open_features
from training.losses.adversarial import RELATIVISTIC
from training.losses.attempt import pixel_term
from training.losses.feature_terms import FeatureViews, centroids, guided_features
from training.systems.adversary import Adversary, see_picture_and_hole
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.discriminators.dense import DenseDiscriminator, JoinedDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.published.products import published_product
from training.systems.system import Setting, first_weights
from training.toml_tables import fill, number

NAME = "dmfn"
PRODUCT = published_product(NAME, Dmfn)
#: Numbers that either branch of the discriminator gives, by the generator's width: 512 as published.
JUDGED = 8
#: Channels of the discriminator's convolutions by the generator's width, and the side where they end. Chosen.
JUDGED_WIDTHS, JUDGED_END = (1, 2, 4, 8), 4


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width, blocks: as ``DmfnShape`` has them.
        l1, perceptual, alignment, matching, adversarial: weights of the generator's terms.
        features: as ``open_features`` takes it.
    """

    size: int = number(256, least=32, most=1024)
    damage: tuple = ({"kind": "rect", "low": 48, "high": 64},)
    width: int = number(64, least=1, most=1024)
    blocks: int = number(8, least=1, most=64)
    l1: float = weight(1.0)
    perceptual: float = weight(25.0)
    alignment: float = weight(1.0)
    matching: float = weight(5.0)
    adversarial: float = weight(0.003)
    features: str = "vgg19"


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and weights that are missing or damaged.
    """
    options = fill(Options, "system", setting.options, "dmfn")
    features = open_features(options.features, setting.assets, setting.device, normalised=True)
    with first_weights(setting):
        generator = Dmfn(DmfnShape(options.size, options.width, options.blocks))
        discriminator = judge_of(options.size, options.width)
    data = options.open_data(setting)
    adversary = Adversary(
        discriminator.to(setting.device), options.adversarial, kind=RELATIVISTIC, matching=options.matching,
        see=see_picture_and_hole,
    )  # fmt: skip
    views = FeatureViews(features)
    terms = {
        "l1": (options.l1, pixel_term(1)),
        f"perceptual_{features.name}": (options.perceptual, guided_features(views)),
        f"alignment_{features.name}": (options.alignment, centroids(views)),
    }
    return CompletionSystem(
        NAME, generator.to(setting.device), data, terms, [adversary], metric=open_metric(setting), composited=True,
        measures={f"perceptual_{features.name}": views.distance},
    )  # fmt: skip


def judge_of(size: int, width: int) -> JoinedDiscriminator:
    """The discriminator for pictures of this side: six convolutions and five at 256, down to 4 x 4.

    Raises:
        ValueError: for a side that is not 4 times a power of two.
    """

    def branch(side: int) -> DenseDiscriminator:
        halvings = (side // JUDGED_END).bit_length() - 1
        if side != JUDGED_END << halvings:
            raise ValueError(f"a fusion network is trained at powers of two, not at {size} pixels")
        widths = [width * times for times in (*JUDGED_WIDTHS, *JUDGED_WIDTHS[-1:] * halvings)][:halvings]
        return DenseDiscriminator((side, side), widths, outputs=JUDGED * width)

    return JoinedDiscriminator(branch(size), branch(size // 2), JUDGED * width)
