"""Training LaFIn's landmark predictor (Yang et al. 2019, arXiv 1911.11394); the defaults are the published ones.

Of its augmentations, gain, noise and mirroring are those of every crop here; loss of resolution is not drawn.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from statue_models.networks.lafin_landmarks import LafinLandmarks
from training.damage.draws import Draws
from training.damage.registry import Damage
from training.examples.fitted import Fitted
from training.examples.fitted_batches import batch_of
from training.examples.pictures import PictureSet
from training.systems.face_crops import draw_crops, held_out, stored_pictures
from training.systems.hole_judge import COLUMNS, MOST
from training.systems.lafin import check_size, damage_of
from training.systems.options import between, read_options
from training.systems.system import Batch, Judgement, Player, Setting


@dataclass(frozen=True)
class Options:
    """The recipe's ``[system]`` table; what is not said here is as for ``lafin``.

    Attributes:
        width: factor of the network's channels.
        damage: as ``training.damage.registry.from_recipe`` takes it.
    """

    size: int = 256
    width: float = 1.0
    damage: tuple = (
        {"kind": "none", "share": 0.5},
        {"kind": "block", "share": 0.25},
        {"kind": "strokes", "share": 0.25},
    )
    statues: str = ""
    fresh: int = 0
    packed: int = 0
    examples: str = "examples"
    found: float = 0.4
    landmark_models: str = ""


def make(setting: Setting) -> "LafinLandmarksSystem":
    """The system of a recipe.

    Raises:
        StatueError: ``bad-recipe``, or for data that is missing or damaged.
    """
    options = read_options(Options, setting, "lafin_landmarks")
    check_size(options.size)
    between("width", options.width, 0.1, 8)
    between("found", options.found, 0, 1)
    damage = damage_of(options.damage)
    pictures = stored_pictures(setting, options.statues, options.fresh, options.packed)
    held = held_out(pictures, Path(options.examples), options.size, options.found, options.landmark_models)
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

    def __init__(self, network: LafinLandmarks, size: int, damage: Damage, pictures: PictureSet, held: Fitted) -> None:
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
        batch = batch_of(self._held, index, None)
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
