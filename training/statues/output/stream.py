"""Statues drawn while training: batches of good renders that never leave the device."""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import torch

from training.statues.drawing.draw import draw_statues
from training.statues.drawing.scenes import turn_heads
from training.statues.output.checks import find_passing
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory


def stream(factory: Factory, first_seed: int, batch: int, yaw: tuple[float, float] | None = None) -> Iterator[Renders]:
    """Batches without end, of ``batch`` good statues each, with seeds from ``first_seed`` on; none is shown twice.

    Args:
        yaw: degrees by which heads are turned, least and most, to either side, however much that hides of them; None =
            as the factory draws them.
    """
    kept: Renders | None = None
    seed = first_seed
    while True:
        seeds = np.arange(seed, seed + batch)
        table = draw_statues(seeds, factory.head, factory.environments.suns)
        if yaw is not None:
            turn_heads(table, seeds, yaw)
        seed += batch
        renders = factory.render(table)
        good = _select_renders(renders, find_passing(renders, "" if yaw is None else "hidden"))
        kept = good if kept is None else _join_renders(kept, good)
        while len(kept.image) >= batch:
            index = torch.arange(len(kept.image), device=kept.image.device)
            yield _select_renders(kept, index < batch)
            kept = _select_renders(kept, index >= batch)


def _select_renders(renders: Renders, which: torch.Tensor) -> Renders:
    present = {f.name: getattr(renders, f.name) for f in fields(Renders) if getattr(renders, f.name) is not None}
    return replace(renders, **{name: value[which] for name, value in present.items()})


def _join_renders(first: Renders, second: Renders) -> Renders:
    names = [f.name for f in fields(Renders) if getattr(first, f.name) is not None]
    return replace(first, **{name: torch.cat([getattr(first, name), getattr(second, name)]) for name in names})
