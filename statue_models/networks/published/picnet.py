"""PICNet (Zheng et al. 2019, "Pluralistic Image Completion"): what is missing is drawn from what is visible.

An encoder gives features of the visible part, and from them distributions of what may be missing (the prior). In
training the same encoder sees what really was missing, which gives others (the posterior). A generator makes pictures
of several sizes from a sample of either and the features. Grey (0) stands in the hole, and no mask is shown.

The published numbers of parameters decide what the description leaves open: instance normalisations have factors and
offsets, but the generator's first block has none, and spectral norm is everywhere but in the attention's query. They
count the vectors of spectral norms, too, which are no parameters here. Slopes and the outputs' padding are chosen.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import filled
from statue_models.networks.preact import (
    SLOPE,
    PreactResidual,
    initialise_orthogonally,
    residual_encoder,
    residual_widths,
    spectral,
)
from statue_models.networks.short_long_attention import ShortLongAttention

#: Halvings of the encoder, residual blocks before the prior, and sizes of pictures that the generator gives.
HALVINGS, PRIOR_BLOCKS, OUTPUTS = 5, 6, 4
#: The generator's block behind which it looks elsewhere, and the encoder's features that are as large there.
ATTENTION, ENCODED = 1, 2
#: Smallest standard deviation; chosen: divergences divide by it.
LEAST_DEVIATION = 1e-4


class Normals(NamedTuple):
    """Independent normal distributions.

    Attributes:
        mean, deviation: any one shape, float32.
    """

    mean: Tensor
    deviation: Tensor

    def sample(self, noise: Tensor | None) -> Tensor:
        """The likeliest values, or those that (N, ...) standard normal noise of as many numbers decides."""
        return self.mean if noise is None else self.mean + self.deviation * noise.reshape(self.mean.shape)


@dataclass(frozen=True)
class PicnetShape(Shape):
    """Shape of a ``Picnet``.

    Attributes:
        side: of the pictures, a multiple of 32 from 64 on; published: 256.
        width: channels at the largest size, four times as many at the smallest, and of the noise; published: 32.
    """

    side: int = 256
    width: int = 32


class PicnetEncoder(nn.Module):
    """3,604,224 parameters as published, beside 31,390 numbers of spectral norms."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widest = 4 * width
        self.blocks = residual_encoder(residual_widths(width, HALVINGS))
        self.before_prior = nn.Sequential(*(PreactResidual(widest, widest, widest) for _ in range(PRIOR_BLOCKS)))
        self.to_prior = PreactResidual(widest, widest, 2 * widest)
        self.to_posterior = PreactResidual(widest, widest, 2 * widest)

    def forward(self, shown: Tensor) -> list[Tensor]:
        """(N, 3, S, S) with grey where nothing is shown -> features, S / 2 to S / 32 large."""
        features = []
        for block in self.blocks:
            shown = block(shown)
            features.append(shown)
        return features

    def prior(self, features: Tensor) -> Normals:
        """What may be missing, from the visible part's smallest features."""
        return _gaussian(self.to_prior(self.before_prior(features)))

    def posterior(self, features: Tensor) -> Normals:
        """What was missing, from its own smallest features."""
        return _gaussian(self.to_posterior(features))


class PicnetGenerator(nn.Module):
    """2,374,016 parameters as published, beside 25,542 numbers of spectral norms."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widest = 4 * width
        self.start = PreactResidual(widest, widest, widest)
        self.attention = ShortLongAttention(widest)
        self.blocks, self.outputs = nn.ModuleList(), nn.ModuleList()
        before = widest
        for index, after in enumerate(reversed(residual_widths(width, HALVINGS))):
            self.blocks.append(PreactResidual(before, after, after, "up", instance=True))
            shown = index >= HALVINGS - OUTPUTS
            if shown:
                self.outputs.append(spectral(nn.Conv2d(after, 3, 3, padding=1, padding_mode="reflect")))
            before = after + 3 * shown

    def forward(self, noise: Tensor, features: list[Tensor], mask: Tensor) -> list[Tensor]:
        """Generate.

        Args:
            noise: (N, C, S / 32, S / 32), a sample of prior or posterior.
            features: of the visible part. mask: (N, 1, S, S), 1 = missing.

        Returns:
            Pictures (N, 3, s, s) in [-1, 1], s from S / 8 to S.
        """
        x = self.start(noise) + features[-1]
        pictures: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            x = block(x if not pictures else torch.cat([x, pictures[-1]], dim=1))
            if index == ATTENTION:
                missing = functional.adaptive_avg_pool2d(mask, x.shape[-2:])
                x = self.attention(x, features[ENCODED], missing)
            if index >= HALVINGS - OUTPUTS:
                output = self.outputs[index - HALVINGS + OUTPUTS]
                pictures.append(torch.tanh(output(functional.leaky_relu(x, SLOPE))))
        return pictures


class Picnet(CompletionNetwork):
    """Both."""

    shape_type = PicnetShape
    multiple = 2**HALVINGS

    def __init__(self, shape: PicnetShape = PicnetShape()) -> None:
        super().__init__(shape)
        if shape.side < 64 or shape.side % self.multiple or shape.width < 1:
            raise ValueError(f"PICNet's side is a multiple of {self.multiple} from 64 on, not {shape.side}")
        self.encoder, self.generator = PicnetEncoder(shape.width), PicnetGenerator(shape.width)
        self.latent = 4 * shape.width * (shape.side // self.multiple) ** 2
        initialise_orthogonally(self)

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``: a sample of the prior, or its mean."""
        features = self.encoder(filled(picture, mask, 0.0))
        sample = self.encoder.prior(features[-1]).sample(noise)
        out: Tensor = self.generator(sample, features, mask)[-1]
        return out


def _gaussian(both: Tensor) -> Normals:
    mean, deviation = both.float().chunk(2, dim=1)
    return Normals(mean, functional.softplus(deviation).clamp(min=LEAST_DEVIATION))
