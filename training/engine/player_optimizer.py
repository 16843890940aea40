"""A player with its optimiser: the parts of its step, and what is done when numbers fail."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.engine.ema import EMA
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.systems.system import Batch, Player, System

_MOMENTS = ("exp_avg", "exp_avg_sq")  # of Adam

#: After so many steps in a row without a finite gradient a player goes on from the average; at most so many times.
#: Chosen.
BAD_STEPS, ROLLBACKS = 20, 3


@dataclass(frozen=True)
class StepResult:
    """What came of a player's step.

    Attributes:
        losses: the terms that were minimised together.
        grad_norm: of the gradient before clipping.
        stepped: whether the optimiser made a step: all numbers were finite, in every process.
    """

    losses: Mapping[str, float]
    grad_norm: float
    stepped: bool


class PlayerLoss(nn.Module):
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


class PlayerOptimizer:
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
        loss = PlayerLoss(system, player, draws, recipe.autocast(ranks.device.type))
        # Without device_ids the batch reaches the loss as it is, and what a player leaves in it the next one finds.
        self.loss: nn.Module = DistributedDataParallel(loss, find_unused_parameters=True) if ranks.world > 1 else loss
        self.skipped = self.bad_in_a_row = self.rollbacks = 0
        self.optimizer = self._new_optimizer()

    @property
    def name(self) -> str:
        """The player's."""
        return self.player.name

    def _new_optimizer(self) -> torch.optim.Optimizer:
        groups = [
            {"params": [p for p in self.parameters.values() if p.ndim >= 2], "weight_decay": self.player.weight_decay},
            {"params": [p for p in self.parameters.values() if p.ndim < 2], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        fused = self.ranks.device.type == "cuda"
        return torch.optim.AdamW(groups, self.recipe.rate, betas=self.player.betas, fused=fused)

    def set_trainable(self, trainable: bool) -> None:
        """Let gradients reach the player's parameters, or not."""
        for parameter in self.parameters.values():
            parameter.requires_grad_(trainable)

    def set_learning_rate(self, rate: float) -> None:
        """Take the recipe's learning rate at this step, times the player's own, halved by every rollback."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * self.player.rate / 2**self.rollbacks

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The loss terms as float32 scalars; their sum is to be minimised."""
        return self.loss(batch)

    def clip_gradients(self) -> Tensor:
        """Bring the gradient's norm down to the recipe's bound; returns the norm before, a scalar."""
        return nn.utils.clip_grad_norm_(self.parameters.values(), self.recipe.clip or math.inf)

    def step_if_finite(self, losses: Mapping[str, Tensor], grad_norm: Tensor) -> StepResult:
        """The optimiser's step, or none where a loss or the gradient is not finite in any process."""
        # One transfer for all numbers: each would stop a GPU.
        values = torch.stack([grad_norm.detach().float(), *(loss.detach() for loss in losses.values())]).tolist()
        finite = not any(self.ranks.all_reduce_max([not all(map(math.isfinite, values))]))
        if finite:
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.bad_in_a_row = 0 if finite else self.bad_in_a_row + 1
        self.skipped += not finite
        return StepResult(dict(zip(losses, values[1:], strict=True)), values[0], finite)

    def roll_back_if_lost(self, ema: EMA, steps: int) -> bool:
        """After too many bad steps in a row go on from the average, at half the rate; whether that was so.

        Raises:
            StatueError: ``training-diverged`` when that did not help.
        """
        if self.bad_in_a_row < BAD_STEPS:
            return False
        if self.rollbacks >= ROLLBACKS or any(self.ranks.all_reduce_max([not ema.is_finite()])):
            raise StatueError("training-diverged", steps=steps)
        self.rollbacks += 1
        self.bad_in_a_row = 0
        ema.copy_to(self.networks)
        self.optimizer = self._new_optimizer()
        return True

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def counters(self) -> dict[str, int]:
        """What a checkpoint keeps besides tensors."""
        return {"skipped": self.skipped, "bad_in_a_row": self.bad_in_a_row, "rollbacks": self.rollbacks}

    def moments(self) -> Iterator[tuple[str, Tensor]]:
        """The optimiser's tensors, as ("NETWORK.PARAMETER.KEY", tensor)."""
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                yield f"{name}.{key}", value

    def load(self, counters: Mapping[str, Any], moments: Mapping[str, Tensor]) -> None:
        """Go on with what ``counters`` and ``moments`` gave.

        Raises:
            KeyError, RuntimeError: for those of other networks.
        """
        self.skipped, self.bad_in_a_row = counters["skipped"], counters["bad_in_a_row"]
        self.rollbacks = counters["rollbacks"]
        self.optimizer = self._new_optimizer()
        fused = self.ranks.device.type == "cuda"
        for name, parameter in self.parameters.items():
            if f"{name}.step" not in moments:
                continue  # no gradient has reached it yet
            step = moments[f"{name}.step"].to(parameter.device if fused else "cpu", copy=True)
            # In the parameter's memory format, which fused kernels take for granted.
            state = {key: torch.empty_like(parameter).copy_(moments[f"{name}.{key}"]) for key in _MOMENTS}
            self.optimizer.state[parameter] = {"step": step, **{key: value.detach() for key, value in state.items()}}
