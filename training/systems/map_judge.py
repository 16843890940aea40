"""How well decoded maps of a face show what the hole hides: its landmarks, and where it is."""

from collections.abc import Mapping

import torch
from torch import Tensor

from statue_models.pixels.grid import centres_of
from training.losses.maps import overlap
from training.systems.system import Batch

#: Outer corners of the eyes, whose distance errors of landmarks are given in.
EYES = (36, 45)


@torch.no_grad()
def judge_maps(maps: Mapping[str, tuple[Tensor, Tensor]], batch: Batch, label: str) -> dict[str, float]:
    """Figures of a label of damage.

    ``iou_NAME/LABEL``: of every map, intersection over union in the hole. ``nme/LABEL``: of the landmarks in the hole,
    the mean distance to the nearest pixel that was decoded as one, and of such pixels in the hole that to the nearest
    landmark, both averaged, in distances of the outer eye corners; where no landmark is hidden it is left out.

    Args:
        maps: name -> (decoded, right), (N, 1, S, S) in [0, 1]; one of them is "landmarks".
        batch: as ``CompletionData.held`` has it. label: of its damage.
    """
    found = {name: (decoded > 0.5).float() for name, (decoded, _) in maps.items()}
    metrics = {
        f"iou_{name}/{label}": float(overlap(found[name], right, batch["counted"])) for name, (_, right) in maps.items()
    }
    missed, strayed = [], []
    for decoded, points, hole in zip(found["landmarks"][:, 0], batch["landmarks"], batch["mask"][:, 0], strict=True):
        one, other = _distances(decoded, points, hole)
        missed.append(one)
        strayed.append(other)
    parts = [torch.cat(missed), torch.cat(strayed)]
    if len(parts[0]):
        metrics[f"nme/{label}"] = float(torch.stack([part.mean() for part in parts if len(part)]).mean())
    return metrics


def _distances(decoded: Tensor, points: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """Of the landmarks (68, 2) in a hole (S, S), and of the pixels there that a map (S, S) takes for landmarks.

    How far each is from the nearest of the other kind, anywhere, over the distance of the eyes; where there is none of
    the other kind, it is the whole side away.
    """
    side = decoded.shape[-1]
    cells = (points * side).long().clamp(0, side - 1)
    inside = (hole[cells[:, 1], cells[:, 0]] > 0) & ((points >= 0) & (points < 1)).all(1)
    rows, columns = decoded.nonzero(as_tuple=True)
    pixels = centres_of(torch.stack([columns, rows], 1).to(points)) / side
    apart = torch.cdist(points, pixels)
    far = points.new_ones(())
    eyes = (points[EYES[0]] - points[EYES[1]]).norm().clamp(min=1 / side)
    nearest = apart.amin(1) if len(pixels) else far.expand(len(points))
    strays = apart.amin(0)[hole[rows, columns] > 0] if len(pixels) else far.new_zeros(0)
    return nearest[inside] / eyes, strays / eyes
