"""``cifar-context-encoder``: the 8 x 8 hole of tiny pictures (system 0D, the statue thesis' check on CIFAR-10).

The loss is 0.999 mean((G - x)^2) + 0.001 BCE(D(G), 1) over the patch. Published: cats and dogs, batch 64, 1,000 steps,
in which the squared error falls from 0.726 to 0.181, and from about the hundredth on D is right about all patches. So
judgements also have ``mse_hole/LABEL``, the error in the patch in [-1, 1], and ``accuracy/LABEL``, the share of real
and generated patches that D takes for what they are.

The thesis counts 826 thousand parameters, which are the generator's; the discriminator has another 373 thousand.

Departures from the original: the hole may also touch the right and the lower edge; real and generated patches go
through D in one batch; judged is on held-out pictures, where the original's figures are of what it trains on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from statue_models.networks.published.cifar_context_encoder import (
    CifarContextEncoder,
    CifarShape,
    cut_patch,
    find_patch,
)
from training.losses.attempt import pixel_term
from training.systems.adversary import Adversary
from training.systems.completion import CompletionSystem
from training.systems.completion_data import CompletionOptions, weight
from training.systems.discriminators.small import SmallDiscriminator
from training.systems.feature_loss import open_metric
from training.systems.published.products import published_product
from training.systems.system import Judgement, Setting, first_weights
from training.toml_tables import fill, number

NAME = "cifar_context_encoder"
PRODUCT = published_product(NAME, CifarContextEncoder)
#: 8 x 8 of 32 x 32 pixels, anywhere; lengths are at 128.
HOLE = {"kind": "rect", "low": 32, "high": 32}


@dataclass(frozen=True)
class Options(CompletionOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        width: channels of the generator's first layer; the discriminator's has twice as many.
        dropout: of the generator's innermost numbers.
        pixels, adversarial: weights of the generator's terms.
    """

    data: str = "tiles"
    size: int = number(32, least=16, most=1024)
    damage: tuple = (HOLE,)
    width: int = number(32, least=1, most=512)
    dropout: float = number(0.5, least=0, most=0.95)
    pixels: float = weight(0.999)
    adversarial: float = weight(0.001)


class CifarSystem(CompletionSystem):
    """A completion system whose discriminator is judged, too."""

    def judge(self) -> Judgement:
        """See ``CompletionSystem.judge``; ``mse_hole`` and ``accuracy`` beside it."""
        judged = super().judge()
        metrics = dict(judged.metrics)
        (adversary,) = self.adversaries.values()
        for label, batch in self.data.held().items():
            with torch.no_grad():
                attempt = self.attempt(batch)
                logits = [
                    adversary.network(*adversary.see(picture, batch))
                    for picture in (attempt.truth, adversary.judged(attempt))
                ]
            metrics[f"mse_hole/{label}"] = float(_PATCH_ERROR(attempt))
            right = torch.cat([logits[0] > 0, logits[1] <= 0])
            metrics[f"accuracy/{label}"] = float(right.float().mean())
        return Judgement(metrics, judged.sheet)


_PATCH_ERROR = pixel_term(2, "hole")


def make(setting: Setting) -> CifarSystem:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "cifar-context-encoder")
    data = options.open_data(setting)
    shape = CifarShape(options.size, options.width, options.dropout)
    with first_weights(setting):
        generator = CifarContextEncoder(shape)
        discriminator = SmallDiscriminator(shape.patch, 2 * options.width)
    adversary = Adversary(
        discriminator.to(setting.device), options.adversarial, composited=False, see=_Patch(shape.patch)
    )
    terms = {"pixels": (options.pixels, _PATCH_ERROR)}
    return CifarSystem(NAME, generator.to(setting.device), data, terms, [adversary], metric=open_metric(setting))


@dataclass(frozen=True)
class _Patch:
    """What the discriminator sees of a picture: the square where most is missing.

    Attributes:
        side: in pixels.
    """

    side: int

    def __call__(self, picture: Tensor, batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
        return (cut_patch(picture, find_patch(batch["mask"], self.side), self.side),)
