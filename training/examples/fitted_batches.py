"""Prepared examples as tensors: mirrored, in other exposure, contrast and colour."""

import torch
from torch import Tensor

from statue_models.face.landmarks68 import MIRROR
from training.damage.draws import Draws
from training.examples.fitted_examples import COUNTED, MISSING, FittedExamples

#: Share of the examples that start from the fill, as restorations do; the others start from the sketch, as previews do.
#: Chosen.
FILLED = 0.75


def make_batch(examples: FittedExamples, index: Tensor, draws: Draws | None) -> dict[str, Tensor]:
    """Examples as tensors on the draws' device; without draws as they are, from the fill, on the CPU."""
    device = torch.device("cpu") if draws is None else draws.device
    rgb, sketch, fill, normal, surface, flags, landmarks = (
        getattr(examples, name)[index.to(examples.picture.device)].to(device)
        for name in ("picture", "sketch", "fill", "normal", "surface", "flags", "landmarks")
    )
    if draws is None:
        start = fill
    else:
        start = torch.where(draws.chance(FILLED, len(index))[:, None, None, None] > 0, fill, sketch)
    picture, start, normal = rgb.float() / 127.5 - 1, start.float() / 127.5 - 1, normal.float() / 127.5 - 1
    covered = surface[:, :1] > 0
    normal = torch.where(covered, normal, 0)
    maps = torch.cat([normal, surface.float() / 255], 1)
    mask, counted = ((flags & MISSING) > 0).float(), ((flags & COUNTED) > 0).float()
    if draws is not None:
        picture, start = restyle(picture, start, draws)
        flip = draws.chance(0.5, len(index))[:, None, None, None] > 0
        sign = torch.tensor([-1.0, 1.0, 1.0, 1.0, 1.0], device=device)[:, None, None]
        picture, start, mask, counted = (torch.where(flip, m.flip(3), m) for m in (picture, start, mask, counted))
        maps = torch.where(flip, maps.flip(3) * sign, maps)
        mirrored = torch.stack([1 - landmarks[..., 0], landmarks[..., 1]], 2)[:, torch.from_numpy(MIRROR).to(device)]
        landmarks = torch.where(flip[:, 0], mirrored, landmarks)
    # Outside the hole the guide is the photograph: what the network is shown there must not tell more than that.
    guide = torch.cat([torch.where(mask > 0, start, picture), maps], 1)
    return {"picture": picture, "mask": mask, "counted": counted, "guide": guide, "landmarks": landmarks}


def restyle(picture: Tensor, start: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Both in the same other exposure, contrast and colour; (N, 3, S, S) in [-1, 1]."""
    count = len(picture)
    gamma = (0.2 * draws.normal(count, 1, 1, 1)).exp()
    gain = (0.1 * draws.normal(count, 1, 1, 1)).exp() * (1 + 0.05 * draws.normal(count, 3, 1, 1))
    grey = draws.chance(0.15, count, 1, 1, 1)
    contrast = draws.uniform(count, 1, 1, 1, low=0.8, high=1.2)
    unit = picture / 2 + 0.5
    mean = unit.mean((1, 2, 3), keepdim=True)

    def blend_style(x: Tensor) -> Tensor:
        x = mean + (x / 2 + 0.5 - mean) * contrast
        x = x.clamp(1e-3, 1) ** gamma * gain
        x = x * (1 - grey) + x.mean(1, keepdim=True) * grey
        return (x * 2 - 1).clamp(-1, 1)

    return blend_style(picture), blend_style(start)
