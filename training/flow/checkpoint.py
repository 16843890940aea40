"""Checkpoints of the flow network: bfloat16 safetensors, written whole or not at all, and put into the registry."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from statue_models import registry
from statue_models.flow_method import template_of
from statue_models.networks.statueflow import StatueFlow
from statue_models.weights_file import load_weights
from statue_models.whole_file import whole_file

MODEL = "statueflow"
REGISTERED_AS = "statueflow.safetensors"
#: Replaces the registry's advice to train, once that is done.
HOW = "A rectified flow samples the hole, told the landmarks. These weights were trained on this computer."


class Average:
    """Exponential moving average of a network's parameters, with a shorter memory at the start (Karras et al. 2024).

    Args:
        network: whose parameters are averaged; it has no buffers that change.
        decay: of the average per step, in the long run.
    """

    def __init__(self, network: nn.Module, decay: float = 0.9995) -> None:
        self.parameters = [p.detach().clone() for p in network.parameters()]
        self.decay = decay
        self.steps = 0

    def update(self, network: nn.Module) -> None:
        """Count the network's present parameters in."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.parameters, [p.detach() for p in network.parameters()], 1 - decay)

    def copy_to(self, network: nn.Module) -> None:
        """Give the network the averaged parameters."""
        with torch.no_grad():
            for parameter, average in zip(network.parameters(), self.parameters, strict=True):
                parameter.copy_(average)

    def finite(self) -> bool:
        """Whether all are numbers."""
        return all(bool(p.isfinite().all()) for p in self.parameters)


def save_checkpoint(path: Path, network: nn.Module, average: Average) -> None:
    """Write the averaged weights; the file is the old one or the new one, never a part.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    names = [name for name, _ in network.named_parameters()]
    averaged = dict(zip(names, average.parameters, strict=True))
    tensors: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        tensors[name] = averaged.get(name, tensor).detach().to(torch.bfloat16).cpu().contiguous()
    write_whole(path, save(tensors))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, over one that is there.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    with whole_file(path, force=True) as stream:
        stream.write(content)


def load_checkpoint(path: Path, network: nn.Module) -> None:
    """Give the network a checkpoint's weights.

    Raises:
        StatueError: as ``load_weights`` does, for files that are damaged or of another network.
    """
    arrays = load_weights(path, None, template_of(network))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})


def register(path: Path) -> Path:
    """Make the checkpoint the registry's ``statueflow``: copy it into the weights folder and name it in models.json.

    Returns:
        Where it now lies.

    Raises:
        StatueError: as ``load_weights`` does; ``output-unwritable`` or ``disk-full``.
    """
    load_weights(path, None, template_of(StatueFlow()))
    content = path.read_bytes()
    target = registry.WEIGHTS / REGISTERED_AS
    data = json.loads(registry.MODELS.read_text(encoding="utf-8"))
    row = next(row for row in data["models"] if row["name"] == MODEL)
    row.update(trained=True, weights=REGISTERED_AS, sha256=hashlib.sha256(content).hexdigest(), quality={}, how=HOW)
    write_whole(target, content)
    write_whole(registry.MODELS, models_text(data).encode())
    return target


def models_text(data: dict) -> str:
    """models.json as it is laid out in the repository."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
