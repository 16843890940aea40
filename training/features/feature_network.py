"""Networks whose features pictures are compared by: VGG-19 where the user has its weights, else MobileNetV2.

Neither is downloaded. A loss on features is named after the network that gave them, because weights that suit one do
not suit the other.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from statue_models.errors import StatueError
from training.features.mobilenet import TAPS, MobileNet

#: Convolutions per resolution and their channels (Simonyan and Zisserman 2015, configuration E).
CONVOLUTIONS = (2, 2, 4, 4, 4)
WIDTHS = (64, 128, 256, 512, 512)
#: ImageNet's mean and standard deviation.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class FeatureNetwork(Protocol):
    """Pictures -> named feature maps, differentiable in the pictures.

    Attributes:
        name: for logs.
        content, style: names of the maps that such losses compare.
        content_scale, style_scale: factors of such losses, 1 for VGG-19, for whose features published weights are made.
    """

    name: str
    content: tuple[str, ...]
    style: tuple[str, ...]
    content_scale: float
    style_scale: float

    def __call__(self, picture: Tensor) -> Mapping[str, Tensor]:
        """(N, 3, H, W) in [0, 1], sides multiples of 32 -> name -> (N, C, h, w)."""
        ...


class Vgg19(nn.Module):
    """The convolutions of VGG-19, frozen; maps are taken behind the ReLUs and named "relu1_1" to "relu5_4".

    Args:
        normalised: bring pictures to ImageNet's mean and deviation first. LaFIn does not, and its weights (content 0.1,
            style 250) hold for pictures in [0, 1] as they are.
        widths: channels per resolution; others than VGG-19's are for tests.
    """

    name = "vgg19"
    content: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    style: tuple[str, ...] = ("relu2_2", "relu3_4", "relu4_4", "relu5_2")
    content_scale = style_scale = 1.0

    def __init__(self, normalised: bool = False, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.normalised = normalised
        self.names: dict[int, str] = {}
        layers: list[nn.Module] = []
        before = 3
        for block, (count, width) in enumerate(zip(CONVOLUTIONS, widths, strict=True), 1):
            for number in range(1, count + 1):
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                self.names[len(layers) - 1] = f"relu{block}_{number}"
                before = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        wanted = {*self.content, *self.style}
        self.last = max(index for index, name in self.names.items() if name in wanted)
        self.requires_grad_(False).eval()

    @classmethod
    def from_file(cls, path: Path, normalised: bool = False, widths: tuple[int, ...] = WIDTHS) -> "Vgg19":
        """The network with the weights of a file as torchvision publishes it (``vgg19-*.pth``), or as safetensors.

        Raises:
            StatueError: ``missing-file``, ``unreadable-file`` or ``weights-corrupt``.
        """
        network = cls(normalised, widths)
        found = read_state(path)
        # The classifier behind the features is not needed.
        tensors = {name: tensor for name, tensor in found.items() if name.startswith("features.")}
        try:
            network.load_state_dict(tensors)
        except RuntimeError:
            reason = "it does not hold the features of VGG-19 by torchvision's names"
            raise StatueError("weights-corrupt", path=path, reason=reason) from None
        return network

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        """See ``FeatureNetwork``; the deepest map is the last that is compared, relu5_2."""
        x = picture
        if self.normalised:
            mean, deviation = (x.new_tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
            x = (x - mean) / deviation
        maps = {}
        for index, layer in enumerate(list(self.features)[: self.last + 1]):
            x = layer(x)
            if index in self.names:
                maps[self.names[index]] = x
        return maps


class MobileNetFeatures:
    """MobileNetV2 0.35, the network of the project's own metrics, as a stand-in.

    Args:
        assets: folder that holds its weights. device: of the pictures.

    Raises:
        StatueError: ``missing-file``.
    """

    name = "mobilenet"
    content = TAPS[:5]
    style = TAPS[1:5]
    # Its maps are far larger than VGG-19's of pictures in [0, 1]. With these factors LaFIn's weights, 0.1 and 250, make
    # both terms as large as its L1 term for blocks filled with their blurred truth (photographs, 128 pixels).
    content_scale, style_scale = 0.1, 4e-4

    def __init__(self, assets: Path, device: torch.device) -> None:
        self._network = MobileNet(assets).to(device)

    def __call__(self, picture: Tensor) -> dict[str, Tensor]:
        """See ``FeatureNetwork``."""
        return dict(zip(TAPS, self._network.maps(picture * 2 - 1), strict=True))


def feature_network(vgg19: str, normalised: bool, assets: Path, device: torch.device) -> FeatureNetwork:
    """VGG-19 if a file of its weights is named, else MobileNetV2.

    Args:
        vgg19: path, or "". normalised: as for ``Vgg19``.

    Raises:
        StatueError: as ``Vgg19.from_file`` and ``MobileNetFeatures`` do.
    """
    if vgg19:
        return Vgg19.from_file(Path(vgg19), normalised).to(device)
    return MobileNetFeatures(assets, device)


def read_state(path: Path) -> Mapping[str, Tensor]:
    """Tensors of a file, which is asked for nothing but tensors.

    Raises:
        StatueError: ``missing-file``, ``unreadable-file`` or ``weights-corrupt``.
    """
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError:
        raise StatueError("unreadable-file", path=path) from None
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise StatueError("weights-corrupt", path=path, reason=reason) from None
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise StatueError("weights-corrupt", path=path, reason="it is no dictionary of tensors")
    return state
