"""A player's turn: its loss, its gradient, its optimiser's step, and what is done when numbers fail."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.engine.average import Average
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.systems.system import Batch, Player, System

_MOMENTS = ("exp_avg", "exp_avg_sq")  # of Adam

#: After so many steps in a row without a finite gradient a player goes on from the average; at most so many times.
BAD_STEPS, ROLLBACKS = 20, 3


@dataclass(frozen=True)
class Taken:
    """What came of a turn: the loss terms and the norm of the gradient before clipping; ``good`` if a step was made."""

    terms: Mapping[str, float]
    norm: float
    good: bool

    @property
    def loss(self) -> float:
        """The sum that was minimised."""
        return sum(self.terms.values())


class Turn(nn.Module):
    """A player's loss as a module of its networks alone, so that distributed training can watch their gradients."""

    def __init__(self, system: System, player: Player, draws: Draws, autocast: bool) -> None:
        super().__init__()
        self.networks = nn.ModuleDict({name: system.networks[name] for name in player.networks})
        self.player = player.name
        self.draws = draws
        self.autocast = autocast
        self._losses = system.losses

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The loss terms as float32 scalars."""
        with torch.autocast(self.draws.device.type, torch.bfloat16, enabled=self.autocast):
            terms = self._losses(self.player, batch, self.draws)
        return {name: term.float() for name, term in terms.items()}


class Mover:
    """One player with its optimiser.

    Args:
        recipe: gives rates, clipping and precision.
        system: whose player it is.
        player: one of the system's.
        draws: random numbers of the losses.
        ranks: the processes of the run.
    """

    def __init__(self, recipe: Recipe, system: System, player: Player, draws: Draws, ranks: Ranks) -> None:
        self.recipe, self.player, self.ranks = recipe, player, ranks
        self.networks = {name: system.networks[name] for name in player.networks}
        #: Name -> parameter; those that the system froze stay frozen.
        self.parameters = {
            f"{network}.{name}": parameter
            for network, module in self.networks.items()
            for name, parameter in module.named_parameters()
            if parameter.requires_grad
        }
        turn = Turn(system, player, draws, recipe.autocast(ranks.device.type))
        # Without device_ids the batch reaches the turn as it is, and what a player leaves in it the next one finds.
        self.turn: nn.Module = DistributedDataParallel(turn, find_unused_parameters=True) if ranks.world > 1 else turn
        self.skipped = self.bad_in_a_row = self.rollbacks = 0
        self.optimiser = self._new_optimiser()

    def _new_optimiser(self) -> torch.optim.Optimizer:
        groups = [
            {"params": [p for p in self.parameters.values() if p.ndim >= 2], "weight_decay": self.player.weight_decay},
            {"params": [p for p in self.parameters.values() if p.ndim < 2], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        fused = self.ranks.device.type == "cuda"
        return torch.optim.AdamW(groups, self.recipe.rate, betas=self.player.betas, fused=fused)

    def free(self, free: bool) -> None:
        """Let gradients reach the player's parameters, or not."""
        for parameter in self.parameters.values():
            parameter.requires_grad_(free)

    def take(self, batch: Batch, rate: float) -> Taken:
        """One step of the optimiser, or none where loss or gradient is not finite.

        Args:
            rate: the recipe's learning rate at this step.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate * self.player.rate / 2**self.rollbacks
        self.optimiser.zero_grad(set_to_none=True)
        terms = self.turn(batch)
        loss = torch.stack(list(terms.values())).sum()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters.values(), self.recipe.clip or math.inf)
        # One transfer for all numbers: each would stop a GPU.
        values = torch.stack([norm.detach().float(), *(term.detach() for term in terms.values())]).tolist()
        good = not any(self.ranks.largest([not all(map(math.isfinite, values))]))
        if good:
            self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.bad_in_a_row = 0 if good else self.bad_in_a_row + 1
        self.skipped += not good
        return Taken(dict(zip(terms, values[1:], strict=True)), values[0], good)

    def roll_back_if_lost(self, average: Average, steps: int) -> bool:
        """After too many bad steps in a row go on from the average, at half the rate; whether that was so.

        Raises:
            StatueError: ``training-diverged`` when that did not help.
        """
        if self.bad_in_a_row < BAD_STEPS:
            return False
        if self.rollbacks >= ROLLBACKS or any(self.ranks.largest([not average.finite()])):
            raise StatueError("training-diverged", steps=steps)
        self.rollbacks += 1
        self.bad_in_a_row = 0
        average.give(self.networks)
        self.optimiser = self._new_optimiser()
        return True

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def counters(self) -> dict[str, int]:
        """What a checkpoint keeps besides tensors."""
        return {"skipped": self.skipped, "bad_in_a_row": self.bad_in_a_row, "rollbacks": self.rollbacks}

    def moments(self) -> Iterator[tuple[str, Tensor]]:
        """The optimiser's tensors, as ("NETWORK.PARAMETER.KEY", tensor)."""
        for name, parameter in self.parameters.items():
            for key, value in self.optimiser.state.get(parameter, {}).items():
                yield f"{name}.{key}", value

    def load(self, counters: Mapping[str, Any], moments: Mapping[str, Tensor]) -> None:
        """Go on with what ``counters`` and ``moments`` gave.

        Raises:
            KeyError, RuntimeError: for those of other networks.
        """
        self.skipped, self.bad_in_a_row = counters["skipped"], counters["bad_in_a_row"]
        self.rollbacks = counters["rollbacks"]
        self.optimiser = self._new_optimiser()
        fused = self.ranks.device.type == "cuda"
        for name, parameter in self.parameters.items():
            if f"{name}.step" not in moments:
                continue  # no gradient has reached it yet
            step = moments[f"{name}.step"].to(parameter.device if fused else "cpu", copy=True)
            # In the parameter's memory format, which fused kernels take for granted.
            state = {key: torch.empty_like(parameter).copy_(moments[f"{name}.{key}"]) for key in _MOMENTS}
            self.optimiser.state[parameter] = {"step": step, **{key: value.detach() for key, value in state.items()}}
