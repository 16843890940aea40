"""A small context encoder for the 8 x 8 hole of a 32-pixel picture: the quick check on CIFAR-10.

The form is that of a known Keras port of Pathak et al. 2016, as the statue thesis tried it first. Grey (0) stands in
the hole, and no mask is shown. Keras' conventions are kept: "same" padding puts the odd pixel behind, normalisations
come after the leaky ReLUs, forget a fifth of their statistics per batch ("momentum 0.8") and have its epsilon.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import Activation, conv, filled

#: What a batch counts for in the running statistics: Keras' momentum of 0.8 (published) is PyTorch's 0.2.
MOMENTUM = 0.2
#: Keras' default.
EPSILON = 1e-3
#: Share of the picture's side that the hole has.
HOLE = 4


@dataclass(frozen=True)
class CifarShape(Shape):
    """Shape of a ``CifarContextEncoder``.

    Attributes:
        side: of the pictures, a multiple of 16; published: 32.
        width: channels of the first layer; published: 32.
        dropout: share of the innermost numbers that training leaves out; published: 0.5.
    """

    side: int = 32
    width: int = 32
    dropout: float = 0.5

    @property
    def patch(self) -> int:
        """Side of the hole: 8 of 32 pixels."""
        return self.side // HOLE


class CifarContextEncoder(CompletionNetwork):
    """Four halvings, two doublings; 825,603 parameters as published (826,435 with the running statistics)."""

    shape_type = CifarShape
    window = 1 / HOLE

    def __init__(self, shape: CifarShape = CifarShape()) -> None:
        super().__init__(shape)
        if shape.side < 16 or shape.side % 16 or shape.width < 1:
            raise ValueError(f"this context encoder's side is a multiple of 16, not {shape.side}")
        self._patch = shape.patch
        width = shape.width
        self.layers = nn.Sequential(
            keras_conv(3, width, 2), keras_conv(width, 2 * width, 2), keras_conv(2 * width, 4 * width, 2),
            conv(4 * width, 16 * width, 1, 2, act="leaky"), nn.Dropout(shape.dropout),
            nn.Upsample(scale_factor=2), keras_conv(16 * width, 4 * width, act="relu"),
            nn.Upsample(scale_factor=2), keras_conv(4 * width, 2 * width, act="relu"),
            conv(2 * width, 3, act="tanh"),
        )  # fmt: skip
        initialise_uniformly(self)

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``: what the network sees, with the patch put in where most is missing."""
        shown = filled(picture, mask, 0.0)
        return put_patch(shown, self.layers(shown), find_patch(mask, self._patch))


def keras_conv(before: int, after: int, stride: int = 1, act: Activation = "leaky") -> nn.Sequential:
    """A 3 x 3 convolution with Keras' "same" padding, its activation, then its normalisation."""
    layers: list[nn.Module] = [nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []
    layers.append(conv(before, after, 3, stride, 0 if stride == 2 else 1, act=act))
    return nn.Sequential(*layers, nn.BatchNorm2d(after, eps=EPSILON, momentum=MOMENTUM))


def initialise_uniformly(network: nn.Module) -> None:
    """Keras' first weights: uniform, as wide as channels in and out ask for (Glorot and Bengio 2010), biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


# --- where the patch lies --------------------------------------------------------------------------------------------


def find_patch(mask: Tensor, side: int) -> Tensor:
    """(N, 2) int64, top and left of the square of ``side`` pixels in which most of (N, 1, H, W) is missing.

    Of several that hold as much, the one whose middle is nearest to the middle of all that is missing.
    """
    missing = (mask > 0).float()
    area = missing.sum((1, 2, 3)).clamp(min=1)
    covered = functional.avg_pool2d(missing, side, 1)[:, 0] * side**2
    rows, columns = (torch.arange(size, device=mask.device, dtype=torch.float32) for size in mask.shape[2:])
    middles = [(missing.sum((1, axis)) * along).sum(1) / area for axis, along in ((3, rows), (2, columns))]
    starts = [along[: len(along) - side + 1] + (side - 1) / 2 for along in (rows, columns)]
    down, across = ((start - middle[:, None]).square() for start, middle in zip(starts, middles, strict=True))
    # Below 1, so that one pixel more of the hole counts more than any distance.
    away = (down[:, :, None] + across[:, None, :]) / (2 * max(mask.shape[2:]) ** 2)
    best = (covered - away).flatten(1).argmax(1)
    return torch.stack([best // covered.shape[2], best % covered.shape[2]], dim=1)


def cut_patch(picture: Tensor, place: Tensor, side: int) -> Tensor:
    """(N, C, side, side) of (N, C, H, W), from (N, 2) top and left on."""
    along = torch.arange(side, device=picture.device)
    rows, columns = place[:, 0, None] + along, place[:, 1, None] + along
    index = (rows[:, :, None] * picture.shape[3] + columns[:, None, :]).flatten(1)
    count, channels = picture.shape[:2]
    taken = picture.flatten(2).gather(2, index[:, None].expand(-1, channels, -1))
    return taken.reshape(count, channels, side, side)


def put_patch(picture: Tensor, patch: Tensor, place: Tensor) -> Tensor:
    """(N, C, H, W) with (N, C, S, S) laid over it, from (N, 2) top and left on."""
    side, (height, width) = patch.shape[2], picture.shape[2:]
    rows = torch.arange(height, device=picture.device) - place[:, 0, None]
    columns = torch.arange(width, device=picture.device) - place[:, 1, None]
    within = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
    index = (rows.clamp(0, side - 1)[:, :, None] * side + columns.clamp(0, side - 1)[:, None, :]).flatten(1)
    spread = patch.flatten(2).gather(2, index[:, None].expand(-1, patch.shape[1], -1)).reshape_as(picture)
    return torch.where(within[:, None], spread.to(picture.dtype), picture)
