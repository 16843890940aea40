"""``lafin``: a face completed by its landmarks (system 0B: Yang et al. 2019, arXiv 1911.11394).

The generator pays |G - x| / mean(M) + 0.1 content + 250 style (in the hole) + 0.1 total variation (of the composite) +
0.01 (D(G, l) - 1)^2, of pictures in [0, 1]; the discriminator, which is told the landmarks, half the sum of
(D(x, l) - 1)^2 and D(G, l)^2, with D's sigmoid. The defaults are the published values. Options that say "fix" mend
what its results are known to suffer from; all are off.

Departures from the original:

* The generator moves first, and the discriminator judges the pictures of that turn: one pass of the generator per step.
  There the discriminator moves first, and the generator then goes back through a graph whose weights have changed,
  which PyTorch refuses. Here no graph is shared: the generator pays by a pass of its own through frozen weights.
* mean(M) is at least 0.05, or tiny holes would explode the first term.
* Where no truth is known (beyond a stored picture's edge) nothing is judged.
* Where VGG-19's weights are not at hand, another network's features stand in; the terms have its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from statue_models.networks.published.lafin import UPSAMPLINGS, LafinGenerator, LafinShape, map_beside
from training.features.feature_network import FeatureNetwork, open_features
from training.losses.adversarial import KINDS
from training.losses.attempt import Attempt, Term
from training.losses.perceptual import content_loss, style_loss
from training.losses.pixels import l1_over_hole, total_variation
from training.systems.adversary import Adversary
from training.systems.completion_data import CompletionOptions, weight
from training.systems.data_options import check_size
from training.systems.discriminators.patch import PatchDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.published.landmarks_told import KNOWLEDGE, TOLD, LandmarkedSystem, LandmarksTold
from training.systems.published.products import published_product
from training.systems.system import Setting, first_weights
from training.toml_tables import choice, fill, number

NAME = "lafin"
PRODUCT = published_product(NAME, LafinGenerator)

LANDMARK_MAPS = ("pixels", "gaussian")
#: Standard deviation of a landmark's bump in sides: one pixel where the generator has a quarter of 256. Chosen.
SIGMA = 1 / 64
#: Of both players' Adam, as LaFIn publishes them.
BETAS = (0.0, 0.9)


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        size: a multiple of 32.
        width: channels of both networks at full resolution. blocks: dilated blocks of the generator.
        attention, discriminator_attention: whether the networks look at other positions.
        l1, style, content, adversarial, tv: weights of the generator's terms; adversarial = 0: no discriminator.
        adversarial_kind: of ``training.losses.adversarial``; fix: "hinge" or "bce", which do not saturate.
        discriminator_rate: the discriminator's learning rate over the generator's; fix: 1.
        landmarks: what the generator is shown: the "true" ones, or "none"; fix: "predicted", the true ones with the
            errors of a predictor, which is what it is shown in use. judge_landmarks: what the discriminator is told.
        landmark_error: of "predicted" landmarks, in training and in judgements: times the errors of a good predictor.
        landmarks_withheld: fix: share of the examples in which both see none.
        landmark_map: "pixels"; fix: "gaussian", which is still there at a quarter of the resolution.
        mask_channel: fix: show the generator the mask.
        upsampling: "deconv"; fix: "resize", which makes no checkerboard.
        features: network of style and content, as ``open_features`` takes it; published: "vgg19".
        features_normalised: bring pictures to ImageNet's mean and deviation first; not published.
    """

    size: int = number(256, least=32, most=1024)
    width: int = number(64, least=2, most=1024)
    blocks: int = number(7, least=1, most=64)
    attention: bool = True
    discriminator_attention: bool = True
    l1: float = weight(1.0)
    style: float = weight(250.0)
    content: float = weight(0.1)
    adversarial: float = weight(0.01)
    tv: float = weight(0.1)
    adversarial_kind: str = choice("lsgan_sigmoid", KINDS)
    discriminator_rate: float = number(0.1, least=0, most=100)
    damage: tuple = ({"kind": "block", "share": 0.5}, {"kind": "strokes", "share": 0.5})
    landmarks: str = choice("true", KNOWLEDGE)
    judge_landmarks: str = choice("true", KNOWLEDGE)
    landmark_error: float = number(1.0, least=0, most=100)
    landmarks_withheld: float = number(0.0, least=0, most=1)
    landmark_map: str = choice("pixels", LANDMARK_MAPS)
    mask_channel: bool = False
    upsampling: str = choice("deconv", UPSAMPLINGS)
    features: str = "vgg19"
    features_normalised: bool = False

    @property
    def shape(self) -> LafinShape:
        """The generator's."""
        sigma = SIGMA if self.landmark_map == "gaussian" else 0.0
        return LafinShape(self.size, self.width, self.blocks, self.mask_channel, self.upsampling, self.attention, sigma)

    @property
    def told(self) -> LandmarksTold:
        """Who is told which landmarks."""
        return LandmarksTold(self.landmarks, self.judge_landmarks, self.landmark_error, self.landmarks_withheld)


def make(setting: Setting) -> LandmarkedSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data and weights that are missing or damaged.
    """
    return build(NAME, fill(Options, "system", setting.options, "lafin"), setting)


def build(name: str, options: Options, setting: Setting) -> LandmarkedSystem:
    """The system of these options.

    Args:
        name: of the generator among the networks.

    Raises:
        StatueError: as ``make`` does.
    """
    check_size(options.size)
    data = options.open_data(setting)
    features = None
    if options.style or options.content:
        normalised = options.features_normalised
        features = open_features(options.features, setting.assets, setting.device, normalised=normalised)
    with first_weights(setting):
        generator = LafinGenerator(options.shape)
        discriminator = PatchDiscriminator(1, options.width, options.discriminator_attention)
    sigma = options.shape.sigma

    def see(picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
        return picture, map_beside(picture, batch.get(TOLD), sigma)

    adversary = Adversary(
        discriminator.to(setting.device), options.adversarial, kind=options.adversarial_kind, composited=False,
        see=see, rate=options.discriminator_rate, betas=BETAS,
    )  # fmt: skip
    adversaries = [adversary] if options.adversarial else []
    terms = terms_of(options, features)
    moved, metric = generator.to(setting.device), open_metric(setting)
    return LandmarkedSystem(name, moved, data, terms, options.told, adversaries, BETAS, metric)


def terms_of(options: Options, features: FeatureNetwork | None) -> dict[str, tuple[float, Term]]:
    """The generator's terms but the adversarial one; content and style by the name of the network that they are of."""
    terms: dict[str, tuple[float, Term]] = {"l1": (options.l1, _l1), "tv": (options.tv, _variation)}
    if features is None:
        return terms

    def content(attempt: Attempt) -> Tensor:
        return content_loss(features, *_shades(attempt))

    def style(attempt: Attempt) -> Tensor:
        generated, truth = _shades(attempt)
        return style_loss(features, generated * attempt.counted, truth * attempt.counted)

    named = {f"content_{features.name}": (options.content, content), f"style_{features.name}": (options.style, style)}
    return terms | named


def _shades(attempt: Attempt) -> tuple[Tensor, Tensor]:
    """What was generated and the truth in [0, 1], which the published losses are of."""
    return attempt.generated / 2 + 0.5, attempt.truth / 2 + 0.5


def _l1(attempt: Attempt) -> Tensor:
    return l1_over_hole(*_shades(attempt), attempt.counted)


def _variation(attempt: Attempt) -> Tensor:
    generated, truth = _shades(attempt)
    return total_variation(torch.where(attempt.counted > 0, generated, truth))
