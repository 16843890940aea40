"""A system that regresses landmarks of damaged faces: one network, one distance, judged beside the mean shape."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from statue_models.networks.landmark_regression import LandmarkRegressor
from training.damage.draws import Draws
from training.systems.completion_data import CompletionData
from training.systems.hole_judge import COLUMNS
from training.systems.system import Batch, Judgement, Player

#: "mse": mean square over the coordinates, in pixels of a picture with a side of ``PIXELS``. "norm": mean length of the
#: vector of all coordinates' errors, in pixels of the picture at hand.
Loss = Literal["mse", "norm"]
#: Side of the pictures whose pixels squared errors are given in: those of the thesis.
PIXELS = 128
PLAYER = "landmarks"
#: Pictures that a network sees at a time; chosen, for memory.
CHUNK = 16
#: Batches of ``CHUNK`` whose mean shape is judged beside a network, and their seed. Chosen.
MEAN_BATCHES, MEAN_SEED = 8, 6
#: Fractions of the side: a smaller eye distance is taken for this one. Chosen.
LEAST_EYES = 0.05


class LandmarkRegressionSystem:
    """See ``training.systems.system.System``.

    Args:
        name: of the network: the system's, with underscores.
        network: on the device.
        data: of faces, to learn from and to be judged on.
        loss: what is minimised, and its name in the log.
        weight_decay: of the optimiser.
        vary: what else happens to the undamaged training pictures (N, 3, S, S) in [-1, 1]; None = nothing.
    """

    def __init__(
        self,
        name: str,
        network: LandmarkRegressor,
        data: CompletionData,
        loss: Loss,
        weight_decay: float = 0.0,
        vary: Callable[[Tensor, Draws], Tensor] | None = None,
    ) -> None:
        self.name, self.network, self.data, self.loss, self._vary = name, network, data, loss, vary
        self.networks: dict[str, nn.Module] = {name: network}
        self.players = (Player(PLAYER, (name,), betas=(0.9, 0.999), weight_decay=weight_decay),)
        self._mean: Tensor | None = None

    def draw(self, draws: Draws, count: int) -> Batch:
        """Damaged pictures with their landmarks, as ``CompletionData.draw`` has them, varied."""
        batch = self.data.draw(draws, count)
        if self._vary is not None:
            batch["picture"] = self._vary(batch["picture"], draws)
        return batch

    def losses(self, player: str, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The distance, by its name."""
        error = self.network(batch["picture"], batch["mask"]).float() - batch["landmarks"]
        if self.loss == "mse":
            return {"mse": (PIXELS * error).square().mean()}
        return {"norm": batch["picture"].shape[-1] * error.flatten(1).norm(dim=1).mean()}

    @torch.no_grad()
    def judge(self) -> Judgement:
        """Figures by label of damage, and a sheet of the first one.

        ``nme/LABEL``: mean error over the distance of the outer eye corners; ``nme_hidden/LABEL`` and
        ``nme_visible/LABEL``: of the points in the hole (or beyond the picture), and of the others.
        ``mse_px2/LABEL``: mean square over the coordinates in pixels of 128. ``nme_mean/LABEL`` and
        ``mse_mean/LABEL``: the same of the mean shape of the training pictures, whatever the picture shows.
        """
        metrics: dict[str, float] = {}
        sheet = None
        for label, batch in self.data.held().items():
            truth, hidden = batch["landmarks"], are_hidden(batch["mask"], batch["landmarks"])
            points = self.find_points(batch["picture"], batch["mask"])
            for name, found in (("", points), ("_mean", self.mean_shape().to(truth.device).expand_as(truth))):
                errors = normalised_errors(found, truth)
                metrics[f"nme{name}/{label}"] = float(errors.mean())
                squared = float((PIXELS * (found - truth)).square().mean())
                metrics[f"mse{name or '_px2'}/{label}"] = squared
                if not name:
                    metrics |= {
                        f"nme_{part}/{label}": float(errors[which].mean())
                        for part, which in (("hidden", hidden), ("visible", ~hidden))
                        if bool(which.any())
                    }
            if sheet is None:
                shown = batch["picture"] * (1 - batch["mask"])
                sheet = _sheet(shown[:COLUMNS].cpu(), points[:COLUMNS].cpu(), truth[:COLUMNS].cpu())
        return Judgement(metrics, sheet)

    def find_points(self, picture: Tensor, mask: Tensor) -> Tensor:
        """(N, 68, 2) of any number of pictures."""
        chunks = zip(picture.split(CHUNK), mask.split(CHUNK), strict=True)
        return torch.cat([self.network(*chunk).float() for chunk in chunks])

    def mean_shape(self) -> Tensor:
        """(68, 2): what costs least, of all answers that do not look at the picture."""
        if self._mean is None:
            device = next(self.network.parameters()).device
            draws = Draws(MEAN_SEED, device)
            drawn = [self.data.draw(draws, CHUNK)["landmarks"] for _ in range(MEAN_BATCHES)]
            self._mean = torch.cat(drawn).mean(0)
        return self._mean


def normalised_errors(points: Tensor, truth: Tensor) -> Tensor:
    """(N, 68) distances over the true distance of the outer eye corners."""
    eyes = (truth[:, 45] - truth[:, 36]).norm(dim=1).clamp(min=LEAST_EYES)
    return (points - truth).norm(dim=2) / eyes[:, None]


def are_hidden(mask: Tensor, points: Tensor) -> Tensor:
    """(N, 68) bool, whether the points (fractions of the side) lie where the mask (N, 1, S, S) is 1, or outside."""
    size = mask.shape[-1]
    cells = (points * size).floor().long()
    outside = ((cells < 0) | (cells >= size)).any(2)
    cells = cells.clamp(0, size - 1)
    rows = torch.arange(len(mask), device=mask.device)[:, None]
    return outside | (mask[rows, 0, cells[..., 1], cells[..., 0]] > 0)


def _sheet(pictures: Tensor, points: Tensor, truth: Tensor) -> NDArray[np.uint8]:
    """Pictures (N, 3, S, S) in [-1, 1] side by side: truth in green, what was found in red."""
    size, columns = pictures.shape[-1], []
    for picture, found, right in zip(pictures, points, truth, strict=True):
        rgb = (picture * 127.5 + 127.5).round().byte().permute(1, 2, 0).contiguous().numpy()
        for dots, colour in ((right, (0, 200, 0)), (found, (255, 0, 0))):
            for x, y in (dots * size).round().long().clamp(-size, 2 * size).tolist():
                cv2.circle(rgb, (x, y), max(1, size // 128), colour, -1)
        columns.append(rgb)
    return np.concatenate(columns, axis=1)
