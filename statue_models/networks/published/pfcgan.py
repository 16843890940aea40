"""The generator of PFCGAN: several faces for one hole, by way of an embedding of the face.

LeDaVR's "PFCGAN" (diverse faces from key points), after DE-GAN's face embedding and PII-GAN's style; written from a
description of the network. Two encoders look at the incomplete picture and at a style z, each at several scales. The
first gives v_l, what is known of the landmarks; the second v_f, what is known of the face besides. Both together are
the embedding: decoders of its two levels learn to draw landmarks from v_l, the face's outline and the face itself
from both (``training.systems.face_decoders``), and the U-Net paints from it. Grey (0) stands in the hole, and the mask
is shown.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.gaussian import Gaussian, GaussianHead, join
from statue_models.networks.layers import conv, deconv, filled, initialise_evenly

#: Channels of picture and mask.
SEEN = 4


@dataclass(frozen=True)
class PfcganShape(Shape):
    """Shape of a ``Pfcgan``.

    Attributes:
        side: of the pictures, a multiple of 32; published: 128.
        width: channels of the first layers; published: 32.
        style: numbers of the style z; published: 512.
        level: numbers of each of the embedding's two levels, a multiple of (side / 16)^2; published: 256.
    """

    width: int = 32
    style: int = 512
    level: int = 256

    @property
    def start(self) -> int:
        """Side of the coarsest maps that decoders begin with."""
        return self.side // 16

    def check(self) -> None:
        """Refuse what the layers cannot be made of.

        Raises:
            ValueError: for such a shape.
        """
        if self.side < 32 or self.side % 32 or min(self.width, self.style) < 1:
            raise ValueError(f"PFCGAN's side is a multiple of 32 from 32 on, not {self.side}")
        if self.level < 1 or self.level % self.start**2:
            raise ValueError(f"PFCGAN's level at {self.side} pixels is a multiple of {self.start**2}, not {self.level}")


class StylePyramid(nn.Module):
    """The style as maps for three scales: 1 channel at 1/2 of the side, 4 at 1/4, 16 at 1/8, the same numbers."""

    CHANNELS = (1, 4, 16)

    def __init__(self, shape: PfcganShape) -> None:
        super().__init__()
        self.finest = shape.side // 2
        self.spread = nn.Linear(shape.style, self.finest**2)

    def forward(self, style: Tensor) -> list[Tensor]:
        """(N, style) -> (N, 1, S/2, S/2), (N, 4, S/4, S/4), (N, 16, S/8, S/8)."""
        flat = self.spread(style)
        return [flat.reshape(-1, c, self.finest >> step, self.finest >> step) for step, c in enumerate(self.CHANNELS)]


class FaceEncoder(nn.Module):
    """Five convolutions 4/2/1, the style's maps beside what the first three give.

    Args:
        shape: of the network.
        again: also join the style to what comes out, before the last layer.
    """

    def __init__(self, shape: PfcganShape, again: bool) -> None:
        super().__init__()
        self.again = again
        self.pyramid = StylePyramid(shape)
        widths = [times * shape.width for times in (1, 2, 4, 4, 4)]
        beside = [0, *StylePyramid.CHANNELS, 0]
        inputs = [before + more for before, more in zip([SEEN, *widths[:-1]], beside, strict=True)]
        self.layers = nn.ModuleList(
            conv(before, after, 4, 2, 1, act="leaky") for before, after in zip(inputs, widths, strict=True)
        )
        flat = widths[-1] * (shape.side // 32) ** 2
        self.head = GaussianHead(flat + (shape.style if again else 0), shape.level)

    def forward(self, seen: Tensor, style: Tensor) -> Gaussian:
        """(N, 4, S, S) picture and mask, (N, style) -> one level of the embedding."""
        maps = [*self.pyramid(style), None, None]
        x = seen
        for layer, beside in zip(self.layers, maps, strict=True):
            x = layer(x)
            x = x if beside is None else torch.cat([x, beside], 1)
        flat = x.flatten(1)
        found: Gaussian = self.head(torch.cat([flat, style], 1) if self.again else flat)
        return found


class FacePainter(nn.Module):
    """The "face generator": a U-Net of five levels, the embedding spread out beside its coarsest one."""

    def __init__(self, shape: PfcganShape) -> None:
        super().__init__()
        widths = [shape.width << step for step in range(5)]
        self.coarsest = (widths[-1], shape.start, shape.start)
        self.spread = nn.Sequential(nn.Linear(2 * shape.level, widths[-1] * shape.start**2), nn.ReLU())
        self.down = nn.ModuleList(
            nn.Sequential(conv(before, after, stride=1 if step == 0 else 2, act="relu"), conv(after, after, act="relu"))
            for step, (before, after) in enumerate(pairwise([SEEN, *widths]))
        )
        self.up, self.merge = nn.ModuleList(), nn.ModuleList()
        before = 2 * widths[-1]
        for skip in widths[-2::-1]:
            self.up.append(deconv(before, skip, 3, 2, 1, output_padding=1, act="relu"))
            # The finest level has twice the channels that the row of halves would give it.
            before = max(skip, 2 * shape.width)
            self.merge.append(conv(2 * skip, before, act="relu"))
        self.out = conv(before, 3, act="tanh")

    def forward(self, seen: Tensor, embedding: Tensor) -> Tensor:
        """(N, 4, S, S) picture and mask, (N, 2 level) -> (N, 3, S, S) in [-1, 1]."""
        x, levels = seen, []
        for layer in self.down:
            x = layer(x)
            levels.append(x)
        x = torch.cat([x, self.spread(embedding).reshape(-1, *self.coarsest)], 1)
        for up, layer, skip in zip(self.up, self.merge, levels[-2::-1], strict=True):
            x = layer(torch.cat([up(x), skip], 1))
        out: Tensor = self.out(x)
        return out


class Pfcgan(CompletionNetwork):
    """Two encoders and the painter: 33,884,835 parameters as published, 25,856,739 of them the painter's.

    Its noise is the style z, and the embedding's mean is what is painted from. Faces need to stand where the network
    learnt them to, but their landmarks are not asked for.
    """

    shape_type = PfcganShape

    def __init__(self, shape: PfcganShape = PfcganShape()) -> None:
        super().__init__(shape)
        shape.check()
        self.latent = shape.style
        self.landmark_encoder = FaceEncoder(shape, again=True)
        self.face_encoder = FaceEncoder(shape, again=False)
        self.painter = FacePainter(shape)
        initialise_evenly(self)

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``."""
        style = picture.new_zeros(len(picture), self.latent) if noise is None else noise
        return self.paint(picture, mask, self.embed(picture, mask, style).mean)

    def embed(self, picture: Tensor, mask: Tensor, style: Tensor) -> Gaussian:
        """The embedding (N, 2 level) of what is known: v_l, then v_f. Picture and mask as ``forward`` takes them."""
        seen = self._seen(picture, mask)
        return join(self.landmark_encoder(seen, style), self.face_encoder(seen, style))

    def paint(self, picture: Tensor, mask: Tensor, embedding: Tensor) -> Tensor:
        """The picture (N, 3, S, S) of an embedding (N, 2 level)."""
        out: Tensor = self.painter(self._seen(picture, mask), embedding)
        return out

    @staticmethod
    def _seen(picture: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([filled(picture, mask, 0.0), mask], 1)
