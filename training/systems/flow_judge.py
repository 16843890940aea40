"""How well ``statueflow`` restores held-out pictures, beside the sketch that it starts from and fast marching."""

import cv2
import torch
from torch import Tensor

from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from training.flow.fitted import Fitted
from training.systems.feature_loss import FeatureLoss
from training.systems.system import Judgement

SEED = 7
MOST, STEPS, COLUMNS = 96, 4, 14


@torch.no_grad()
def judge(network: StatueFlow, held: Fitted, feature_loss: FeatureLoss | None) -> Judgement:
    """Median PSNR and mean feature distance in the damage of up to ``MOST`` examples."""
    from training.systems.statueflow import batch_of  # it imports this module

    device = next(network.parameters()).device
    batch = batch_of(held, torch.arange(min(MOST, len(held))), None)
    picture, mask, counted, guide, landmarks = (
        batch[name].to(device) for name in ("picture", "mask", "counted", "guide", "landmarks")
    )
    heatmaps = landmark_heatmaps(landmarks, picture.shape[-1] // network.patch)
    size = picture.shape[-1]
    noise = torch.cat([seeded_noise(SEED + i, size, size) for i in range(len(picture))]).to(device)
    results = {"telea": telea(picture, mask), "sketch": guide[:, :3]}
    for steps in (1, STEPS):
        parts = zip(*(t.split(16) for t in (picture, mask, guide, heatmaps, noise)), strict=True)
        results[f"{steps} steps"] = torch.cat([sample(network, *part, steps) for part in parts])
    metrics = {}
    use = counted.sum((1, 2, 3)) > 30
    for name, result in results.items():
        restored = torch.where(counted > 0, result, picture)
        area = 3 * counted.sum((1, 2, 3)).clamp(min=1)
        error = (restored - picture).square().sum((1, 2, 3)) / area
        metrics[f"psnr/{name}"] = float((10 * torch.log10(4 / error.clamp(min=1e-9)))[use].median())
        if feature_loss is not None:
            parts = zip(*(t.split(16) for t in (restored, picture, counted)), strict=True)
            metrics[f"features/{name}"] = float(torch.cat([feature_loss(*part) for part in parts])[use].mean())
    shown = [picture * (1 - mask), *results.values(), picture]
    rows = [torch.cat(list(row[:COLUMNS]), dim=2) for row in shown]
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
