"""How well ``statueflow`` restores held-out pictures, beside the fill that it starts from and fast marching."""

from collections.abc import Mapping

import torch

from statue_models.networks.sampler import sample, seeded_noise
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from training.examples.fitted_examples import FittedExamples
from training.systems.feature_loss import FeatureLoss
from training.systems.hole_judge import CHUNK, held_batch, judgement
from training.systems.system import Judgement

#: First seed of the noise, any would do; numbers of steps that are judged, chosen.
SEED, STEPS = 7, (1, 4)


@torch.no_grad()
def judge(network: StatueFlow, held: FittedExamples, metric: FeatureLoss | None) -> Judgement:
    """Median PSNR and mean feature distance in the damage, in one step and in several."""
    device = next(network.parameters()).device
    batch = held_batch(held, device)
    picture, size = batch["picture"], batch["picture"].shape[-1]
    heatmaps = landmark_heatmaps(batch["landmarks"], size // network.patch)
    noise = torch.cat([seeded_noise(SEED + i, size, size) for i in range(len(picture))]).to(device)
    results = {"fill": batch["guide"][:, :3]}
    for steps in STEPS:
        inputs = (picture, batch["mask"], batch["guide"], heatmaps, noise)
        parts = zip(*(tensor.split(CHUNK) for tensor in inputs), strict=True)
        results[f"{steps} steps"] = torch.cat([sample(network, p, m, g, h, n, steps) for p, m, g, h, n in parts])
    return judgement(batch, results, metric)


def better_than_start(metrics: Mapping[str, float]) -> bool:
    """Whether a judgement's network beats fast marching and the fitted head's fill, which it starts from."""
    return metrics["psnr/1 steps"] > max(metrics["psnr/telea"], metrics["psnr/fill"])
