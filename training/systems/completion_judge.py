"""How well completion networks fill the holes of held-out pictures, beside fast marching and the mean colour."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

import torch
from torch import Tensor

from statue_models.networks.completion import CompletionNetwork
from statue_models.networks.layers import compose
from training.damage.draws import Draws
from training.systems.feature_loss import FeatureLoss
from training.systems.hole_judge import COLUMNS, LEAST_AREA, hole_psnr, telea
from training.systems.system import Batch, Judgement

#: Pictures (N, 3, H, W) in [-1, 1] and their truths -> (N,).
Measure = Callable[[Tensor, Tensor], Tensor]
#: Pictures that a network sees at a time; chosen, for memory.
CHUNK = 16
#: Samples of a network that takes noise, between which its diversity is measured, and their seed. Chosen.
SAMPLES, NOISE_SEED = 4, 5


@torch.no_grad()
def judge_completions(
    network: CompletionNetwork,
    held: Mapping[str, Batch],
    metric: FeatureLoss | None,
    measures: Mapping[str, Measure] = MappingProxyType({}),
    composited: bool = False,
) -> Judgement:
    """Figures by label of damage, and a sheet of the first one.

    ``psnr/LABEL``, ``psnr_telea/LABEL``, ``psnr_mean/LABEL``: mean PSNR in the hole in dB, of the network's likeliest
    completion, of fast marching and of the visible pixels' mean colour. ``l1/LABEL``: mean absolute error in the hole,
    of [0, 1]. ``mse/LABEL``: mean squared error in [-1, 1] of the whole picture as the network gives it, or, of those
    that nobody asks for more than the hole (``composited``), completed. ``MEASURE/LABEL``: means of other measures of
    the same pictures.
    ``features/LABEL`` and ``features_telea/LABEL``: mean feature distance. ``diversity/LABEL``: mean absolute
    difference of two samples in the hole, of [0, 1], where it takes noise; ``diversity_features/LABEL`` the same as
    feature distance.
    """
    metrics: dict[str, float] = {}
    sheet = None
    for label, batch in held.items():
        picture, mask, counted = batch["picture"], batch["mask"], batch["counted"]
        use = counted.sum((1, 2, 3)) >= min(LEAST_AREA, float(counted.sum((1, 2, 3)).max()))
        made = _complete(network, batch, None)
        compared = {"": made, "_telea": telea(picture, mask), "_mean": _mean_colour(picture, mask)}
        results = {name: compose(picture, counted, one) for name, one in compared.items()}
        for name, result in results.items():
            metrics[f"psnr{name}/{label}"] = float(hole_psnr(result, picture, counted)[use].mean())
        metrics[f"l1/{label}"] = float(_in_hole((results[""] - picture).abs(), counted)[use].mean() / 2)
        whole = torch.where((mask if composited else batch["inside"]) * batch["inside"] > 0, made, picture)
        metrics[f"mse/{label}"] = float((whole - picture).square().mean())
        for name, measure in measures.items():
            chunks = zip(whole.split(CHUNK), picture.split(CHUNK), strict=True)
            metrics[f"{name}/{label}"] = float(torch.cat([measure(*chunk) for chunk in chunks]).mean())
        if metric is not None:
            for name in ("", "_telea"):
                distances = _distances(metric, results[name], picture, counted)
                metrics[f"features{name}/{label}"] = float(distances[use].mean())
        if network.latent:
            metrics |= _diversity(network, batch, metric, label, use)
        sheet = _sheet(picture, mask, results) if sheet is None else sheet
    return Judgement(metrics, None if sheet is None else sheet.cpu().numpy())


def _complete(network: CompletionNetwork, batch: Batch, noise: Tensor | None) -> Tensor:
    pieces = []
    for start in range(0, len(batch["picture"]), CHUNK):
        part = slice(start, start + CHUNK)
        landmarks = None if "landmarks" not in batch else batch["landmarks"][part]
        drawn = None if noise is None else noise[part]
        pieces.append(network(batch["picture"][part], batch["mask"][part], landmarks, drawn).float())
    return torch.cat(pieces)


def _diversity(
    network: CompletionNetwork, batch: Batch, metric: FeatureLoss | None, label: str, use: Tensor
) -> dict[str, float]:
    """Between neighbouring samples: every pair is as good as any other."""
    picture, counted = batch["picture"], batch["counted"]
    draws = Draws(NOISE_SEED, picture.device)
    noise = [draws.normal(len(picture), network.latent) for _ in range(SAMPLES)]
    samples = [compose(picture, counted, _complete(network, batch, one)) for one in noise]
    pairs = list(pairwise(samples))
    apart = torch.stack([_in_hole((a - b).abs(), counted) for a, b in pairs]).mean(0) / 2
    found = {f"diversity/{label}": float(apart[use].mean())}
    if metric is not None:
        distances = torch.stack([_distances(metric, a, b, counted) for a, b in pairs]).mean(0)
        found[f"diversity_features/{label}"] = float(distances[use].mean())
    return found


def _in_hole(values: Tensor, counted: Tensor) -> Tensor:
    """(N,) means over the hole of (N, 3, H, W)."""
    return (values * counted).sum((1, 2, 3)) / (3 * counted.sum((1, 2, 3))).clamp(min=1)


def _distances(metric: FeatureLoss, result: Tensor, truth: Tensor, counted: Tensor) -> Tensor:
    chunks = zip(result.split(CHUNK), truth.split(CHUNK), counted.split(CHUNK), strict=True)
    return torch.cat([metric(*chunk) for chunk in chunks])


def _mean_colour(picture: Tensor, mask: Tensor) -> Tensor:
    """The visible pixels' mean colour everywhere."""
    visible = 1 - mask
    mean = (picture * visible).sum((2, 3), keepdim=True) / visible.sum((2, 3), keepdim=True).clamp(min=1)
    return mean.expand_as(picture)


def _sheet(picture: Tensor, mask: Tensor, results: Mapping[str, Tensor]) -> Tensor:
    """(H, W, 3) uint8: damaged, fast marching, completed, truth, from above."""
    rows = (picture * (1 - mask), results["_telea"], results[""], picture)
    strips = [torch.cat(list(row[:COLUMNS]), dim=2) for row in rows]
    return (torch.cat(strips, dim=1).clamp(-1, 1) * 127.5 + 127.5).round().byte().permute(1, 2, 0)
