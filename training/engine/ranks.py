"""Several processes that train one model: who is who, and how they agree. Alone, everything here is free."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch

# Before there is a group: this module's functions have the group as a default value. Imported later (by data-parallel
# wrappers), they keep it for ever, its threads run into the interpreter's end, and now and then one aborts the process.
import torch.distributed.nn.functional
from torch import distributed

from statue_models.errors import StatueError
from statue_models.networks.loading import torch_device

#: Others wait so long for the process that judges and writes. Chosen.
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Ranks:
    """This process among all of a run.

    Attributes:
        device: of this process.
        rank: its number, from 0; process 0 alone writes, logs and judges.
        world: how many there are.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes, logs and judges."""
        return self.rank == 0

    def all_reduce_max(self, values: Sequence[float]) -> list[float]:
        """The largest of all processes' values, one by one; every process gets the same, exactly."""
        if self.world == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(tensor, distributed.ReduceOp.MAX)
        return tensor.tolist()

    def all_gather(self, thing: Any) -> list[Any]:
        """Every process' thing, in their order, in every process."""
        if self.world == 1:
            return [thing]
        things: list[Any] = [None] * self.world
        distributed.all_gather_object(things, thing)
        return things


@contextmanager
def join(device: str) -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` started, or be alone.

    Args:
        device: "auto", "cpu" or "cuda"; each process on a machine gets a GPU of its own.

    Raises:
        StatueError: ``no-cuda``; ``usage`` with more processes than GPUs.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = torch_device(device)
    if chosen.type == "cuda":
        torch.backends.cudnn.benchmark = True  # pictures of one size
        torch.set_float32_matmul_precision("high")
    if world == 1:
        yield Ranks(chosen)
        return
    if chosen.type == "cuda":
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            raise StatueError("usage", reason=f"There are {torch.cuda.device_count()} GPUs, and more processes")
        chosen = torch.device("cuda", local)
        torch.cuda.set_device(chosen)
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    yield Ranks(chosen, distributed.get_rank(), distributed.get_world_size())
    # Only after success: after a failure the others may be waiting, and torchrun ends them.
    distributed.destroy_process_group()
