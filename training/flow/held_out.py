"""How well held-out pictures are restored: numbers, and a picture for the eye."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from statue_models.flow_method import STEPS
from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from training.damage.draws import Draws
from training.flow.batches import Batch, examples
from training.flow.checkpoint import write_whole
from training.flow.pictures import Pictures

SEED = 7
#: At most so many stand side by side on the sheet.
SHEET_COLUMNS = 12


@dataclass(frozen=True)
class HeldOutScore:
    """Medians over pictures of the PSNR inside the damage, in dB.

    Attributes:
        restored: by the network, in as many steps as the product takes.
        telea: by fast marching, which knows no faces: the least that a network must beat.
        pictures: how many were looked at.
    """

    restored: float
    telea: float
    pictures: int


@torch.inference_mode()
def score_and_sheet(
    network: StatueFlow, held: list[Pictures], most: int, path: Path, device: torch.device
) -> HeldOutScore:
    """Restore held-out pictures, the same ones with the same damage every time, and draw the sheet.

    Args:
        network: with the weights to judge.
        held: pictures that it has not seen.
        most: about so many are looked at, evenly from each origin.
        path: of the PNG: damaged, restored, truth, from top to bottom.
    """
    each = max(1, most // len(held))
    batches = []
    for origin, pictures in enumerate(held):
        index = torch.linspace(0, len(pictures) - 1, min(each, len(pictures))).long()
        batches.append(examples([(pictures, index)], Draws(SEED + origin, device), jitter=False))
    restored = [_restored(network.eval(), batch) for batch in batches]
    marched = [torch.stack([_telea(p, m) for p, m in zip(b.picture, b.mask, strict=True)]) for b in batches]
    columns = [
        torch.cat([b.picture * (1 - b.mask), r, b.picture], dim=2)[: max(1, SHEET_COLUMNS // len(held))]
        for b, r in zip(batches, restored, strict=True)
    ]
    write_sheet(path, torch.cat(columns))
    return HeldOutScore(
        restored=_median_psnr(restored, batches),
        telea=_median_psnr(marched, batches),
        pictures=sum(len(batch.picture) for batch in batches),
    )


def _restored(network: StatueFlow, batch: Batch) -> Tensor:
    size = batch.picture.shape[-1]
    noise = torch.cat([seeded_noise(SEED + i, size, size) for i in range(len(batch.picture))]).to(batch.picture.device)
    heatmaps = landmark_heatmaps(batch.landmarks, size // network.patch)
    chunks = zip(*(t.split(16) for t in (batch.picture, batch.mask, heatmaps, noise)), strict=True)
    return torch.cat([sample(network, p, m, h, n, STEPS) for p, m, h, n in chunks])


def _telea(picture: Tensor, mask: Tensor) -> Tensor:
    """(3, S, S) in [-1, 1] with the hole of (1, S, S) filled by fast marching."""
    image = (picture * 127.5 + 127.5).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()
    filled = cv2.inpaint(image, (mask[0] > 0).byte().cpu().numpy(), 3, cv2.INPAINT_TELEA)
    return torch.from_numpy(filled).permute(2, 0, 1).to(picture) / 127.5 - 1


def _median_psnr(results: list[Tensor], batches: list[Batch]) -> float:
    """Peak-to-peak 2; pictures whose damage lies wholly outside are left out."""
    values = []
    for result, batch in zip(results, batches, strict=True):
        area = 3 * batch.counted.sum((1, 2, 3))
        error = ((result - batch.picture) ** 2 * batch.counted).sum((1, 2, 3))
        values.append(10 * torch.log10(4 * area / error.clamp(min=1e-9))[area > 0])
    return float(torch.cat(values).median())


def write_sheet(path: Path, columns: Tensor) -> None:
    """(N, 3, H, W) in [-1, 1] side by side as a PNG.

    Raises:
        StatueError: ``output-unwritable`` or ``disk-full``.
    """
    rgb = torch.cat(list(columns), dim=2).permute(1, 2, 0).clamp(-1, 1).cpu().numpy()
    image = np.rint(rgb * 127.5 + 127.5).astype(np.uint8)
    encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    write_whole(path, encoded.tobytes())
