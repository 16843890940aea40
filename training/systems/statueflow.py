"""Training ``statueflow``: from a fitted head's noisy sketch to the picture."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from statue_models.errors import StatueError
from statue_models.networks.statueflow import NOISE, StatueFlow, landmark_heatmaps
from statue_models.restoring.landmarks68 import MIRROR
from training.damage.draws import Draws
from training.flow.drawn import statues
from training.flow.fitted import COUNTED, MISSING, Fitted, Preparation, prepare, read_fitted
from training.flow.pictures import PictureSet, read_pictures
from training.systems.feature_loss import FeatureLoss
from training.systems.flow_judge import judge
from training.systems.system import Batch, Judgement, Player, Setting

#: Share of the steps that start from the sketch itself, the first step of every restoration; the other times are drawn
#: as the sigmoid of a normal variable with this mean and standard deviation.
AT_START, TIME_MEAN, TIME_SPREAD = 0.5, -0.3, 1.0
#: The velocity's error is the picture's over (1 - t); near t = 1 that is bounded.
LEAST_REST = 0.3
#: Added to the hole's area when its mean error is taken, in shares of the picture, so that tiny holes do not shout.
AREA_FLOOR = 0.0075
LANDMARKS_WITHHELD = 0.1
#: Side of the stored pictures.
STORED = 256
#: Held-out examples that are judged.
HELD = 128


@dataclass(frozen=True)
class Options:
    """The recipe's ``[system]`` table.

    Attributes:
        examples: folder of the prepared examples; what is missing of ``count`` is made first.
        count: examples. size: side of their crops.
        statues: folder of a run of ``training.statues make``, or "" for none; added to the packed renders.
        fresh: so many statues are drawn at the start, on the training device, and added, too.
        packed: so many of each file of packed renders; 0 = all.
        found: share of the examples whose landmarks FaceMesh finds; the others' are the true ones with errors.
        landmark_models: folder of FaceMesh's files; "" = the usual places.
        features: weight of the feature distance beside the flow's loss.
        channels, blocks: of the network; empty or 0 = the product's.
    """

    examples: str = "examples"
    count: int = 20_000
    size: int = 128
    statues: str = ""
    fresh: int = 0
    packed: int = 0
    found: float = 0.4
    landmark_models: str = ""
    features: float = 0.2
    channels: tuple[int, ...] = ()
    blocks: int = 0


def options_of(setting: Setting) -> Options:
    """The options, checked for unknown names.

    Raises:
        StatueError: ``bad-recipe``.
    """
    known = {field.name for field in fields(Options)}
    for name in setting.options:
        if name not in known:
            raise StatueError("bad-recipe", reason=f"statueflow has no option {name!r}")
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in setting.options.items()}
    return Options(**given)


def make(setting: Setting) -> "FlowSystem":
    """The system of a recipe; prepares its examples first.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = options_of(setting)
    drawn = statues(setting, options.statues, options.fresh, STORED)
    pictures = read_pictures(setting.assets, STORED, options.packed or None, drawn)
    models = Path(options.landmark_models) if options.landmark_models else None
    folder, workers = Path(options.examples), os.cpu_count() or 1
    train = Preparation(pictures.train, options.size, 1, options.found, models)
    held = Preparation(held_photographs(pictures), options.size, 2, options.found, models)
    prepare(train, folder / "train", options.count, workers)
    prepare(held, folder / "held", HELD, workers)
    torch.manual_seed(setting.seed)
    shape = {name: getattr(options, name) for name in ("channels", "blocks")}
    network = StatueFlow(**{name: value for name, value in shape.items() if value}).to(setting.device)
    loss = FeatureLoss(setting.assets, setting.device) if options.features else None
    examples, judged = read_fitted(folder / "train", options.count), read_fitted(folder / "held")
    return FlowSystem(network, examples, judged, loss, options.features)


def held_photographs(pictures: PictureSet) -> list:
    """What is judged on: the photographs that are held out, or renders where there are none."""
    return [p for p in pictures.held if not p.rendered] or pictures.held


class FlowSystem:
    """See ``training.systems.system.System``."""

    players = (Player("flow", ("statueflow",)),)

    def __init__(
        self, network: StatueFlow, train: Fitted, held: Fitted, feature_loss: FeatureLoss | None, weight: float
    ) -> None:
        self.network = network
        self.networks: dict[str, nn.Module] = {"statueflow": network}
        self._train, self._held, self._feature_loss, self._weight = train, held, feature_loss, weight

    def draw(self, draws: Draws, count: int) -> Batch:
        """Random examples, half of them mirrored, in other exposure, contrast and colour."""
        return batch_of(self._train, draws.index(len(self._train), count), draws)

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Squared error inside the damage over (1 - t)^2, the error of the velocity; and the feature distance."""
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
        if self._feature_loss is not None:
            restored = torch.where(counted > 0, predicted, picture)
            terms["features"] = self._weight * self._feature_loss(restored, picture, counted).mean()
        return terms

    def judge(self) -> Judgement:
        """Held-out photographs, restored in one step and in the product's number of steps."""
        return judge(self.network, self._held, self._feature_loss)


def batch_of(examples: Fitted, index: Tensor, draws: Draws | None) -> Batch:
    """Examples as tensors on the draws' device; without draws as they are, on the CPU."""
    device = torch.device("cpu") if draws is None else draws.device
    rgb, sketch, normal, surface, flags, landmarks = (
        getattr(examples, name)[index.to(examples.picture.device)].to(device)
        for name in ("picture", "sketch", "normal", "surface", "flags", "landmarks")
    )
    picture, sketch, normal = rgb.float() / 127.5 - 1, sketch.float() / 127.5 - 1, normal.float() / 127.5 - 1
    covered = surface[:, :1] > 0
    normal = torch.where(covered, normal, 0)
    maps = torch.cat([normal, surface.float() / 255], 1)
    mask, counted = ((flags & MISSING) > 0).float(), ((flags & COUNTED) > 0).float()
    if draws is not None:
        picture, sketch = restyled(picture, sketch, draws)
        flip = draws.chance(0.5, len(index))[:, None, None, None] > 0
        sign = torch.tensor([-1.0, 1.0, 1.0, 1.0, 1.0], device=device)[:, None, None]
        picture, sketch, mask, counted = (torch.where(flip, m.flip(3), m) for m in (picture, sketch, mask, counted))
        maps = torch.where(flip, maps.flip(3) * sign, maps)
        mirrored = torch.stack([1 - landmarks[..., 0], landmarks[..., 1]], 2)[:, torch.from_numpy(MIRROR).to(device)]
        landmarks = torch.where(flip[:, 0], mirrored, landmarks)
    # Outside the hole the sketch is the photograph: what the network is shown there must not tell more than that.
    sketch = torch.where(mask > 0, sketch, picture)
    guide = torch.cat([sketch, maps], 1)
    return {"picture": picture, "mask": mask, "counted": counted, "guide": guide, "landmarks": landmarks}


def restyled(picture: Tensor, sketch: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Both in the same other exposure, contrast and colour; (N, 3, S, S) in [-1, 1]."""
    count = len(picture)
    gamma = (0.2 * draws.normal(count, 1, 1, 1)).exp()
    gain = (0.1 * draws.normal(count, 1, 1, 1)).exp() * (1 + 0.05 * draws.normal(count, 3, 1, 1))
    grey = draws.chance(0.15, count, 1, 1, 1)
    contrast = draws.uniform(count, 1, 1, 1, low=0.8, high=1.2)
    unit = picture / 2 + 0.5
    mean = unit.mean((1, 2, 3), keepdim=True)

    def styled(x: Tensor) -> Tensor:
        x = mean + (x / 2 + 0.5 - mean) * contrast
        x = x.clamp(1e-3, 1) ** gamma * gain
        x = x * (1 - grey) + x.mean(1, keepdim=True) * grey
        return (x * 2 - 1).clamp(-1, 1)

    return styled(picture), styled(sketch)
