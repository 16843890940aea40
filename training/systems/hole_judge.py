"""How well inpainters fill the holes of ``statueflow``'s held-out crops, beside fast marching."""

from collections.abc import Mapping

import cv2
import torch
from torch import Tensor

from training.examples.fitted_batches import make_batch
from training.examples.fitted_examples import FittedExamples
from training.systems.feature_loss import FeatureLoss
from training.systems.system import Judgement

#: Examples that are judged, and columns of the sheet. Chosen.
MOST, COLUMNS = 96, 14
#: Holes with fewer pixels of known truth are not judged. Chosen.
LEAST_AREA = 30
#: Examples that the networks see at a time; chosen, for memory.
CHUNK = 16


def held_batch(held: FittedExamples, device: torch.device) -> dict[str, Tensor]:
    """The examples that are judged, as ``make_batch`` has them."""
    batch = make_batch(held, torch.arange(min(MOST, len(held))), None)
    return {name: tensor.to(device) for name, tensor in batch.items()}


def judgement(batch: Mapping[str, Tensor], results: Mapping[str, Tensor], metric: FeatureLoss | None) -> Judgement:
    """What the results (N, 3, S, S) in [-1, 1] are worth in the holes, after fast marching's."""
    picture, mask, counted = batch["picture"], batch["mask"], batch["counted"]
    compared = {"telea": telea(picture, mask), **{n: torch.where(mask > 0, r, picture) for n, r in results.items()}}
    use = counted.sum((1, 2, 3)) > LEAST_AREA
    metrics = {}
    for name, result in compared.items():
        restored = torch.where(counted > 0, result, picture)
        metrics[f"psnr/{name}"] = float(hole_psnr(restored, picture, counted)[use].median())
        if metric is not None:
            chunks = zip(restored.split(CHUNK), picture.split(CHUNK), counted.split(CHUNK), strict=True)
            metrics[f"features/{name}"] = float(torch.cat([metric(*chunk) for chunk in chunks])[use].mean())
    rows = [torch.cat(list(row[:COLUMNS]), dim=2) for row in (picture * (1 - mask), *compared.values(), picture)]
    sheet = torch.cat(rows, dim=1).clamp(-1, 1) * 127.5 + 127.5
    return Judgement(metrics, sheet.round().byte().permute(1, 2, 0).cpu().numpy())


def telea(picture: Tensor, mask: Tensor) -> Tensor:
    """(N, 3, S, S) in [-1, 1] with the holes of (N, 1, S, S) filled by fast marching."""
    filled = []
    for one, hole in zip(picture, mask, strict=True):
        image = (one * 127.5 + 127.5).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()
        done = cv2.inpaint(image, (hole[0] > 0).byte().cpu().numpy(), 3, cv2.INPAINT_TELEA)
        filled.append(torch.from_numpy(done).permute(2, 0, 1).to(picture) / 127.5 - 1)
    return torch.stack(filled)


def hole_psnr(result: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """(N,) PSNR in dB of pictures (N, 3, S, S) in [-1, 1] over the hole (N, 1, S, S)."""
    area = 3 * hole.sum((1, 2, 3)).clamp(min=1)
    error = ((result - truth).square() * hole).sum((1, 2, 3)) / area
    return 10 * torch.log10(4 / error.clamp(min=1e-9))
