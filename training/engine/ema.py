"""The moving average of a system's weights: what is judged, kept and shipped."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def tensors_of(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """The live tensors of all networks, as "NETWORK.TENSOR" in the order of their state dictionaries."""
    return {
        f"{network}.{name}": tensor
        for network, module in networks.items()
        for name, tensor in module.state_dict(keep_vars=True).items()
    }


class EMA:
    """Exponential moving average of parameters, with a shorter memory at the start (Karras et al. 2024).

    Buffers (the statistics of batch normalisation) are not averaged but copied: they are averages already.

    Args:
        networks: name -> network; their tensors must not be replaced by others afterwards.
        decay: of the average per step, in the long run.
    """

    def __init__(self, networks: Mapping[str, nn.Module], decay: float) -> None:
        self.networks = networks
        self.decay = decay
        self.steps = 0
        self._live = tensors_of(networks)
        # Tied parameters have two names and one tensor, here as there.
        copies = {id(tensor): tensor.detach().clone() for tensor in self._live.values()}
        self.tensors = {name: copies[id(tensor)] for name, tensor in self._live.items()}
        pairs = {id(live): (self.tensors[name], live.detach()) for name, live in self._live.items()}
        moving = {id(tensor) for tensor in self._live.values() if isinstance(tensor, nn.Parameter)}
        self._parameters = [pair for key, pair in pairs.items() if key in moving]
        self._buffers = [pair for key, pair in pairs.items() if key not in moving]

    def update(self) -> None:
        """Count the networks' present weights in."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        averages, live = [pair[0] for pair in self._parameters], [pair[1] for pair in self._parameters]
        torch._foreach_lerp_(averages, live, 1 - decay)
        for average, buffer in self._buffers:
            average.copy_(buffer)

    def restore_buffers(self) -> None:
        """Give the networks the buffers of the last update: a step that failed may have filled them with NaN."""
        for average, buffer in self._buffers:
            buffer.copy_(average)

    def copy_to(self, networks: Iterable[str]) -> None:
        """Give these networks the averaged weights for good."""
        names = tuple(f"{network}." for network in networks)
        with torch.no_grad():
            for name, live in self._live.items():
                if name.startswith(names):
                    live.copy_(self.tensors[name])

    @contextmanager
    def swap_in(self) -> Iterator[None]:
        """The networks with averaged weights in evaluation mode; afterwards they are what they were, bit for bit."""
        kept = {name: live.detach().clone() for name, live in self._live.items()}
        modes = [(module, module.training) for network in self.networks.values() for module in network.modules()]
        self.copy_to(self.networks)
        try:
            for network in self.networks.values():
                network.eval()
            yield
        finally:
            for module, training in modes:
                module.training = training
            with torch.no_grad():
                for name, live in self._live.items():
                    live.copy_(kept[name])

    def is_finite(self) -> bool:
        """Whether all are numbers."""
        return all(bool(tensor.isfinite().all()) for tensor in self.tensors.values())
