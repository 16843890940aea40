"""Training ``statueflow``: from a fitted head's noisy sketch to the picture."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.networks.loading import reader
from statue_models.networks.statueflow import NOISE, StatueFlow, landmark_heatmaps
from training.damage.draws import Draws
from training.examples.fitted_batches import make_batch
from training.examples.fitted_examples import FittedExamples, Preparation, prepare, read_fitted
from training.losses.adversarial import discriminator_loss, generator_loss
from training.systems.data_options import InpaintingOptions
from training.systems.discriminators.freezing import freeze
from training.systems.discriminators.patch import PatchDiscriminator
from training.systems.feature_loss import FeatureLoss
from training.systems.flow_judge import better_than_start, judge
from training.systems.starting_weights import begin_with, files_field
from training.systems.system import Batch, Judgement, Player, Product, Setting
from training.toml_tables import fill

#: Share of the steps that start from the sketch itself, the first step of every restoration; the other times are drawn
#: as the sigmoid of a normal variable with this mean and standard deviation. Chosen.
AT_START, TIME_MEAN, TIME_SPREAD = 0.5, -0.3, 1.0
#: The velocity's error is the picture's over (1 - t); near t = 1 that is bounded. Chosen.
LEAST_REST = 0.3
#: Added to the hole's area when its mean error is taken, in shares of the picture, so that tiny holes do not shout.
#: Chosen.
AREA_FLOOR = 0.0075
#: Share of the examples that see no landmarks; chosen.
LANDMARKS_WITHHELD = 0.1
#: Seed of the examples that are trained on. Any would do.
TRAIN_SEED = 1
#: The game with the discriminator, whose patches count if so much of them is restored. Betas of its Adam; a share of a
#: patch. Chosen.
GAME, OPPONENT_BETAS, LEAST_JUDGED = "hinge", (0.5, 0.99), 0.1


@dataclass(frozen=True)
class Options(InpaintingOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        count: examples to train on, in the folder ``examples``. size: side of their crops.
        features: weight of the feature distance beside the flow's loss.
        adversarial: weight of a patch discriminator's opinion; 0 = there is none.
        opponent_channels: of its first layer.
        channels, blocks: of the network; empty or 0 = the product's.
        weights: file or files that the network begins with (``training.systems.starting_weights``).
    """

    #: Examples; pixels; all weights chosen.
    count: int = 20_000
    size: int = 128
    features: float = 0.2
    adversarial: float = 0.0
    opponent_channels: int = 32
    channels: tuple[int, ...] = ()
    blocks: int = 0
    weights: tuple[Path, ...] = files_field()


def make(setting: Setting) -> "FlowSystem":
    """The system of a recipe; prepares its examples first.

    Raises:
        StatueError: ``bad-recipe``, as ``load_weights`` does, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "statueflow")
    torch.manual_seed(setting.seed)
    shape = {name: getattr(options, name) for name in ("channels", "blocks")}
    network = StatueFlow(**{name: value for name, value in shape.items() if value})
    begin_with(network, options.weights)
    network = network.to(setting.device)
    pictures = options.read_stored_pictures(setting)
    folder = Path(options.examples) / "train"
    work = Preparation(pictures.train, options.size, TRAIN_SEED, options.found, options.facemesh)
    prepare(work, folder, options.count, os.cpu_count() or 1)
    held = options.read_held_examples(pictures, options.size)
    loss = FeatureLoss(setting.assets, setting.device) if options.features else None
    return FlowSystem(network, read_fitted(folder, options.count), held, loss, options)


PRODUCT = Product("statueflow", reader(StatueFlow), better_than_start, "fast marching and the fitted head")


class FlowSystem:
    """See ``training.systems.system.System``."""

    def __init__(
        self,
        network: StatueFlow,
        train: FittedExamples,
        held: FittedExamples,
        feature_loss: FeatureLoss | None,
        options: Options,
    ) -> None:
        self.network, self.opponent = network, None
        self.networks: dict[str, nn.Module] = {"statueflow": network}
        self.players = [Player("flow", ("statueflow",))]
        if options.adversarial:
            self.opponent = PatchDiscriminator(1, options.opponent_channels, attention=False)
            self.networks["discriminator"] = self.opponent.to(next(network.parameters()).device)
            self.players.append(Player("discriminator", ("discriminator",), betas=OPPONENT_BETAS))
        self._train, self._held, self._feature_loss, self._options = train, held, feature_loss, options

    def draw(self, draws: Draws, count: int) -> Batch:
        """Random examples, half of them mirrored, in other exposure, contrast and colour."""
        return make_batch(self._train, draws.index(len(self._train), count), draws)

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The discriminator's, or the network's.

        Squared error inside the damage over (1 - t)^2 (the velocity's error), the feature distance, and what it costs
        not to be taken for stone.
        """
        if player == "discriminator":
            return self._discriminators(batch)
        picture, mask, counted, guide = (batch[name] for name in ("picture", "mask", "counted", "guide"))
        count, size = len(picture), picture.shape[-1]
        heatmaps = landmark_heatmaps(batch["landmarks"], size // self.network.patch)
        heatmaps = heatmaps * draws.chance(1 - LANDMARKS_WITHHELD, count, 1, 1, 1)
        t = torch.sigmoid(draws.normal(count) * TIME_SPREAD + TIME_MEAN) * draws.chance(1 - AT_START, count)
        share = t[:, None, None, None]
        start = guide[:, :3] + NOISE * draws.normal(*picture.shape)
        z = torch.where(mask > 0, share * picture + (1 - share) * start, picture)
        known = torch.where(mask > 0, 0, picture)
        predicted = self.network(z, t, known, mask, guide, heatmaps).float()
        squared = ((predicted - picture).square() * counted).sum((1, 2, 3))
        area = 3 * (counted.sum((1, 2, 3)) + AREA_FLOOR * size**2)
        terms = {"flow": (squared / area / (1 - t).clamp(min=LEAST_REST).square()).mean()}
        restored = torch.where(counted > 0, predicted, picture)
        if self._feature_loss is not None:
            terms["features"] = self._options.features * self._feature_loss(restored, picture, counted).mean()
        if self.opponent is not None:
            batch["restored"] = restored.detach()
            with freeze(self.opponent):
                logits = self._in_damage(self.opponent(restored, counted), counted)
            terms["adversarial"] = self._options.adversarial * generator_loss(GAME, logits)
        return terms

    def _discriminators(self, batch: Batch) -> dict[str, Tensor]:
        assert self.opponent is not None
        counted = batch["counted"]
        pair = self.opponent(torch.cat([batch["picture"], batch["restored"]]), torch.cat([counted, counted]))
        real, fake = (self._in_damage(logits, counted) for logits in pair.chunk(2))
        return {"discriminator": discriminator_loss(GAME, real, fake)}

    @staticmethod
    def _in_damage(logits: Tensor, counted: Tensor) -> Tensor:
        """Those of patches that see restored stone; all of them where there is none."""
        height, width = logits.shape[-2:]
        judged = functional.adaptive_avg_pool2d(counted, (height, width)) > LEAST_JUDGED
        return logits[judged] if bool(judged.any()) else logits

    def judge(self) -> Judgement:
        """Held-out photographs, restored in one step and in the product's number of steps."""
        return judge(self.network, self._held, self._feature_loss)
