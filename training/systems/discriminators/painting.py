"""One logit per painting by convolutions, pooling and two fully connected layers: that of the painting GANs."""

from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.layers import conv, initialise_evenly

#: Share of the flattened numbers that training leaves out; published.
DROPOUT = 0.4
#: Numbers of the hidden layer at the published width of 32 channels, over that width.
HIDDEN = 2


class PaintingDiscriminator(nn.Module):
    """Nirvan, "Image-Restoration-deep-learning": 856,161 parameters as published.

    The published last layer is a ReLU before a binary cross-entropy, which dies at 0; here it is a logit.

    Args:
        size: height and width of the pictures in pixels, multiples of 16; published: 256, 384.
        width: channels of the first layer; published: 32.
    """

    def __init__(self, size: tuple[int, int] = (256, 384), width: int = 32) -> None:
        super().__init__()
        height, width_ = size
        if height % 16 or width_ % 16:
            raise ValueError(f"{height} x {width_} pixels cannot be halved four times")
        self.layers = nn.Sequential(
            conv(3, width, 4, 2, 1, act="relu"), nn.MaxPool2d(2),
            conv(width, 2 * width, act="relu"), nn.MaxPool2d(2),
            conv(2 * width, 8 * width, act="relu"), nn.MaxPool2d(2),
            conv(8 * width, 4 * width, act="relu"),
        )  # fmt: skip
        rows, columns = (-(-length // 16 // 3) for length in size)
        self.out = nn.Sequential(
            nn.Flatten(), nn.Dropout(DROPOUT),
            nn.Linear(4 * width * rows * columns, HIDDEN * width), nn.ReLU(), nn.Linear(HIDDEN * width, 1),
        )  # fmt: skip
        initialise_evenly(self)

    def forward(self, picture: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1]; brought to the published [0, 1] here -> (N, 1) logits."""
        out: Tensor = self.out(pool_thirds(self.layers(picture / 2 + 0.5)))
        return out


def pool_thirds(x: Tensor) -> Tensor:
    """(N, C, H, W) >= 0 -> the maxima of 3 x 3, padded evenly where it takes padding, as Keras' "same" has it."""
    rows, columns = (-length % 3 for length in x.shape[-2:])
    return functional.max_pool2d(functional.pad(x, _split(columns) + _split(rows)), 3)


def _split(count: int) -> tuple[int, int]:
    """Padding before and after."""
    return count // 2, count - count // 2
