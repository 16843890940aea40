"""All that a run changes: networks, their average, optimisers, generators, and how far it is; to and from files."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.engine import checkpoints
from training.engine.checkpoints import Checkpoint, Position
from training.engine.ema import EMA, tensors_of
from training.engine.player_optimizer import PlayerOptimizer, StepResult
from training.engine.ranks import Ranks
from training.engine.recipe import Recipe
from training.systems.system import Judgement, System


def seed_of(seed: int, rank: int, images: int) -> int:
    """The seed of a process' examples: another for each, and after every compact checkpoint."""
    return int(np.random.SeedSequence((seed, rank, images)).generate_state(1, np.uint64)[0] >> np.uint64(1))


class TrainingState:
    """Networks, their average, optimisers and generators.

    Args:
        recipe: of the run.
        made: the recipe's system, on this process' device; its networks get the memory format of the device.
        ranks: the processes of the run.
    """

    def __init__(self, recipe: Recipe, made: System, ranks: Ranks) -> None:
        self.recipe, self.system, self.ranks = recipe, made, ranks
        self.position = Position()
        self.learning_rate = 0.0  # of the last step
        self.draws = Draws(0, ranks.device)
        self._seed(0)
        _check(made)
        played = {name for player in made.players for name in player.networks}
        for name, network in made.networks.items():
            network.train(name in played)
            if ranks.device.type == "cuda":
                for parameter in network.parameters():
                    if parameter.ndim == 4:
                        parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
            if recipe.compile:
                network.compile()
        self.players = [PlayerOptimizer(recipe, made, player, self.draws, ranks) for player in made.players]
        for network in made.networks.values():
            network.requires_grad_(False)
        self.ema = EMA(made.networks, recipe.ema)

    def _seed(self, images: int) -> None:
        """Seed all generators of this process afresh."""
        seed = seed_of(self.recipe.seed, self.ranks.rank, images)
        self.draws.generator.manual_seed(seed)
        torch.manual_seed(seed)

    @property
    def batch_size(self) -> int:
        """Examples per step of this process."""
        return self.recipe.batch[self.ranks.device.type]

    @property
    def images_per_step(self) -> int:
        """Examples per step of all processes."""
        return self.batch_size * self.ranks.world

    @property
    def skipped(self) -> int:
        """Players' steps that were not made, because numbers failed."""
        return sum(player.skipped for player in self.players)

    def update_ema(self, results: Mapping[str, StepResult]) -> None:
        """Count the weights in after a step of all players; after a failed one keep its numbers out of the networks."""
        if all(result.stepped for result in results.values()):
            self.ema.update()
        else:
            self.ema.restore_buffers()

    def roll_back_lost_players(self) -> list[str]:
        """Let players without usable gradients go on from the average; returns their names.

        Raises:
            StatueError: ``training-diverged`` when that did not help.
        """
        lost = [player for player in self.players if player.roll_back_if_lost(self.ema, self.position.steps)]
        return [player.name for player in lost]

    def judge(self) -> Judgement:
        """The system's judgement of the averaged weights; weights, modes and generators are then what they were."""
        devices = [self.ranks.device] if self.ranks.device.type == "cuda" else []
        # Judging sees other sizes than training does: compiling for them would take longer than it saves.
        eager = torch.compiler.set_stance("force_eager") if self.recipe.compile else nullcontext()
        # Not inference mode: what a network caches while it is judged could not be trained with.
        with torch.random.fork_rng(devices), self.ema.swap_in(), torch.no_grad(), eager:
            return self.system.judge()

    def is_finite(self) -> bool:
        """Whether the average is all numbers, in every process."""
        return not any(self.ranks.all_reduce_max([not self.ema.is_finite()]))

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> int:
        """Write state, compact checkpoint and networks; the compact one's size in bytes, 0 in all processes but one.

        Raises:
            StatueError: ``output-unwritable`` or ``disk-full``.
        """
        generators = self.ranks.all_gather(self._generators())
        if not self.ranks.first:
            return 0
        average, name = self.ema.tensors, self.recipe.system
        counters = {player.name: player.counters() for player in self.players}
        details = {"recipe": self.recipe.to_json(), "processes": self.ranks.world}
        state: dict[str, Tensor] = {f"live.{key}": tensor for key, tensor in tensors_of(self.system.networks).items()}
        state |= {f"average.{key}": tensor for key, tensor in average.items()}
        for player in self.players:
            state |= {f"adamw.{player.name}.{key}": tensor for key, tensor in player.moments()}
        for rank, own in enumerate(generators):
            state |= {f"generator.{rank}.{kind}": tensor for kind, tensor in own.items()}
        full = {**details, "movers": counters, "averaged_steps": self.ema.steps}
        checkpoints.write(folder / checkpoints.STATE, state, name, self.position, **full)
        compact = checkpoints.halve(average)
        size = checkpoints.write(folder / checkpoints.COMPACT, compact, name, self.position, **details)
        for network, module in self.system.networks.items():
            tensors = {key: average[f"{network}.{key}"] for key in module.state_dict()}
            checkpoints.write_network(folder / f"{network}.safetensors", tensors, getattr(module, "shape", None))
        return size

    def _generators(self) -> dict[str, Tensor]:
        """The states of this process' generators, uint8 on the CPU."""
        states = {"draws": self.draws.generator.get_state(), "cpu": torch.get_rng_state()}
        if self.ranks.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.ranks.device)
        return states

    def load(self, folder: Path, found: Checkpoint, full: bool) -> list[str]:
        """Go on from a checkpoint; returns what the user should know.

        Raises:
            StatueError: ``weights-corrupt`` for one of other networks.
        """
        path = folder / (checkpoints.STATE if full else checkpoints.COMPACT)
        try:
            if full:
                return self._load_state(found)
            new = self._load_compact(found)
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            reason = f"it does not fit the recipe's networks ({str(error).splitlines()[0]})"
            raise StatueError("weights-corrupt", path=path, reason=reason) from None
        begin = [f"{' and '.join(new)} not in it: trained from the start"] if new else []
        return [f"going on from {path}, with a new optimiser and a new schedule", *begin]

    def _load_state(self, found: Checkpoint) -> list[str]:
        tensors, details = found.tensors, found.details
        _fill(tensors_of(self.system.networks), _select_prefixed(tensors, "live."))
        _fill(self.ema.tensors, _select_prefixed(tensors, "average."))
        self.ema.steps = details["averaged_steps"]
        for player in self.players:
            player.load(details["movers"][player.name], _select_prefixed(tensors, f"adamw.{player.name}."))
        self.position = found.position
        own = _select_prefixed(tensors, f"generator.{self.ranks.rank}.")
        if self._set_generators(own):
            return []
        self._seed(self.position.images)
        return ["the run was on other devices or processes; its examples go on from a new seed"]

    def _set_generators(self, states: Mapping[str, Tensor]) -> bool:
        """Whether the states are those of this process' generators, which then go on from them."""
        mine = self._generators()
        if states.keys() != mine.keys() or any(states[kind].shape != mine[kind].shape for kind in mine):
            return False
        self.draws.generator.set_state(states["draws"])
        torch.set_rng_state(states["cpu"])
        if "cuda" in states:
            torch.cuda.set_rng_state(states["cuda"], self.ranks.device)
        return True

    def _load_compact(self, found: Checkpoint) -> list[str]:
        """Returns the networks that the checkpoint lacks altogether: an opponent may join a run later.

        What it has of networks that the system no longer has is left behind.
        """
        there = {name.split(".")[0] for name in found.tensors}
        new = [name for name in self.system.networks if name not in there]
        if len(new) == len(self.system.networks):
            raise ValueError("it holds none of them")
        kept = {k: t for k, t in found.tensors.items() if k.split(".")[0] in self.system.networks}
        _fill({k: t for k, t in self.ema.tensors.items() if k.split(".")[0] not in new}, kept)
        self.ema.copy_to(self.system.networks)
        self.position = found.position
        self.position.begin_schedule()
        self._seed(self.position.images)
        return new


def _check(made: System) -> None:
    """Find mistakes in a system's making before they cost hours.

    Raises:
        ValueError: for players of networks that are not there, or names that cannot be.
    """
    own = {Path(checkpoints.STATE).stem, Path(checkpoints.COMPACT).stem}
    for name in [*made.networks, *(player.name for player in made.players)]:
        if not name.isidentifier() or name in own:
            raise ValueError(f"{name!r} cannot be the name of a network or player")
    if not made.players or len({player.name for player in made.players}) < len(made.players):
        raise ValueError("a system needs players, each with a name of its own")
    for player in made.players:
        if not player.networks or not set(player.networks) <= made.networks.keys():
            raise ValueError(f"player {player.name!r} has no networks, or some that the system has not")


def _select_prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _fill(targets: Mapping[str, Tensor], sources: Mapping[str, Any]) -> None:
    """Give tensors the values of others.

    Raises:
        ValueError: if names or shapes differ.
    """
    if targets.keys() != sources.keys():
        raise ValueError(f"tensor {min(targets.keys() ^ sources.keys())} is on one side only")
    with torch.no_grad():
        for name, target in targets.items():
            if target.shape != sources[name].shape:
                raise ValueError(f"tensor {name} has another shape")
            target.copy_(sources[name])
