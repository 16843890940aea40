"""The generator of LaFIn: a whole face from a damaged one and a map of its landmarks.

Yang, Guo, Ma, Ding, Yang, Ling: "LaFIn: Generative Landmark Guided Face Inpainting" (2019, arXiv 1911.11394), written
from a description of the network. The published network sees pictures in [0, 1] with a white hole and gives pictures in
[0, 1]; here both are brought to and from this room's [-1, 1]. What differs from the published one is said of each
attribute of the shape, and is off by default.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.completion import CompletionNetwork, Shape
from statue_models.networks.layers import Residual, conv, deconv, filled, initialise
from statue_models.networks.short_long_attention import ShortLongAttention
from statue_models.pixels.grid import centres_of

UPSAMPLINGS = ("deconv", "resize")
#: Most dilated blocks that a weights file may ask for. Chosen.
MOST_BLOCKS = 64


@dataclass(frozen=True)
class LafinShape(Shape):
    """Shape of a ``LafinGenerator``; the defaults are the published ones.

    Attributes:
        side: of the pictures trained on.
        width: channels at full resolution, doubled at 1/2 and 1/4.
        blocks: dilated blocks.
        mask_channel: also show the mask, so that white stone is not taken for the hole (not published).
        upsampling: "deconv", or "resize": nearest neighbours and a convolution, without the checkerboard (not
            published).
        attention: look at other positions behind the blocks; the thesis' generator does not.
        sigma: of the landmarks' bumps (``landmark_map``); 0 = single pixels.
    """

    side: int = 256
    width: int = 64
    blocks: int = 7
    mask_channel: bool = False
    upsampling: str = "deconv"
    attention: bool = True
    sigma: float = 0.0


def landmark_map(landmarks: Tensor, size: int, sigma: float = 0.0) -> Tensor:
    """All landmarks in one map.

    Args:
        landmarks: (N, 68, 2), (x, y) as fractions of the side; those outside are moved to the border, those that are no
            numbers are unknown and left out.
        size: side of the map in pixels.
        sigma: standard deviation of the landmarks' bumps as a fraction of the side; 0 = single pixels (as published).

    Returns:
        (N, 1, size, size) in [0, 1], rows are y.
    """
    known = landmarks.isfinite().all(dim=2)
    landmarks = torch.where(known[..., None], landmarks, 0.0)
    if sigma > 0:
        centres = centres_of(torch.arange(size, device=landmarks.device, dtype=landmarks.dtype)) / size
        bumps = torch.exp(-0.5 / sigma**2 * (landmarks.clamp(0, 1)[..., None] - centres) ** 2)
        across, down = bumps[:, :, 0] * known[..., None], bumps[:, :, 1]
        return (down.transpose(1, 2) @ across)[:, None].clamp(max=1)
    cells = (landmarks * size).floor().long().clamp(0, size - 1)
    # Behind the map's pixels there is one more, for what is unknown.
    places = torch.where(known, cells[..., 1] * size + cells[..., 0], size * size)
    flat = torch.zeros(len(landmarks), size * size + 1, device=landmarks.device, dtype=landmarks.dtype)
    flat.scatter_(1, places, 1.0)
    return flat[:, :-1].reshape(-1, 1, size, size)


def map_beside(picture: Tensor, landmarks: Tensor | None, sigma: float = 0.0) -> Tensor:
    """The map that is shown with square pictures (N, C, S, S); without landmarks it is empty."""
    if landmarks is None:
        return torch.zeros_like(picture[:, :1])
    return landmark_map(landmarks, picture.shape[-1], sigma)


class LafinGenerator(CompletionNetwork):
    """Encoder, seven dilated blocks, attention, decoder with skips from the encoder's visible features.

    11,734,981 parameters as published; 9,817,219 without attention.
    """

    shape_type = LafinShape
    multiple = 4

    def __init__(self, shape: LafinShape = LafinShape()) -> None:
        super().__init__(shape)
        _check(shape)
        self.mask_channel, self.sigma = shape.mask_channel, shape.sigma
        fine, half, quarter = shape.width, 2 * shape.width, 4 * shape.width
        inputs = 3 + 1 + shape.mask_channel
        self.encode_fine = conv(inputs, fine, 7, norm="instance", act="relu", reflect=True)
        self.encode_half = conv(fine, half, 4, 2, 1, norm="instance", act="relu")
        self.encode_quarter = conv(half, quarter, 4, 2, 1, norm="instance", act="relu")
        self.middle = nn.Sequential(*(_dilated_block(quarter) for _ in range(shape.blocks)))
        self.attention = ShortLongAttention(quarter) if shape.attention else None
        self.decode_half = _grow(quarter, half, shape.upsampling)
        self.fuse_half = conv(2 * half, 2 * half, 1, norm="instance", act="relu")
        self.decode_fine = _grow(2 * half, fine, shape.upsampling)
        self.fuse_fine = conv(2 * fine, 2 * fine, 1, norm="instance", act="relu")
        self.decode = conv(2 * fine, 3, 7, act="tanh", reflect=True)
        initialise(self)

    def forward(
        self, picture: Tensor, mask: Tensor, landmarks: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """See ``CompletionNetwork``; without landmarks their map is empty."""
        white = filled(picture / 2 + 0.5, mask, 1.0)
        shown = [white, map_beside(white, landmarks, self.sigma)]
        fine = self.encode_fine(torch.cat([*shown, mask] if self.mask_channel else shown, dim=1))
        half = self.encode_half(fine)
        quarter = self.encode_quarter(half)
        x = self.middle(quarter)
        if self.attention is not None:
            x = self.attention(x, quarter, _downscale_mask(mask, 4))
        x = self.decode_half(x)
        x = self.fuse_half(torch.cat([half * (1 - _downscale_mask(mask, 2)), x], dim=1))
        x = self.decode_fine(x)
        x = self.fuse_fine(torch.cat([fine * (1 - mask), x], dim=1))
        out: Tensor = self.decode(x)
        return out


def _check(shape: LafinShape) -> None:
    """Refuse shapes that no generator has.

    Raises:
        ValueError: says what is possible.
    """
    if shape.upsampling not in UPSAMPLINGS:
        raise ValueError(f"there is no upsampling {shape.upsampling!r}: choose one of {', '.join(UPSAMPLINGS)}")
    if shape.side < LafinGenerator.multiple or shape.side % LafinGenerator.multiple:
        raise ValueError(f"LaFIn's pictures have a side that is a multiple of 4, not {shape.side}")
    if not 1 <= shape.width <= 1024 or not 1 <= shape.blocks <= MOST_BLOCKS:
        raise ValueError(f"a LaFIn of {shape.blocks} blocks and width {shape.width} is not possible")


def _dilated_block(channels: int) -> Residual:
    """Two 3 x 3 convolutions, the first with dilation 2, around a skip connection; nothing after the sum."""
    first = conv(channels, channels, dilation=2, norm="instance", act="relu", reflect=True)
    return Residual(nn.Sequential(first, conv(channels, channels, norm="instance", reflect=True)))


def _grow(before: int, after: int, upsampling: str) -> nn.Sequential:
    """Height and width doubled."""
    if upsampling == "deconv":
        return deconv(before, after, norm="instance", act="relu")
    return nn.Sequential(nn.Upsample(scale_factor=2.0), conv(before, after, norm="instance", act="relu", reflect=True))


def _downscale_mask(mask: Tensor, times: int) -> Tensor:
    """The mask at a lower resolution, bilinear between the pixels that the corners' centres span."""
    size = (mask.shape[2] // times, mask.shape[3] // times)
    return functional.interpolate(mask, size=size, mode="bilinear", align_corners=True)
