"""JPEG's loss without its file: block transform, quantisation and back, for whole batches on any device.

ITU-T T.81: annex K's quantisation tables, scaled by quality as libjpeg does; colour at half the resolution (4:2:0).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

_LUMINANCE = """16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""
_CHROMINANCE = """17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99"""
#: BT.601, full range: R'G'B' -> Y, Cb, Cr.
_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compress_jpeg(pictures: Tensor, quality: Tensor) -> Tensor:
    """What a JPEG file keeps.

    Args:
        pictures: (B, 3, H, W) R'G'B', 0..255; sides are multiples of 16.
        quality: (B,) 1..100; from 100 on the picture stays as it is.

    Returns:
        (B, 3, H, W), 0..255, not rounded.
    """
    to_ycc = torch.tensor(_YCC, device=pictures.device)
    ycc = torch.einsum("kc,bchw->bkhw", to_ycc, pictures)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    luma = _quantise_planes(ycc[:, :1] - 128, _table(_LUMINANCE, scale)) + 128
    halved = functional.avg_pool2d(ycc[:, 1:], 2)
    chroma = functional.interpolate(
        _quantise_planes(halved, _table(_CHROMINANCE, scale)), scale_factor=2.0, mode="bilinear"
    )
    back = torch.einsum("kc,bchw->bkhw", torch.linalg.inv(to_ycc), torch.cat([luma, chroma], 1)).clamp(0, 255)
    return torch.where((quality >= 100)[:, None, None, None], pictures, back)


def _table(text: str, scale: Tensor) -> Tensor:
    """(B, 8, 8) quantisation steps."""
    base = torch.tensor([float(number) for number in text.split()], device=scale.device).reshape(8, 8)
    return ((base * scale[:, None, None] + 50) / 100).floor().clamp(1, 255)


def _quantise_planes(planes: Tensor, table: Tensor) -> Tensor:
    """(B, C, H, W) planes through an 8 x 8 cosine transform, rounded to multiples of the table, and back."""
    batch, channels, height, width = planes.shape
    index = torch.arange(8, device=planes.device, dtype=torch.float32)
    cosine = torch.cos((2 * index[None, :] + 1) * index[:, None] * math.pi / 16) * 0.5
    cosine[0] *= math.sqrt(0.5)
    blocks = planes.reshape(batch, channels, height // 8, 8, width // 8, 8)
    spectrum = torch.einsum("ui,bcyixj,vj->bcyxuv", cosine, blocks, cosine)
    steps = table[:, None, None, None]
    rounded = (spectrum / steps).round() * steps
    return torch.einsum("ui,bcyxuv,vj->bcyixj", cosine, rounded, cosine).reshape(planes.shape)
