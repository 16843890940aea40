"""Networks whose features pictures are compared by: VGG-19 where the user has its weights, else a stand-in.

All answer to VGG-19's names of layers. A loss on features, and every figure, is named after the network that gave them,
because weights and figures that hold for one do not hold for another.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from statue_models.errors import StatueError
from training.features.mobilenet import TAPS, MobileNet
from training.features.vgg19 import Vgg19

#: The networks that have names; a file of weights for VGG-19 is one, too.
NAMES = ("mobilenet", "random-vgg19", "vgg19")
#: Layers that content losses compare, and those whose Gram matrices style losses do (LaFIn's choice, and others').
CONTENT = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
STYLE = ("relu2_2", "relu3_4", "relu4_4", "relu5_2")
_TAP = re.compile(r"(?:conv|relu)([1-5])_[1-4]")


class FeatureNetwork(Protocol):
    """Pictures -> named feature maps, differentiable in the pictures.

    Attributes:
        name: for logs and figures.
        content_scale, style_scale: factors of such losses, 1 for VGG-19, for whose features published weights are made.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def content_scale(self) -> float: ...  # noqa: D102

    @property
    def style_scale(self) -> float: ...  # noqa: D102

    def __call__(self, picture: Tensor, taps: Iterable[str]) -> Mapping[str, Tensor]:
        """Maps of layers.

        Args:
            picture: (N, 3, H, W) in [0, 1], sides multiples of 32.
            taps: VGG-19's names: "conv1_1" before the ReLU, "relu1_1" behind it, ... "relu5_4".

        Returns:
            Name -> (N, C, h, w).
        """
        ...


class MobileNetFeatures:
    """MobileNetV2 0.35, the network of the project's own metrics, as a stand-in: one map per resolution of VGG-19.

    Args:
        assets: folder that holds its weights. device: of the pictures.

    Raises:
        StatueError: ``missing-file``.
    """

    name = "mobilenet"
    # Its maps are far larger than VGG-19's of pictures in [0, 1]. With these factors LaFIn's weights, 0.1 and 250, make
    # both terms as large as its L1 term for blocks filled with their blurred truth (photographs, 128 pixels).
    content_scale, style_scale = 0.1, 4e-4

    def __init__(self, assets: Path, device: torch.device) -> None:
        self._network = MobileNet(assets).to(device)

    def __call__(self, picture: Tensor, taps: Iterable[str]) -> dict[str, Tensor]:
        """See ``FeatureNetwork``; layers of one resolution share a map."""
        maps = self._network.maps(picture * 2 - 1)
        return {name: maps[TAPS.index(_stand_in(name))] for name in taps}


def open_features(name: str, assets: Path, device: torch.device, *, normalised: bool = False) -> FeatureNetwork:
    """A feature network by its name.

    Args:
        name: "mobilenet" (its weights are among the assets); "random-vgg19" (never trained, a quarter as wide, needs
            no file); "vgg19" (torchvision's weights, which the user must have or be able to fetch); or the path of
            a file of VGG-19's weights.
        normalised: bring pictures to ImageNet's mean and deviation before VGG-19; MobileNet has its own.

    Raises:
        StatueError: ``bad-recipe`` for an unknown name; ``missing-file``, ``weights-missing`` or ``weights-corrupt``.
    """
    if name == "mobilenet":
        return MobileNetFeatures(assets, device)
    if name == "random-vgg19":
        return Vgg19.random(normalised).to(device)
    if name == "vgg19":
        return Vgg19.from_torchvision(normalised).to(device)
    path = Path(name)
    if not path.suffix and not path.is_file():
        known = f"there are {', '.join(NAMES)}, and files of VGG-19's weights"
        raise StatueError("bad-recipe", reason=f"there is no feature network {name!r}; {known}")
    return Vgg19.from_file(path, normalised).to(device)


def _stand_in(name: str) -> str:
    """MobileNet's block for a layer of VGG-19.

    Raises:
        KeyError: for what is no layer of VGG-19.
    """
    found = _TAP.fullmatch(name)
    if found is None:
        raise KeyError(name)
    return TAPS[int(found[1]) - 1]
