"""The context encoder: a picture through one vector, and back (Pathak et al. 2016, "Context Encoders").

The form is that of Wirsching's restoration of paintings ("GAN inpainting of Renoir"), which gives the whole picture
instead of its middle; no convolution has a bias. White (+1) stands in the hole, and no mask is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import conv, deconv, filled, initialise


@dataclass(frozen=True)
class ContextEncoderShape(Shape):
    """Shape of a ``ContextEncoder``.

    Attributes:
        side: of the pictures, a power of two from 16 on; published: 128.
        width: channels of the first layer; published: 64.
        bottleneck: numbers that a picture goes through; published: 4000.
    """

    width: int = 64
    bottleneck: int = 4000


class ContextEncoder(CompletionNetwork):
    """Five halvings to 4 x 4, one vector, six doublings; 71,258,944 parameters as published.

    Smaller pictures have fewer halvings: one for each power of two above 4.
    """

    shape_type = ContextEncoderShape

    def __init__(self, shape: ContextEncoderShape = ContextEncoderShape()) -> None:
        super().__init__(shape)
        down = widths(shape)
        self.layers = through_one_vector(down, shape.bottleneck, [*down[:0:-1], 2 * shape.width])

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``."""
        out: Tensor = self.layers(filled(picture, mask, 1.0))
        return out


def widths(shape: ContextEncoderShape) -> tuple[int, ...]:
    """Channels of the halvings down to 4 x 4: 64, 64, 128, 256, 512 as published.

    Raises:
        ValueError: for a side that is none.
    """
    halvings = shape.side.bit_length() - 3
    if halvings < 2 or shape.side != 4 << halvings or shape.width < 1 or shape.bottleneck < 1:
        raise ValueError(f"a context encoder's side is a power of two from 16 on, not {shape.side}")
    return (shape.width, *(shape.width << step for step in range(halvings - 1)))


def through_one_vector(down: Sequence[int], bottleneck: int, up: Sequence[int]) -> nn.Sequential:
    """A picture halved to 4 x 4, one vector, 4 x 4 doubled to a picture; with its first weights.

    Args:
        down: channels of the halvings. bottleneck: of the vector.
        up: channels at 4 x 4 and behind each doubling but the last, whose are the picture's.
    """
    layers: list[nn.Module] = [conv(3, down[0], 4, 2, 1, act="leaky", bias=False)]
    for before, after in pairwise(down):
        layers.append(conv(before, after, 4, 2, 1, norm="batch", act="leaky", bias=False))
    layers.append(conv(down[-1], bottleneck, 4, 1, 0, norm="batch", act="leaky", bias=False))
    layers.append(deconv(bottleneck, up[0], 4, 1, 0, norm="batch", act="relu", bias=False))
    for before, after in pairwise(up):
        layers.append(deconv(before, after, norm="batch", act="relu", bias=False))
    layers.append(deconv(up[-1], 3, act="tanh", bias=False))
    made = nn.Sequential(*layers)
    initialise(made)
    return made
