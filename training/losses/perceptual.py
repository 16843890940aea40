"""Losses on features of pictures: what is shown where (content), and what goes together anywhere (style)."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from training.features.feature_network import CONTENT, STYLE, FeatureNetwork


def gram(maps: Tensor) -> Tensor:
    """(N, C, h, w) -> (N, C, C) float32: products of channels, summed over places, over C h w (Gatys et al. 2016).

    Never in half precision: sums over a whole map would lose what differs.
    """
    count, channels, height, width = maps.shape
    with torch.autocast(maps.device.type, enabled=False):
        flat = maps.float().reshape(count, channels, height * width)
        return flat @ flat.transpose(1, 2) / (channels * height * width)


def feature_difference(found: Mapping[str, Tensor], right: Mapping[str, Tensor], names: Iterable[str]) -> Tensor:
    """Mean absolute difference of maps, summed over names."""
    return torch.stack([(found[name].float() - right[name].float()).abs().mean() for name in names]).sum()


def content_loss(network: FeatureNetwork, picture: Tensor, truth: Tensor, taps: tuple[str, ...] = CONTENT) -> Tensor:
    """Differences of the network's maps, scaled as it says; pictures (N, 3, H, W) in [0, 1]."""
    with torch.no_grad():
        right = network(truth, taps)
    return network.content_scale * feature_difference(network(picture, taps), right, taps)


def style_loss(network: FeatureNetwork, picture: Tensor, truth: Tensor, taps: tuple[str, ...] = STYLE) -> Tensor:
    """Differences of the maps' Gram matrices, scaled as the network says; pictures (N, 3, H, W) in [0, 1]."""
    with torch.no_grad():
        right = network(truth, taps)
    found = network(picture, taps)
    one, other = ({name: gram(maps[name]) for name in taps} for maps in (found, right))
    return network.style_scale * feature_difference(one, other, taps)
