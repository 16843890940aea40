"""From light to the file: depth of field, exposure, tone, colour, sharpening, grain and JPEG.

Renders that are only tone-mapped lie far from photographs: contrast and sharpening, as cameras and web pictures have
them, halve the distance (``docs/statue-factory.md``).
"""

import math

import torch
import warp as wp
from torch import Tensor
from torch.nn import functional

from statue_models.pixels.grid import centres_of
from statue_models.pixels.samples import LUMA_REC601
from training.statues.kernels.jpeg import compress_jpeg
from training.statues.kernels.noise import lattice

#: Radiance above which the shoulder of the tone curve begins, and how fast it closes. 1 is white; set by eye.
SHOULDER, SHOULDER_WIDTH = 0.75, 0.4
#: Pixels at 256 by which the farthest parts of the head are out of focus; most that ``scenes`` draws of the others. Set
#: by eye.
UNSHARP, LARGEST_GROUND_BLUR, LARGEST_SOFTNESS = 1.6, 7.0, 1.2
#: Pixels at 256: standard deviation of the blur of local contrast; set by eye.
CLARITY_RADIUS = 10.0
#: Pixels of the picture: sharpening and grain belong to the file, not to the scene. Set by eye.
LARGEST_RADIUS = 1.5


@wp.kernel
def grain(seeds: wp.array(dtype=int), values: wp.array4d(dtype=float)) -> None:
    """(B, C, R, R) about normal noise: the sum of four uniform numbers, of variance 1."""
    b, channel, row, column = wp.tid()
    z = seeds[b] + 7919 * channel
    total = float(-2.0)
    for k in range(4):
        total += lattice(column + 1024 * k, row, z)
    values[b, channel, row, column] = total * 1.7320508


def blur_pictures(pictures: Tensor, sigma: Tensor, largest: float) -> Tensor:
    """(B, C, H, W) pictures, each under its own Gaussian; sigma: (B,) pixels.

    ``largest``: no sigma exceeds it; it decides the kernel's size, so that a picture does not depend on its batch.
    """
    reach = max(1, math.ceil(3 * largest))
    offset = torch.arange(-reach, reach + 1, device=pictures.device, dtype=torch.float32)
    weights = torch.exp(-0.5 * (offset[None] / sigma.clamp(min=1e-3)[:, None]) ** 2)
    weights = weights / weights.sum(1, keepdim=True)
    batch, channels, height, width = pictures.shape
    kernel = weights.repeat_interleave(channels, 0)[:, None]
    flat = pictures.reshape(1, batch * channels, height, width)
    flat = functional.pad(flat, (reach, reach, reach, reach), mode="replicate")
    flat = functional.conv2d(flat, kernel[:, :, None, :], groups=batch * channels)
    return functional.conv2d(flat, kernel[:, :, :, None], groups=batch * channels).reshape(pictures.shape)


def exposure_gain(light: Tensor, alpha: Tensor, exposure: Tensor) -> Tensor:
    """(B,) factor that brings the head's mean to the exposure; light (B, 3, R, R) is premultiplied by alpha."""
    mean = light.mean(1).sum((1, 2)) / alpha.sum((1, 2, 3)).clamp(min=0.02 * alpha[0].numel())
    return exposure / mean.clamp(min=1e-4)


def develop_film(
    light: Tensor, alpha: Tensor, depth: Tensor, ground: Tensor, gain: Tensor, film: dict[str, Tensor], noise: Tensor
) -> Tensor:
    """The picture.

    Args:
        light: (B, 3, R, R) linear, premultiplied by alpha (B, 1, R, R).
        depth: (B, 1, R, R) cm behind the focus plane, absolute.
        ground: (B, 3, R, R) linear, exposed.
        gain: (B,). film: the fields of ``statue.Film`` and ``ground_blur``, (B,) each, ``tint`` (B, 3).
        noise: (B, 3, R, R) of variance 1.

    Returns:
        (B, 3, R, R) uint8 R'G'B'.
    """
    per_pixel = light.shape[-1] / 256
    ground = blur_pictures(ground, film["ground_blur"] * per_pixel, LARGEST_GROUND_BLUR * per_pixel)
    picture = light * gain[:, None, None, None] + ground * (1 - alpha)
    # What lies out of focus: blended with its own blur, by depth.
    away = ((depth / film["focus"][:, None, None, None]) - 0.6).clamp(0, 1) * alpha
    unsharp = torch.full_like(gain, UNSHARP * per_pixel)
    picture = torch.lerp(picture, blur_pictures(picture, unsharp, UNSHARP * per_pixel), away)
    picture = picture * _vignette(picture.shape[-1], film["vignette"])
    picture = torch.where(
        picture > SHOULDER,
        SHOULDER + (1 - torch.exp(-(picture - SHOULDER) / SHOULDER_WIDTH)) * (1 - SHOULDER),
        picture,
    )
    picture = picture.clamp(1e-5, 1) ** (1 / film["gamma"])[:, None, None, None]
    middle = (picture * alpha).sum((1, 2, 3), keepdim=True) / (3 * alpha.sum((1, 2, 3), keepdim=True)).clamp(min=1)
    picture = (picture - middle) * film["contrast"][:, None, None, None] + middle
    luma = torch.einsum("c,bchw->bhw", torch.tensor(LUMA_REC601, device=picture.device), picture)[:, None]
    picture = torch.lerp(luma, picture * film["tint"][:, :, None, None], film["saturation"][:, None, None, None])
    broad = torch.full_like(gain, CLARITY_RADIUS * per_pixel)
    local = picture - blur_pictures(picture, broad, CLARITY_RADIUS * per_pixel)
    picture = picture + film["clarity"][:, None, None, None] * local
    picture = blur_pictures(picture, film["softness"] * per_pixel, LARGEST_SOFTNESS * per_pixel)
    sharp = picture - blur_pictures(picture, film["sharpening_radius"], LARGEST_RADIUS)
    picture = picture + film["sharpening"][:, None, None, None] * sharp
    shared = noise.mean(1, keepdim=True) * 3**0.5
    coarse = blur_pictures(torch.lerp(shared, noise, 0.4), film["noise_size"], LARGEST_RADIUS)
    coarse = coarse / coarse.std((1, 2, 3), keepdim=True).clamp(min=1e-6)
    picture = picture * 255 + coarse * film["noise"][:, None, None, None]
    return compress_jpeg(picture.clamp(0, 255), film["jpeg"]).round().clamp(0, 255).to(torch.uint8)


def _vignette(side: int, strength: Tensor) -> Tensor:
    """(B, 1, R, R) factor that falls off towards the corners."""
    place = centres_of(torch.arange(side, device=strength.device)) / side * 2 - 1
    radius = (place[None, :] ** 2 + place[:, None] ** 2) / 2
    return 1 - strength[:, None, None, None] * radius
