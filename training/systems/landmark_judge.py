"""How well the landmark network does on held-out pictures, beside the prior that it starts from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from statue_models.face.landmarks68 import INNER
from statue_models.networks.landmarknet import SIZE, LandmarkNet, cholesky
from training.damage.draws import Draws
from training.examples.batches import add_film, compose_pictures, frame_faces
from training.examples.landmark_prior import FaceMeshPrior
from training.examples.pictures import Pictures
from training.suites.masks import FEATURES, damage_mask
from training.systems.definitions import eye_distances
from training.systems.system import Judgement

#: First seed of the damage; any would do.
SEED = 11
MOST = 48  # pictures of each origin; chosen
#: Of the 68 % ellipse of a two-dimensional normal distribution: squared radius in standard deviations. It is -2 ln .32.
RADIUS_68 = 2.279
#: Pixels: side of a cell of the sheet; cells per row. Set by eye.
CELL, COLUMNS = 160, 12


@dataclass(frozen=True, eq=False)
class HeldCrops:
    """Held-out crops of one origin and one kind of damage."""

    name: str
    rendered: bool
    known: Tensor
    mask: Tensor
    prior: Tensor
    trust: Tensor
    truth: Tensor
    missing: Tensor


@torch.no_grad()
def judge(
    network: LandmarkNet, held: list[Pictures], prior: FaceMeshPrior | None, definition: Callable[[Tensor], Tensor]
) -> Judgement:
    """Median inner NME per origin and damage, with and without the prior; the calibration that would be right.

    Args:
        definition: what to add to points (N, 68, 2) for the renders' definition of them.
    """
    metrics: dict[str, float] = {}
    pictures, inside = [], []
    for case in _cases(held, prior):
        for given in (True, False) if prior is not None else (False,):
            trust = case.trust if given else torch.zeros_like(case.trust)
            parts = zip(*(t.split(16) for t in (case.known, case.mask, case.prior, trust)), strict=True)
            outs = [network(*part)[-1] for part in parts]
            points, guess = torch.cat([out.points for out in outs]), case.prior
            factor = torch.cat([out.factor for out in outs])
            if case.rendered:
                offset = definition(case.truth)
                points, guess = points + offset, guess + offset
            error = _nme(points, case.truth)
            name = case.name + ("" if given or prior is None else "/alone")
            metrics[f"nme/{name}"] = float(error.median())
            metrics[f"bad/{name}"] = float((error > 0.1).float().mean())
            if given:
                before = _nme(guess, case.truth)
                metrics[f"nme/{case.name}/facemesh"] = float(before[case.trust > 0].median())
                metrics[f"bad/{case.name}/facemesh"] = float(
                    (torch.where(case.trust > 0, before, 1.0) > 0.1).float().mean()
                )
            if given or prior is None:
                whitened = (
                    torch.linalg.solve_triangular(cholesky(factor), (points - case.truth)[..., None], upper=False)[
                        ..., 0
                    ]
                    .square()
                    .sum(-1)
                )
                inside.append((whitened, case.missing, case.name.startswith("photographs")))
                pictures.append(_draw_cells(case, points)[: COLUMNS // 2])
    _calibrate(inside, metrics)
    rows = [torch.cat(list(p), dim=2) for p in pictures if len(p)]
    width = max(row.shape[2] for row in rows)
    sheet = torch.cat([functional.pad(row, (0, width - row.shape[2])) for row in rows], dim=1)
    return Judgement(metrics, sheet.permute(1, 2, 0).byte().numpy())


def _cases(held: list[Pictures], prior: FaceMeshPrior | None) -> list[HeldCrops]:
    cases = []
    for number, origin in enumerate(held):
        index = torch.linspace(0, len(origin) - 1, min(MOST, len(origin))).long()
        draws = Draws(SEED + number, torch.device("cpu"))
        whole, landmarks, bare = compose_pictures([(origin.to(torch.device("cpu")), index)], draws)
        seen = frame_faces(whole, landmarks, draws, None, SIZE)
        picture = add_film(seen.picture, bare, draws) * 2 - 1 if float(bare.sum()) else seen.picture * 2 - 1
        kinds = ("whole", "nose", "mouth", "half") if origin.rendered else ("whole", *FEATURES)
        for kind in kinds:
            masks = [torch.zeros(1, SIZE, SIZE)] * len(picture)
            if kind != "whole":
                points = (seen.landmarks * SIZE).double().numpy()
                holes = [damage_mask(p, kind, (SIZE, SIZE), np.random.default_rng(i)) for i, p in enumerate(points)]
                masks = [torch.from_numpy(hole)[None].float() for hole in holes]
            damage = torch.stack(masks)
            mask = torch.maximum(damage, 1 - seen.inside)
            guess, trust = torch.full_like(seen.landmarks, 0.5), torch.zeros(len(picture))
            if prior is not None:
                guess, trust = prior(picture, damage, seen.landmarks, Draws(SEED, torch.device("cpu")))
            grid = (2 * seen.landmarks - 1)[:, :, None]
            missing = functional.grid_sample(mask, grid, mode="nearest", align_corners=False)[:, 0, :, 0] > 0
            name = f"{'renders' if origin.rendered else 'photographs'}{number}/{kind}"
            cases.append(
                HeldCrops(name, origin.rendered, picture * (1 - mask), mask, guess, trust, seen.landmarks, missing)
            )
    return cases


def _nme(points: Tensor, truth: Tensor) -> Tensor:
    """(N,) mean distance of the inner points over the eye distance that the head has from before."""
    return (points - truth)[:, INNER].norm(dim=2).mean(1) / eye_distances(truth)


def _calibrate(inside: list[tuple[Tensor, Tensor, bool]], metrics: dict[str, float]) -> None:
    """Note the factors with which the 68 % ellipses hold 68 % of the points, on photographs where there are any."""
    real = any(photograph for _, _, photograph in inside)
    for missing in (False, True):
        squared = torch.cat([w[m == missing] for w, m, photograph in inside if photograph or not real])
        label = "missing" if missing else "visible"
        factor = float((squared.quantile(0.68) / RADIUS_68).sqrt()) if len(squared) else 1.0
        metrics[f"calibration/{label}"] = factor
        rendered = [w[m == missing] for w, m, photograph in inside if not photograph]
        if rendered and len(torch.cat(rendered)):
            limit = RADIUS_68 * factor**2
            metrics[f"in ellipse/renders/{label}"] = float((torch.cat(rendered) < limit).float().mean())


def _draw_cells(case: HeldCrops, points: Tensor) -> Tensor:
    """(N, 3, CELL, CELL): the damaged crops with the truth in green, the prior in blue, the estimate in red."""
    images = []
    for index in range(min(len(points), COLUMNS // 2)):
        rgb = ((case.known[index] + 1) * 127.5 * (1 - case.mask[index])).clamp(0, 255).byte().permute(1, 2, 0).numpy()
        image = np.asarray(cv2.resize(rgb, (CELL, CELL), interpolation=cv2.INTER_CUBIC))
        layers = [(case.truth[index], (0, 200, 0)), (points[index], (255, 40, 40))]
        if case.trust[index] > 0:
            layers.insert(1, (case.prior[index], (60, 120, 255)))
        for marks, colour in layers:
            for x, y in (marks.numpy() * CELL * 16).round().astype(int):
                cv2.circle(image, (int(x), int(y)), 20, colour, -1, cv2.LINE_AA, 4)
        images.append(torch.from_numpy(image).permute(2, 0, 1))
    return torch.stack(images)


def surer_than_facemesh(metrics: Mapping[str, float]) -> bool:
    """Whether a judgement's network is no worse than FaceMesh on half faces, of photographs where there are any."""
    names = [name.removesuffix("/facemesh") for name in metrics if name.startswith("bad/") and "/facemesh" in name]
    halves = [name for name in names if name.endswith("/half")]
    halves = [name for name in halves if "photographs" in name] or halves
    return bool(halves) and all(metrics[name] <= metrics[f"{name}/facemesh"] for name in halves)


def calibrate(network: nn.Module, metrics: Mapping[str, float]) -> None:
    """Set what ``landmarknet``'s ellipses are multiplied by, on visible and on missing pixels."""
    calibration = network.get_buffer("calibration")
    for place, label in enumerate(("visible", "missing")):
        calibration[place] = metrics[f"calibration/{label}"]
