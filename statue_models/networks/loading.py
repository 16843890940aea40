"""Networks from their files, onto a device."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import torch

from statue_models.errors import StatueError
from statue_models.networks.completion import SHAPE, ShapedNetwork
from statue_models.weights_file import Template, load_weights, read_metadata

AnyNetwork = TypeVar("AnyNetwork", bound=ShapedNetwork)

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


def reader(make: Callable[[], torch.nn.Module]) -> Callable[[Path], torch.nn.Module]:
    """What makes a network of one form and gives it the weights of a file, as ``load_into`` does."""

    def read(path: Path) -> torch.nn.Module:
        network = make()
        load_into(network, path, None)
        return network

    return read


def read_network(kind: type[AnyNetwork], path: Path, sha256: str | None) -> AnyNetwork:
    """A published network with the weights of a file, in the shape that the file names.

    Args:
        kind: the network's class.
        path, sha256: as ``load_weights`` takes them.

    Raises:
        StatueError: as ``load_weights`` does; ``weights-corrupt`` for a file without a shape, or an impossible one.
    """
    try:
        shape = kind.shape_type.from_json(read_metadata(path)[SHAPE])
        # Without memory: nothing is allocated before the file has proved to hold what its shape asks for.
        with torch.device("meta"):
            network = kind(shape)
    except KeyError:
        raise StatueError("weights-corrupt", path=path, reason="it does not say what network it is of") from None
    except (ValueError, TypeError, RuntimeError) as error:
        raise StatueError("weights-corrupt", path=path, reason=str(error).partition("\n")[0].rstrip(".")) from None
    arrays = load_weights(path, sha256, template_of(network))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()}, assign=True)
    return network


def read_published(name: str, path: Path, sha256: str | None) -> Any:
    """A network of ``statue_models.networks.published`` by its name, "module:class"; see ``read_network``."""
    module, _, kind = name.partition(":")
    return read_network(getattr(import_module(f"statue_models.networks.published.{module}"), kind), path, sha256)


def torch_device(name: str) -> torch.device:
    """The device of a name: "auto" is the GPU where there is one.

    Raises:
        StatueError: ``no-cuda`` if CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise StatueError("no-cuda")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")
