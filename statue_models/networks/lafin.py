"""The generator of LaFIn: a whole face from a damaged one and a map of its landmarks.

Yang, Guo, Ma, Ding, Yang, Ling: "LaFIn: Generative Landmark Guided Face Inpainting" (2019, arXiv 1911.11394), written
from a description of the network. The published network sees pictures in [0, 1] with a white hole and gives pictures in
[0, 1]; here both are brought to and from this room's [-1, 1]. What differs from the published one is said of each
argument, and is off by default.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.short_long_attention import ShortLongAttention, initialise_layer
from statue_models.pixels.grid import centres_of

UPSAMPLINGS = ("deconv", "resize")


def landmark_map(landmarks: Tensor, size: int, sigma: float = 0.0) -> Tensor:
    """All landmarks in one map.

    Args:
        landmarks: (N, 68, 2), (x, y) as fractions of the side; those outside are moved to the border.
        size: side of the map in pixels.
        sigma: standard deviation of the landmarks' bumps as a fraction of the side; 0 = single pixels (as published).

    Returns:
        (N, 1, size, size) in [0, 1], rows are y.
    """
    if sigma > 0:
        centres = centres_of(torch.arange(size, device=landmarks.device, dtype=landmarks.dtype)) / size
        bumps = torch.exp(-0.5 / sigma**2 * (landmarks.clamp(0, 1)[..., None] - centres) ** 2)
        across, down = bumps[:, :, 0], bumps[:, :, 1]
        return (down.transpose(1, 2) @ across)[:, None].clamp(max=1)
    cells = (landmarks * size).floor().long().clamp(0, size - 1)
    flat = torch.zeros(len(landmarks), size * size, device=landmarks.device, dtype=landmarks.dtype)
    flat.scatter_(1, cells[..., 1] * size + cells[..., 0], 1.0)
    return flat.view(-1, 1, size, size)


def _normalise_instances(convolution: nn.Conv2d | nn.ConvTranspose2d, channels: int) -> list[nn.Module]:
    return [initialise_layer(convolution), nn.InstanceNorm2d(channels), nn.ReLU()]


def _shrink(channels: int) -> nn.Sequential:
    return nn.Sequential(*_normalise_instances(nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), 2 * channels))


def _grow(before: int, after: int, upsampling: str) -> nn.Sequential:
    if upsampling == "deconv":
        return nn.Sequential(*_normalise_instances(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), after))
    resize = [nn.Upsample(scale_factor=2.0), nn.ReflectionPad2d(1)]
    return nn.Sequential(*resize, *_normalise_instances(nn.Conv2d(before, after, 3), after))


class _DilatedBlock(nn.Module):
    """Two 3 x 3 convolutions, the first with dilation 2, around a skip connection; nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first = _normalise_instances(nn.Conv2d(channels, channels, 3, dilation=2), channels)
        second = [initialise_layer(nn.Conv2d(channels, channels, 3)), nn.InstanceNorm2d(channels)]
        self.body = nn.Sequential(nn.ReflectionPad2d(2), *first, nn.ReflectionPad2d(1), *second)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


class LafinGenerator(nn.Module):
    """Encoder, seven dilated blocks, attention, decoder with skips from the encoder's visible features.

    Args:
        channels: at full resolution, doubled at 1/2 and 1/4; published: 64, which makes 11,734,981 parameters.
        blocks: dilated blocks.
        mask_channel: also show the mask, so that white stone is not taken for the hole (not published).
        upsampling: "deconv" (published), or "resize": nearest-neighbour and a convolution, without the checkerboard.
        side: of the pictures trained on, in pixels; kept with the weights.
        sigma: of the landmark maps trained on (``landmark_map``); kept with the weights.
    """

    #: Height and width of the pictures must be multiples of this.
    MULTIPLE = 4

    def __init__(
        self,
        channels: int = 64,
        blocks: int = 7,
        mask_channel: bool = False,
        upsampling: str = "deconv",
        side: int = 256,
        sigma: float = 0.0,
    ) -> None:
        super().__init__()
        if upsampling not in UPSAMPLINGS:
            raise ValueError(f"there is no upsampling {upsampling!r}: choose one of {', '.join(UPSAMPLINGS)}")
        self.mask_channel = mask_channel
        fine, half, quarter = channels, 2 * channels, 4 * channels
        stem = nn.Conv2d(3 + 1 + mask_channel, fine, 7)
        self.encode_fine = nn.Sequential(nn.ReflectionPad2d(3), *_normalise_instances(stem, fine))
        self.encode_half = _shrink(fine)
        self.encode_quarter = _shrink(half)
        self.middle = nn.Sequential(*(_DilatedBlock(quarter) for _ in range(blocks)))
        self.attention = ShortLongAttention(quarter)
        self.decode_half = _grow(quarter, half, upsampling)
        self.fuse_half = nn.Sequential(*_normalise_instances(nn.Conv2d(2 * half, 2 * half, 1), 2 * half))
        self.decode_fine = _grow(2 * half, fine, upsampling)
        self.fuse_fine = nn.Sequential(*_normalise_instances(nn.Conv2d(2 * fine, 2 * fine, 1), 2 * fine))
        self.decode = nn.Sequential(nn.ReflectionPad2d(3), initialise_layer(nn.Conv2d(2 * fine, 3, 7)))
        self.side: Tensor
        self.sigma: Tensor
        self.register_buffer("side", torch.tensor(float(side)))
        self.register_buffer("sigma", torch.tensor(float(sigma)))

    def forward(self, picture: Tensor, mask: Tensor, landmarks: Tensor) -> Tensor:
        """Draw the whole picture anew.

        Args:
            picture: (N, 3, H, W) in [-1, 1]; samples in the hole are not looked at.
            mask: (N, 1, H, W), 1 = missing, 0 = known.
            landmarks: (N, 1, H, W) of ``landmark_map``.

        Returns:
            (N, 3, H, W) in [-1, 1], outside the hole too: the caller puts the hole's part into the picture.
        """
        white = torch.where(mask > 0, 1.0, picture / 2 + 0.5)
        inputs = [white, landmarks, mask] if self.mask_channel else [white, landmarks]
        fine = self.encode_fine(torch.cat(inputs, dim=1))
        half = self.encode_half(fine)
        quarter = self.encode_quarter(half)
        x = self.attention(self.middle(quarter), quarter, _downscale_mask(mask, 4))
        x = self.decode_half(x)
        x = self.fuse_half(torch.cat([half * (1 - _downscale_mask(mask, 2)), x], dim=1))
        x = self.decode_fine(x)
        x = self.fuse_fine(torch.cat([fine * (1 - mask), x], dim=1))
        return torch.tanh(self.decode(x))


def _downscale_mask(mask: Tensor, times: int) -> Tensor:
    """The mask at a lower resolution, bilinear between the pixels that the corners' centres span."""
    size = (mask.shape[2] // times, mask.shape[3] // times)
    return functional.interpolate(mask, size=size, mode="bilinear", align_corners=True)
