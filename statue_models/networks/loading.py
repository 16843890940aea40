"""Networks from their files, onto a device."""

from pathlib import Path

import torch

from statue_models.errors import StatueError
from statue_models.weights_file import Template, load_weights

#: Type of the numbers in published weights.
STORED = "BF16"


def template_of(network: torch.nn.Module, dtype: str = STORED) -> Template:
    """What a weights file of this network must hold."""
    return {name: (dtype, tuple(tensor.shape)) for name, tensor in network.state_dict().items()}


def load_into(network: torch.nn.Module, path: Path, sha256: str | None) -> None:
    """Give a network the weights of a file.

    Raises:
        StatueError: as ``load_weights`` does.
    """
    arrays = load_weights(path, sha256, template_of(network))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})


def torch_device(name: str) -> torch.device:
    """The device of a name: "auto" is the GPU where there is one.

    Raises:
        StatueError: ``no-cuda`` if CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise StatueError("no-cuda")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")
