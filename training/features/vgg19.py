"""VGG-19 (Simonyan and Zisserman 2015, configuration E) as a fixed feature extractor, every layer by its name.

Its weights are torchvision's (ImageNet, BSD-3-Clause), where the user has them; a random one stands in for it.
"""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from statue_models.errors import StatueError, reason_of

#: Convolutions per resolution and their channels.
CONVOLUTIONS = (2, 2, 4, 4, 4)
WIDTHS = (64, 128, 256, 512, 512)
#: ImageNet's mean and standard deviation.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: torchvision's file of ImageNet weights, in the folder where PyTorch keeps what it fetched.
FILE = "vgg19-dcbb9e9d.pth"
#: Channels and seed of the random network; chosen: a quarter, which processors carry, and any seed would do.
RANDOM_WIDTHS, RANDOM_SEED = (16, 32, 64, 128, 128), 19


class Vgg19(nn.Module):
    """The convolutions of VGG-19, frozen: "conv1_1" (before the ReLU), "relu1_1" (behind it), ... "relu5_4".

    Args:
        normalised: bring pictures to ImageNet's mean and deviation first, as the weights expect. LaFIn does not, and
            its weights (content 0.1, style 250) hold for pictures in [0, 1] as they are.
        widths: channels per resolution; others than VGG-19's are for random weights, and for tests.
        name: for logs.
    """

    content_scale = style_scale = 1.0

    def __init__(self, normalised: bool = False, widths: tuple[int, ...] = WIDTHS, name: str = "vgg19") -> None:
        super().__init__()
        self.normalised, self.name = normalised, name
        #: Name -> index of the layer among ``features``.
        self.indices: dict[str, int] = {}
        layers: list[nn.Module] = []
        before = 3
        for block, (count, width) in enumerate(zip(CONVOLUTIONS, widths, strict=True), 1):
            for number in range(1, count + 1):
                self.indices[f"conv{block}_{number}"] = len(layers)
                self.indices[f"relu{block}_{number}"] = len(layers) + 1
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                before = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.requires_grad_(False).eval()

    @classmethod
    def random(cls, normalised: bool = False, widths: tuple[int, ...] = RANDOM_WIDTHS) -> "Vgg19":
        """One that was never trained, the same on every machine: weights N(0, 2 / inputs) (He et al. 2015), biases 0.

        A stand-in: its features tell textures and edges apart, as random filters do, and know nothing of objects.
        """
        network = cls(normalised, widths, "random-vgg19")
        generator = torch.Generator().manual_seed(RANDOM_SEED)
        with torch.no_grad():
            for layer in network.features:
                if isinstance(layer, nn.Conv2d):
                    spread = (2 / layer.weight[0].numel()) ** 0.5
                    layer.weight.copy_(spread * torch.randn(layer.weight.shape, generator=generator))
                    layer.bias.zero_()  # type: ignore[union-attr]
        return network

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

    @classmethod
    def from_torchvision(cls, normalised: bool = False) -> "Vgg19":
        """The network with torchvision's weights: those that PyTorch has fetched before, or else torchvision fetches.

        Raises:
            StatueError: ``weights-missing`` where they are not there and cannot be fetched; as ``from_file`` does.
        """
        path = Path(torch.hub.get_dir()) / "checkpoints" / FILE
        if not path.is_file():
            how = (
                "Install torchvision and connect to the internet once, or name a file of its VGG-19 weights "
                "(--features PATH), or let another network stand in (--features random-vgg19)."
            )
            try:
                from torchvision.models import VGG19_Weights  # type: ignore[import-not-found, unused-ignore]

                VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False)
            except (ImportError, OSError, RuntimeError):  # an incomplete download is a RuntimeError
                raise StatueError("weights-missing", path=path, how=how) from None
        return cls.from_file(path, normalised)

    def forward(self, picture: Tensor, taps: Iterable[str]) -> dict[str, Tensor]:
        """Maps of layers.

        Args:
            picture: (N, 3, H, W) in [0, 1]. taps: names of layers; those behind the deepest are not computed.

        Returns:
            Name -> (N, C, h, w).
        """
        wanted = {self.indices[name]: name for name in taps}
        x = picture
        if self.normalised:
            mean, deviation = (x.new_tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
            x = (x - mean) / deviation
        maps = {}
        for index, layer in enumerate(list(self.features)[: max(wanted) + 1]):
            x = layer(x)
            if index in wanted:
                maps[wanted[index]] = x
        return maps


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
    except PermissionError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise StatueError("weights-corrupt", path=path, reason=reason) from None
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise StatueError("weights-corrupt", path=path, reason="it is no dictionary of tensors")
    return state
