"""What the trainer asks of a model: the protocol between ``training.engine`` and everything else in this folder."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from statue_models.errors import StatueError
from training.damage.draws import Draws

#: One batch: tensors by name, on the device. What one player leaves in it, the next one finds.
Batch = dict[str, Any]


@dataclass(frozen=True)
class Player:
    """Networks that one optimiser moves against one loss: one for a regression, two for an adversarial pair.

    Attributes:
        name: for logs and checkpoints.
        networks: names in ``System.networks``.
        rate: times the recipe's learning rate.
        betas: of AdamW. weight_decay: of AdamW, on parameters with two and more dimensions.
        every: its turn comes with every so many-th batch; 5 for the generator of five critic steps.
        since, until: its turns lie in this part of the schedule, in shares of it; two stages are (0, s) and (s, 1).
    """

    name: str
    networks: tuple[str, ...]
    #: Chosen; a second beta of .99 forgets sooner than Adam's usual .999.
    rate: float = 1.0
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    every: int = 1
    since: float = 0.0
    until: float = 1.0

    def has_turn(self, step: int, share: float) -> bool:
        """Whether it moves on this batch, numbered from 0, at this share of the schedule."""
        return (step + 1) % self.every == 0 and (self.since <= share < self.until or share >= 1 == self.until)


@dataclass(frozen=True)
class Product:
    """What of a system ships with the program: ``PRODUCT`` of its module.

    Attributes:
        network: name in ``System.networks``, and of the weights file.
        read: the network of such a file, as the program builds it; raises as ``load_weights`` does.
        better: whether a judgement's metrics are good enough to ship, and in words than what.
        finish: sets what of the network the judgement measured.
        method: name of its method or landmark predictor; "" = the network's.
        quality: what of the metrics ``models.json`` keeps: suite -> metric -> value.
    """

    network: str
    read: Callable[[Path], nn.Module]
    better: Callable[[Mapping[str, float]], bool]
    than: str
    finish: Callable[[nn.Module, Mapping[str, float]], None] = lambda network, metrics: None
    method: str = ""
    quality: Callable[[Mapping[str, float]], dict[str, dict[str, float]]] = lambda metrics: {}


@dataclass(frozen=True, eq=False)
class Judgement:
    """How good the networks are on held-out data.

    Attributes:
        metrics: name -> value.
        sheet: (H, W, 3) uint8 RGB picture to look at, or None.
    """

    metrics: Mapping[str, float]
    sheet: NDArray[np.uint8] | None = None


class System(Protocol):
    """A model with its data and its losses.

    Attributes:
        networks: name -> network, on the device; all that a checkpoint holds of the model.
        players: take their turns in this order on every batch.
    """

    networks: Mapping[str, nn.Module]
    players: Sequence[Player]

    def draw(self, draws: Draws, count: int) -> Batch:
        """A batch of ``count`` examples; all that is random comes from ``draws``."""
        ...

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The player's loss as scalar terms, already weighted; their sum is minimised. It is called under autocast."""
        ...

    def judge(self) -> Judgement:
        """Judge the networks as they are, in evaluation mode and without gradients; the same cases every time."""
        ...


@dataclass(frozen=True)
class Setting:
    """Where a system is made.

    Attributes:
        assets: folder of the data (docs/datasets.md).
        device: of networks and batches.
        seed: of the networks' first weights.
        options: the recipe's ``[system]`` table without ``name``; unknown ones are the maker's to refuse.
    """

    assets: Path
    device: torch.device
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)


#: Name in a recipe -> "module:function" of its maker, which takes a ``Setting``.
MAKERS: dict[str, str] = {
    "landmarknet": "training.systems.landmarknet:make",
    "statueflow": "training.systems.statueflow:make",
    "lafin": "training.systems.published.lafin:make",
    "thesis-inpainter": "training.systems.published.thesis_inpainter:make",
    "perlin-gan": "training.systems.published.perlin_gan:make",
    "thesis-landmarks": "training.systems.published.thesis_landmarks:make",
    "lafin-landmarks": "training.systems.published.lafin_landmarks:make",
    "perlin-gan-style": "training.systems.published.perlin_gan_style:make",
    "context-encoder-center": "training.systems.published.context_encoder_center:make",
    "cifar-context-encoder": "training.systems.published.cifar_context_encoder:make",
    "pfcgan": "training.systems.published.pfcgan:make",
    "vgg-generator": "training.systems.published.vgg_generator:make",
    "dmfn": "training.systems.published.dmfn:make",
    "painting-ce1": "training.systems.published.painting_ce1:make",
    "painting-ce2": "training.systems.published.painting_ce2:make",
    "painting-cgan": "training.systems.published.painting_cgan:make",
    "painting-gan": "training.systems.published.painting_gan:make",
    "picnet": "training.systems.published.picnet:make",
    "pii-gan": "training.systems.published.pii_gan:make",
}


@contextmanager
def first_weights(setting: Setting) -> Iterator[None]:
    """Networks that are made here have first weights that depend on the seed alone.

    Raises:
        StatueError: ``bad-recipe`` for a network that cannot be made.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(setting.seed)
        try:
            yield
        except ValueError as error:
            raise StatueError("bad-recipe", reason=str(error).rstrip(".")) from None


def system(name: str, setting: Setting) -> System:
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe`` for an unknown name, or what the maker raises.
    """
    module, function = _maker(name)
    maker: Callable[[Setting], System] = getattr(importlib.import_module(module), function)
    return maker(setting)


def product_of(name: str) -> Product | None:
    """What of a system ships; None for those that are for comparison.

    Raises:
        StatueError: ``bad-recipe`` for an unknown name.
    """
    module, _ = _maker(name)
    return getattr(importlib.import_module(module), "PRODUCT", None)


def _maker(name: str) -> list[str]:
    """Module and function."""
    if name not in MAKERS:
        raise StatueError("bad-recipe", reason=f"there is no system {name!r}; there are {', '.join(MAKERS)}")
    return MAKERS[name].split(":")
