"""What a run leaves behind: its full state, the compact checkpoint, and each network as the program loads it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors import safe_open as open_safetensors
from safetensors.torch import save
from torch import Tensor

from statue_models.errors import StatueError, reason_of
from statue_models.networks.completion import SHAPE, Shape
from statue_models.whole_file import whole_file

STATE, COMPACT = "state.safetensors", "compact.safetensors"
#: Above this many bytes a compact checkpoint is not what it is for. Chosen: the project's own weights stay below it
#: together.
COMPACT_BYTES = 40_000_000
_METADATA = "run"


@dataclass
class Position:
    """How far a run is; what it counts goes on when the run does.

    Attributes:
        steps, images, seconds: since the run's first start, of all processes together.
        core_seconds: of processor time, of the first process.
        schedule_steps, schedule_images, schedule_seconds, schedule_core_seconds: where the present schedule began.
        resumed: the present schedule began from a compact checkpoint.
        share: of the present schedule that is done.
        metrics: of the last judgement; extremes: name -> [least, greatest] of all judgements.
    """

    steps: int = 0
    images: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0
    schedule_steps: int = 0
    schedule_images: int = 0
    schedule_seconds: float = 0.0
    schedule_core_seconds: float = 0.0
    resumed: bool = False
    share: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    extremes: dict[str, list[float]] = field(default_factory=dict)

    def begin_schedule(self) -> None:
        """Begin the schedule anew, here."""
        self.schedule_steps, self.schedule_images = self.steps, self.images
        self.schedule_seconds, self.schedule_core_seconds = self.seconds, self.core_seconds
        self.share, self.resumed = 0.0, True

    def add_step(self, images: int) -> None:
        """Count a step on so many images."""
        self.steps += 1
        self.images += images

    def record_judgement(self, metrics: Mapping[str, float]) -> None:
        """Note a judgement."""
        self.metrics = {name: float(value) for name, value in metrics.items()}
        for name, value in self.metrics.items():
            if not math.isfinite(value):
                continue
            least, greatest = self.extremes.get(name, [value, value])
            self.extremes[name] = [min(least, value), max(greatest, value)]


@dataclass(frozen=True)
class Checkpoint:
    """A file's tensors, and what was written of the run beside them.

    Attributes:
        tensors: on the CPU.
        system: the recipe's system.
        position: of the run.
        details: everything else that was given to ``save``.
    """

    tensors: Mapping[str, Tensor]
    system: str
    position: Position
    details: Mapping[str, Any]


def write(path: Path, tensors: Mapping[str, Tensor], system: str, position: Position, **details: Any) -> int:
    """Write a checkpoint whole or not at all, over one that is there; returns its size in bytes.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    text = json.dumps({"system": system, "position": asdict(position), "torch": torch.__version__, **details})
    return _write(path, tensors, {_METADATA: text})


def write_network(path: Path, tensors: Mapping[str, Tensor], shape: Shape | None = None) -> int:
    """Write one network's tensors as the program loads them: all of them bfloat16, under their plain names.

    Args:
        shape: of a published network, which the file is to name.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    return _write(
        path,
        {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()},
        None if shape is None else {SHAPE: shape.to_json()},
    )


def halve(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same with half the bytes: floating point as bfloat16, whole numbers as they are."""
    return {name: t.to(torch.bfloat16) if t.is_floating_point() else t for name, t in tensors.items()}


def read(folder: Path) -> tuple[Checkpoint, bool]:
    """The checkpoint to go on from, and whether it is a full state; else it is a compact one.

    Raises:
        StatueError: ``missing-file`` without either; ``weights-corrupt``; ``unreadable-file``.
    """
    for name, full in ((STATE, True), (COMPACT, False)):
        if (folder / name).is_file():
            return _read(folder / name), full
    raise StatueError("missing-file", path=folder / STATE)


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None) -> int:
    # Copies, since tied parameters share their memory, which the format does not know.
    content = save({name: t.detach().to("cpu", copy=True).contiguous() for name, t in tensors.items()}, metadata)
    with whole_file(path, force=True) as stream:
        stream.write(content)
    return len(content)


def _read(path: Path) -> Checkpoint:
    try:
        with open_safetensors(path, framework="pt") as file:
            # Copies: the file may be overwritten while its pages are mapped.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            metadata = json.loads((file.metadata() or {})[_METADATA])
        system, position = metadata.pop("system"), Position(**metadata.pop("position"))
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = "it does not hold what a checkpoint must" if not isinstance(error, SafetensorError) else str(error)
        raise StatueError("weights-corrupt", path=path, reason=reason) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    return Checkpoint(tensors, system, position, metadata)
