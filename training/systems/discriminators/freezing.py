"""A network that judges without learning from it."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def freeze(network: nn.Module) -> Iterator[None]:
    """Keep gradients from the network's parameters; they still pass through it."""
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in free:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in free:
            parameter.requires_grad_(True)
