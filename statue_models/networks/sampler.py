"""Few-step sampling of the flow from a fitted head's sketch, with x-prediction, the known region kept clean."""

from collections.abc import Callable

import torch
from torch import Tensor

from statue_models.networks.statueflow import NOISE, StatueFlow


def seeded_noise(seed: int, height: int, width: int) -> Tensor:
    """(1, 3, H, W) float32 standard normal noise, the same on every device because it is drawn on the CPU."""
    return torch.randn(1, 3, height, width, generator=torch.Generator("cpu").manual_seed(seed))


def no_step(done: int) -> None:
    """The step callback of a caller who does not care."""


@torch.inference_mode()
def sample(
    network: StatueFlow,
    picture: Tensor,
    mask: Tensor,
    guide: Tensor,
    heatmaps: Tensor,
    noise: Tensor,
    steps: int,
    on_step: Callable[[int], None] = no_step,
) -> Tensor:
    """Integrate dz/dt = (x(z, t) - z) / (1 - t) from the noisy sketch at t = 0 to a picture at t = 1 by Euler steps.

    One Euler step from t to s moves z by (s - t) / (1 - t) of its way to the prediction, so the last lands on it.

    Args:
        network: a ``StatueFlow``.
        picture: (N, 3, H, W) in [-1, 1]; samples in the hole are not looked at.
        mask: (N, 1, H, W), 1 = missing, 0 = known.
        guide: (N, 8, H, W) as for the network; its first three channels are the sketch.
        heatmaps: (N, 68, H / 4, W / 4).
        noise: (N, 3, H, W), one of ``seeded_noise`` per picture.
        steps: number of network evaluations, >= 1; 1 gives the mean of all hypotheses rather than one of them.
        on_step: called with the number of steps done after each; raises to cancel.

    Returns:
        (N, 3, H, W) in [-1, 1]: the samples in the hole, ``picture`` itself elsewhere.
    """
    missing = mask > 0
    known = torch.where(missing, 0, picture)
    z = torch.where(missing, guide[:, :3] + NOISE * noise, picture)
    for step in range(steps):
        t = step / steps
        prediction = network(z, z.new_full((len(z),), t), known, mask, guide, heatmaps)
        share = (1 / steps) / (1 - t) if step < steps - 1 else 1.0
        z = torch.where(missing, z + share * (prediction - z), picture)
        on_step(step + 1)
    return torch.where(missing, z.clamp(-1, 1), picture)
