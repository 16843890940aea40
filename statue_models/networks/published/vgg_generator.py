"""The generator of "Facial generator with VGG-19 perceptual loss", trained without a discriminator.

The slides say: three convolution blocks, residual blocks, transposed convolutions, tanh. What they leave open is read
as Johnson et al. (2016, "Perceptual Losses") have it. Its hole is 0, and beside the picture it is shown the mask, which
the slides do not mention (``mask_channel``).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor, nn

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import Norm, Residual, conv, deconv, filled, initialise

#: How its convolutions are made: as published; each weighed by a second one (Yu et al. 2019); three columns side by
#: side (Wang et al. 2018, "Generative Multi-column CNNs").
KINDS = ("plain", "gated", "columns")
NORMS: dict[str, Norm] = {"batch": "batch", "instance": "instance"}
#: Kernels of the columns; first and last kernel of the others.
COLUMNS, OUTER = (3, 5, 7), 7
#: Finest change of the width that is tried to make kinds equally large: channels. Chosen: 1 at the lowest resolution.
STEP = 0.25


@dataclass(frozen=True)
class VggGeneratorShape(Shape):
    """Shape of a ``VggGenerator``.

    Attributes:
        side: of the pictures, a multiple of 8 from 16 on; chosen: 256.
        width: channels of the first layer of the plain kind; chosen: 64. The others' follow from it.
        blocks: residual ones; chosen: 6, or 9.
        kind: one of ``KINDS``; all have as many parameters as the plain one, give or take 5 % from a width of 12 on.
        norm: "batch", as published; "instance", whose statistics are of one picture, does not pass on in use what holes
            looked like in training.
        strided: variant B, in which the first block halves the picture, too.
        mask_channel: show it the mask.
    """

    side: int = 256
    width: int = 64
    blocks: int = 6
    kind: str = "plain"
    norm: str = "batch"
    strided: bool = False
    mask_channel: bool = True


class VggGenerator(CompletionNetwork):
    """Down to a quarter (variant B: an eighth), residual blocks, up again; 8,134,979 parameters.

    With 9 blocks 11,678,531; variant B 8,406,915.
    """

    shape_type = VggGeneratorShape

    def __init__(self, shape: VggGeneratorShape = VggGeneratorShape()) -> None:
        super().__init__(shape)
        if shape.side < 16 or shape.side % 8 or shape.width < 2 or shape.kind not in KINDS or shape.norm not in NORMS:
            kinds = f"its kind is one of {', '.join(KINDS)}, its norm one of {', '.join(NORMS)}"
            reason = "a perceptual generator's side is a multiple of 8 from 16 on, its width 2 or more"
            raise ValueError(f"{reason}; {kinds}")
        self.multiple = 8
        self.inputs = 4 if shape.mask_channel else 3
        self.layers = _layers(shape, equal_width(shape))
        initialise(self)

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``."""
        x = filled(picture, mask, 0.0)
        out: Tensor = self.layers(torch.cat([x, mask], dim=1) if self.inputs == 4 else x)
        return out


class Columns(nn.Module):
    """Several networks that see the same, their outputs one above the other."""

    def __init__(self, columns: list[nn.Sequential]) -> None:
        super().__init__()
        self.columns = nn.ModuleList(columns)

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W -> N x (sum of theirs) x H x W."""
        return torch.cat([column(x) for column in self.columns], dim=1)


def equal_width(shape: VggGeneratorShape) -> float:
    """Channels of the first layer, not rounded, with which a kind is as large as the plain one."""
    if shape.kind == "plain":
        return float(shape.width)
    wanted = _count(replace(shape, kind="plain"), float(shape.width))
    low, high = STEP, 2.0 * shape.width
    while high - low > STEP:
        middle = STEP * round((low + high) / 2 / STEP)
        low, high = (middle, high) if _count(shape, middle) < wanted else (low, middle)
    return min(low, high, key=lambda width: abs(_count(shape, width) - wanted))


@lru_cache(maxsize=256)
def _count(shape: VggGeneratorShape, width: float) -> int:
    """Parameters, counted without memory for them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in _layers(shape, width).parameters())


def _layers(shape: VggGeneratorShape, width: float) -> nn.Sequential:
    """The table of layers; the columns' own end is one for all of them."""
    widths = [max(1, round(width * times)) for times in (1, 2, 4)]
    if shape.kind == "columns":
        columns = Columns([nn.Sequential(*_body(shape, widths, kernel, kernel)) for kernel in COLUMNS])
        return nn.Sequential(columns, _end(shape, len(COLUMNS) * widths[0]))
    return nn.Sequential(*_body(shape, widths, 3, OUTER), _end(shape, widths[0]))


def _body(shape: VggGeneratorShape, widths: list[int], kernel: int, first: int) -> list[nn.Module]:
    """All layers but the last.

    Args:
        widths: channels per resolution.
        kernel: odd; the transposed ones, and the strided ones of variant B, have one more. first: of the first block.
    """
    norm, gated, even = NORMS[shape.norm], shape.kind == "gated", (kernel - 1) // 2
    inputs = 4 if shape.mask_channel else 3

    def down(before: int, after: int) -> nn.Module:
        size = kernel + 1 if shape.strided else kernel
        return conv(before, after, size, 2, even, norm=norm, act="relu", gated=gated)

    def same(act: bool) -> nn.Module:
        return conv(widths[2], widths[2], kernel, norm=norm, act="relu" if act else "none", gated=gated)

    def up(before: int, after: int) -> nn.Module:
        return deconv(before, after, kernel + 1, 2, even, norm=norm, act="relu", gated=gated)

    if shape.strided:
        start = down(inputs, widths[0])
    else:
        start = conv(inputs, widths[0], first, norm=norm, act="relu", gated=gated)
    blocks = [Residual(nn.Sequential(same(True), same(False))) for _ in range(shape.blocks)]
    return [
        start, down(widths[0], widths[1]), down(widths[1], widths[2]), *blocks,
        up(widths[2], widths[1]), up(widths[1], widths[0]),
    ]  # fmt: skip


def _end(shape: VggGeneratorShape, before: int) -> nn.Module:
    gated = shape.kind == "gated"
    if shape.strided:
        return deconv(before, 3, act="tanh", gated=gated)
    return conv(before, 3, OUTER, act="tanh", gated=gated)
