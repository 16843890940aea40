"""``context-encoder-center``: completing the middle half of a picture (system 0C; Pathak et al. 2016).

The loss is 0.998 mean(w (G - x)^2) + 0.002 BCE(D(G), 1) over the middle half, w = 10 on the rim that the generator has
seen and 1 within; D judges the generator's half, rim and all, against the picture's, and sums its two losses.

The values are those of the best-known port and of the statue thesis, which took it over; the paper has 0.999 and 0.001,
and its own program ten times D's learning rate for G.

Departures from the original: pictures come from ``data``, framed by it, where the original cuts 128 pixels out of
pictures of 350; what lies beyond a framed face's photograph has the hole's colour, and costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from statue_models.networks.published.context_encoder_center import CentreContextEncoder, CentreShape
from training.losses.attempt import Attempt, Term
from training.systems.adversary import Adversary
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.discriminators.deep import DeepDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.published.products import published_product
from training.systems.system import Setting, first_weights
from training.toml_tables import fill, number

NAME = "context_encoder_center"
PRODUCT = published_product(NAME, CentreContextEncoder)
#: What is missing: the middle half without its visible rim.
HOLE = {"kind": "block", "where": "centre", "rim": 4}


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of both networks' first layers. bottleneck: numbers that a picture goes through.
        pixels, adversarial: weights of the generator's terms.
        rim_weight: of the rim's pixels in the first.
    """

    damage: tuple = (HOLE,)
    width: int = number(64, least=1, most=1024)
    bottleneck: int = number(4000, least=1, most=16384)
    pixels: float = weight(0.998)
    adversarial: float = weight(0.002)
    rim_weight: float = weight(10.0)


def make(setting: Setting) -> CompletionSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "context-encoder-center")
    data = options.open_data(setting)
    shape = CentreShape(options.size, options.width, options.bottleneck)
    with first_weights(setting):
        generator = CentreContextEncoder(shape)
        discriminator = DeepDiscriminator(shape.side // 2, judged_widths(shape))
    adversary = Adversary(
        discriminator.to(setting.device), options.adversarial, factor=2.0, composited=False, see=_MiddleHalf(shape)
    )
    terms = {"pixels": (options.pixels, middle_term(shape, options.rim_weight))}
    return CompletionSystem(NAME, generator.to(setting.device), data, terms, [adversary], metric=open_metric(setting))


def judged_widths(shape: CentreShape) -> tuple[int, ...]:
    """Channels of the discriminator's halvings: 64, 128, 256, 512 as published; of fewer, the first."""
    return tuple(shape.width << step for step in range(shape.side.bit_length() - 4))


def middle_term(shape: CentreShape, rim_weight: float) -> Term:
    """Mean squared difference over the middle half, times ``rim_weight`` on its rim."""
    weight = torch.full((shape.side, shape.side), rim_weight)
    weight[shape.hidden, shape.hidden] = 1.0
    middle = weight[shape.made, shape.made]

    def term(attempt: Attempt) -> Tensor:
        error = (attempt.generated - attempt.truth)[..., shape.made, shape.made].square()
        return (error * middle.to(error.device)).mean()

    return term


@dataclass(frozen=True)
class _MiddleHalf:
    """What the discriminator sees of a picture."""

    shape: CentreShape

    def __call__(self, picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
        return (picture[..., self.shape.made, self.shape.made],)
