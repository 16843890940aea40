"""Training LaFIn's landmark predictor (Yang et al. 2019, arXiv 1911.11394); the defaults are the published ones.

Of its augmentations, gain, noise and mirroring are those of every crop here; loss of resolution is not drawn.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from statue_models.networks.lafin_landmarks import LafinLandmarks
from training.damage.draws import Draws
from training.damage.registry import Damage
from training.examples.fitted_batches import make_batch
from training.examples.fitted_examples import FittedExamples
from training.examples.pictures import PictureSet
from training.systems.completion_data import damage_of
from training.systems.data_options import InpaintingOptions, check_size
from training.systems.face_crops import draw_crops, move_where_they_fit
from training.systems.hole_judge import COLUMNS, MOST
from training.systems.system import Batch, Judgement, Player, Setting
from training.toml_tables import fill, number


@dataclass(frozen=True)
class Options(InpaintingOptions):
    """The recipe's ``[system]`` table.

    Attributes:
        size: side of the crops in pixels, a multiple of 32.
        width: factor of the network's channels.
        damage: as ``training.damage.registry.from_recipe`` takes it.
    """

    size: int = 256
    width: float = number(1.0, least=0.1, most=8)
    damage: tuple = (
        {"kind": "none", "share": 0.5},
        {"kind": "block", "share": 0.25},
        {"kind": "strokes", "share": 0.25},
    )


def make(setting: Setting) -> "LafinLandmarksSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = fill(Options, "system", setting.options, "lafin_landmarks")
    check_size(options.size)
    damage = damage_of(options.damage)
    pictures = move_where_they_fit(options.read_stored_pictures(setting), setting.device)
    held = options.read_held_examples(pictures, options.size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(setting.seed)
        network = LafinLandmarks(width=options.width)
    return LafinLandmarksSystem(network.to(setting.device), options.size, damage, pictures, held)


class LafinLandmarksSystem:
    """See ``training.systems.system.System``.

    Args:
        network: on the device.
        size: side of the crops. damage: of the training pictures.
        pictures: to train on. held: to be judged on.
    """

    players = (Player("landmarks", ("landmarks",), betas=(0.9, 0.999), weight_decay=1e-6),)

    def __init__(
        self, network: LafinLandmarks, size: int, damage: Damage, pictures: PictureSet, held: FittedExamples
    ) -> None:
        self.network = network
        self.networks: dict[str, nn.Module] = {"landmarks": network}
        self._size, self._damage, self._pictures, self._held = size, damage, pictures, held

    def draw(self, draws: Draws, count: int) -> Batch:
        """Crops, masks, truths."""
        crops = draw_crops(self._pictures.train, count, self._size, self._damage, draws)
        return {"picture": crops.picture, "mask": crops.mask, "landmarks": crops.landmarks}

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Length of the vector of all coordinates' errors, in pixels."""
        error = self.network(batch["picture"], batch["mask"]).float() - batch["landmarks"]
        return {"distance": self._size * error.flatten(1).norm(dim=1).mean()}

    def judge(self) -> Judgement:
        """Mean error over the eye distance (NME) on held-out crops: all points, visible and missing ones."""
        device = next(self.network.parameters()).device
        index = torch.arange(min(MOST, len(self._held)))
        batch = make_batch(self._held, index, None)
        chunks = zip(batch["picture"].split(16), batch["mask"].split(16), strict=True)
        points = torch.cat([self.network(p.to(device), m.to(device)).float().cpu() for p, m in chunks])
        truth = self._held.truth[index]
        eyes = (truth[:, 45] - truth[:, 36]).norm(dim=1).clamp(min=0.05)
        errors = (points - truth).norm(dim=2) / eyes[:, None]
        missing = _missing(batch["mask"], truth)
        metrics = {"nme/all": float(errors.mean())}
        for label, which in (("visible", ~missing), ("missing", missing)):
            if bool(which.any()):
                metrics[f"nme/{label}"] = float(errors[which].mean())
        shown = batch["picture"] * (1 - batch["mask"])
        return Judgement(metrics, _sheet(shown[:COLUMNS], points[:COLUMNS], truth[:COLUMNS]))


def _missing(mask: Tensor, points: Tensor) -> Tensor:
    """(N, 68) bool, whether the points (fractions of the side) lie where the mask (N, 1, S, S) is 1, or outside."""
    size = mask.shape[-1]
    cells = (points * size).floor().long()
    outside = ((cells < 0) | (cells >= size)).any(2)
    cells = cells.clamp(0, size - 1)
    rows = torch.arange(len(mask))[:, None]
    return outside | (mask[rows, 0, cells[..., 1], cells[..., 0]] > 0)


def _sheet(pictures: Tensor, points: Tensor, truth: Tensor) -> NDArray[np.uint8]:
    """Pictures (N, 3, S, S) in [-1, 1] side by side: truth in green, what was found in red."""
    size, columns = pictures.shape[-1], []
    for picture, found, right in zip(pictures, points, truth, strict=True):
        rgb = (picture * 127.5 + 127.5).round().byte().permute(1, 2, 0).contiguous().numpy()
        for dots, colour in ((right, (0, 200, 0)), (found, (255, 0, 0))):
            for x, y in (dots * size).round().long().tolist():
                cv2.circle(rgb, (x, y), max(1, size // 128), colour, -1)
        columns.append(rgb)
    return np.concatenate(columns, axis=1)
