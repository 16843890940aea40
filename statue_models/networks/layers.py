"""The layers that the published networks are put together from: one convolution, one way up, one residual sum.

Every published generator and discriminator is a list of these (``statue_models.networks.published``,
``training.systems.discriminators``), so that what tells two of them apart can be read off their layer tables.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

Norm = Literal["none", "batch", "instance"]
Activation = Literal["none", "relu", "leaky", "elu", "tanh", "sigmoid"]

#: Slope of the leaky ReLUs below zero, where a network does not say otherwise (Radford et al. 2016).
SLOPE = 0.2
#: Standard deviation of the first weights, as the adversarial networks from Radford et al. (2016) on have it.
SPREAD = 0.02


def normalisation(kind: Norm, channels: int) -> list[nn.Module]:
    """Nothing, batch normalisation (Ioffe and Szegedy 2015), or instance normalisation without parameters."""
    if kind == "none":
        return []
    return [nn.BatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels)]


def activation(kind: Activation, slope: float = SLOPE) -> list[nn.Module]:
    """Nothing, or one function of every number."""
    made: dict[str, list[nn.Module]] = {
        "none": [], "relu": [nn.ReLU()], "leaky": [nn.LeakyReLU(slope)], "elu": [nn.ELU()],
        "tanh": [nn.Tanh()], "sigmoid": [nn.Sigmoid()],
    }  # fmt: skip
    return made[kind]


class Gated(nn.Module):
    """A convolution whose output is weighed, place by place, by a second one.

    Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution".

    Args:
        both: the two as one layer: its first half of channels is weighed by its second.
    """

    def __init__(self, both: nn.Conv2d | nn.ConvTranspose2d) -> None:
        super().__init__()
        self.both = both

    def forward(self, x: Tensor) -> Tensor:
        """N x before x H x W -> N x after x H' x W', half of the layer's channels."""
        features, gate = self.both(x).chunk(2, dim=1)
        out: Tensor = features * torch.sigmoid(gate)
        return out


def conv(
    before: int,
    after: int,
    kernel: int = 3,
    stride: int = 1,
    padding: int | None = None,
    *,
    dilation: int = 1,
    norm: Norm = "none",
    act: Activation = "none",
    slope: float = SLOPE,
    reflect: bool = False,
    bias: bool = True,
    spectral: bool = False,
    gated: bool = False,
) -> nn.Sequential:
    """A convolution, its normalisation, its activation.

    Args:
        before, after: channels in and out.
        padding: on every side in pixels; None = as much as keeps the size of odd kernels with stride 1.
        reflect: pad with the picture's mirror image instead of zeros.
        spectral: under spectral norm (Miyato et al. 2018); the first weights are then ``SPREAD`` wide.
        gated: see ``Gated``.
    """
    padding = dilation * (kernel - 1) // 2 if padding is None else padding
    layers: list[nn.Module] = [nn.ReflectionPad2d(padding)] if reflect and padding else []
    inside = 0 if reflect else padding
    width = 2 * after if gated else after
    layer = nn.Conv2d(before, width, kernel, stride, inside, dilation, bias=bias)
    if spectral:
        nn.init.normal_(layer.weight, 0.0, SPREAD)
        spectral_norm(layer)  # its estimate begins with the weights that it finds
    layers.append(Gated(layer) if gated else layer)
    return nn.Sequential(*layers, *normalisation(norm, after), *activation(act, slope))


def deconv(
    before: int,
    after: int,
    kernel: int = 4,
    stride: int = 2,
    padding: int = 1,
    *,
    output_padding: int = 0,
    norm: Norm = "none",
    act: Activation = "none",
    slope: float = SLOPE,
    bias: bool = True,
    gated: bool = False,
) -> nn.Sequential:
    """A transposed convolution, its normalisation, its activation; (4, 2, 1) doubles height and width."""
    width = 2 * after if gated else after
    layer = nn.ConvTranspose2d(before, width, kernel, stride, padding, output_padding, bias=bias)
    return nn.Sequential(Gated(layer) if gated else layer, *normalisation(norm, after), *activation(act, slope))


class Residual(nn.Module):
    """x + body(x) (He et al. 2016), and nothing after the sum."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W -> N x C x H x W."""
        out: Tensor = x + self.body(x)
        return out


class LatentAdd(nn.Module):
    """act(layer(x) + noise): noise that decides between results, at every layer that has it (PII-GAN).

    Args:
        layer: any; of its output every channel gets the same noise. act: its activation.
    """

    def __init__(self, layer: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.layer, self.act = layer, act

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """N x C x H x W, noise (N, 1, S, S) of any size, brought to the output's by its nearest samples."""
        made: Tensor = self.layer(x)
        out: Tensor = self.act(made + functional.interpolate(noise, size=made.shape[-2:]).to(made.dtype))
        return out


class DenseBottleneck(nn.Module):
    """Every number of a map to every number of it: one fully connected layer.

    Args:
        shape: (C, H, W) of the map.
        dropout: share of the numbers that training leaves out before it.
    """

    def __init__(self, shape: Sequence[int], dropout: float = 0.0, act: Activation = "relu") -> None:
        super().__init__()
        self.shape = tuple(shape)
        count = math.prod(self.shape)
        self.layers = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(count, count), *activation(act))

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W -> N x C x H x W."""
        out: Tensor = self.layers(x).reshape(-1, *self.shape)
        return out


def initialise(network: nn.Module, spread: float = SPREAD) -> None:
    """Convolutions and fully connected layers N(0, spread), biases 0; batch normalisations N(1, spread), offsets 0.

    Weights under spectral norm have theirs already: its estimate began with them.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            middle = 0.0
        elif isinstance(module, nn.BatchNorm2d):
            middle = 1.0
        else:
            continue
        # To draw numbers without memory for them, PyTorch would load its compiler first, for seconds.
        if not is_parametrized(module) and not module.weight.is_meta:
            nn.init.normal_(module.weight, middle, spread)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def initialise_evenly(network: nn.Module) -> None:
    """Weights as wide as keeps the variance both ways (Glorot and Bengio 2010, uniform), biases 0: Keras' defaults."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def compose(picture: Tensor, mask: Tensor, generated: Tensor) -> Tensor:
    """The generated picture where something is missing, the picture itself elsewhere: bit for bit.

    Args:
        picture, generated: (N, C, H, W). mask: (N, 1, H, W), > 0 = missing.
    """
    return torch.where(mask > 0, generated, picture)


def filled(picture: Tensor, mask: Tensor, value: float) -> Tensor:
    """The picture with one value in the hole, whatever stood there (it may not even be a number)."""
    return torch.where(mask > 0, value, picture)


def shrink_mask(mask: Tensor, times: int) -> Tensor:
    """(N, 1, H, W) at a lower resolution: 1 where anything is missing."""
    return functional.max_pool2d(mask, times) if times > 1 else mask
