"""Systems that learn in milliseconds, to try the trainer on."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.engine.training_state import seed_of
from training.systems.system import Batch, Judgement, Player, Setting

TRUE = torch.tensor([[1.0, -2.0, 0.5, 3.0]])


class Regression:
    """A line through four variables; with options for whatever a test needs.

    Args:
        setting: options "dropout" (share), "bad" (list of steps whose loss is NaN), "norm" (a batch normalisation),
            "as_ranks" (draw what so many processes would draw together).
    """

    def __init__(self, setting: Setting) -> None:
        known = {"dropout", "bad", "norm", "as_ranks", "width"}
        if not setting.options.keys() <= known:
            raise StatueError("bad-recipe", reason="a regression does not know this")
        self.options, self.device, self.seed = setting.options, setting.device, setting.seed
        width = self.options.get("width", 8)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(setting.seed)
            layers: list[nn.Module] = [nn.Linear(4, width), nn.Tanh(), nn.Dropout(self.options.get("dropout", 0.0))]
            layers += [nn.BatchNorm1d(width)] if self.options.get("norm") else []
            network = nn.Sequential(*layers, nn.Linear(width, 1))
        self.networks: Mapping[str, nn.Module] = {"line": network.to(setting.device)}
        self.players: Sequence[Player] = [Player("fit", ("line",), weight_decay=0.01)]
        self.calls = self.judged = 0
        self.others: list[Draws] = []

    def draw(self, draws: Draws, count: int) -> Batch:
        several = self.options.get("as_ranks", 0)
        if several and not self.others:
            self.others = [Draws(seed_of(self.seed, rank, 0), self.device) for rank in range(several)]
        x = torch.cat([own.normal(count // max(1, several), 4) for own in self.others or [draws]])
        return {"x": x, "y": (x * TRUE.to(x)).sum(1, keepdim=True)}

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        self.calls += 1
        bad = self.calls in self.options.get("bad", ())
        x = batch["x"] * (torch.nan if bad else 1.0)
        error = self.networks["line"](x) - batch["y"]
        return {"squared": (error**2).mean(), "absolute": 0.1 * error.abs().mean()}

    def judge(self) -> Judgement:
        self.judged += 1
        network = self.networks["line"]
        assert not network.training and not torch.is_grad_enabled()
        x = torch.linspace(-1, 1, 32, device=self.device).reshape(8, 4)
        torch.rand(3)  # a judgement may use the global generator
        error = (network(x) - (x * TRUE.to(x)).sum(1, keepdim=True)).abs().mean()
        return Judgement({"error": float(error)}, np.full((4, 6, 3), (255, 0, 0), np.uint8))


class Pair:
    """A maker of numbers near 3 and a critic that tells them from true ones; the maker leaves its numbers in the batch.

    Args:
        setting: options "bad_make" and "bad_judge" (lists of calls whose loss is NaN), "bad_rank" (in this process
            only).
    """

    def __init__(self, setting: Setting) -> None:
        self.options: Mapping[str, Any] = setting.options
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(setting.seed)
            self.networks: Mapping[str, nn.Module] = {
                "maker": nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1)),
                "critic": nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)),
            }
        self.players: Sequence[Player] = [
            Player("make", ("maker",), betas=(0.5, 0.9)),
            Player("judge", ("critic",), rate=2.0, betas=(0.5, 0.9)),
        ]
        self.calls = {"make": 0, "judge": 0}

    def draw(self, draws: Draws, count: int) -> Batch:
        return {"noise": draws.normal(count, 2), "true": 3 + 0.1 * draws.normal(count, 1)}

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        self.calls[player] += 1
        critic = self.networks["critic"]
        free = {name: all(p.requires_grad for p in network.parameters()) for name, network in self.networks.items()}
        assert free == {"maker": player == "make", "critic": player == "judge"}
        here = self.options.get("bad_rank") in (None, int(os.environ.get("RANK", "0")))
        factor = torch.nan if here and self.calls[player] in self.options.get(f"bad_{player}", ()) else 1.0
        if player == "make":
            made = self.networks["maker"](batch["noise"])
            batch["made"] = made.detach()
            return {"adversarial": factor * nn.functional.softplus(-critic(made)).mean()}
        false, true = critic(batch["made"]), critic(batch["true"] + 0.01 * draws.normal(*batch["true"].shape))
        terms = nn.functional.softplus(false).mean(), nn.functional.softplus(-true).mean()
        return {"false": factor * terms[0], "true": terms[1]}

    def judge(self) -> Judgement:
        noise = torch.linspace(-1, 1, 32).reshape(16, 2)
        return Judgement({"mean": float(self.networks["maker"](noise).mean())})


def regression(setting: Setting) -> Regression:
    return Regression(setting)


def pair(setting: Setting) -> Pair:
    return Pair(setting)


#: For ``training.systems.system.MAKERS``.
MAKERS = {"regression": "toy_systems:regression", "pair": "toy_systems:pair"}
