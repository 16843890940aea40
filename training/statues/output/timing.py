"""How long a statue takes, and where: per kernel, and as pixels and lights grow."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
import warp as wp

from training.statues.description.layout import Table
from training.statues.drawing.draw import draw_statues
from training.statues.output.samples import BATCH
from training.statues.rendering.factory import Factory
from training.statues.rendering.launcher import Launcher


@dataclass
class Timing:
    """Seconds per statue: in all, drawing descriptions, and per kernel (everything in torch counts as the rest)."""

    total: float
    drawing: float
    kernels: dict[str, float] = field(default_factory=dict)


class _Clock(Launcher):
    """Measures each kernel, waiting for it to end."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.seconds: dict[str, float] = defaultdict(float)

    def launch(self, kernel: wp.Kernel, dim: tuple[int, ...], *arguments: object) -> None:
        wp.synchronize_device(self.device)
        begin = time.perf_counter()
        super().launch(kernel, dim, *arguments)
        wp.synchronize_device(self.device)
        self.seconds[kernel.key] += time.perf_counter() - begin


def measure(factory: Factory, count: int, seed: int = 0) -> Timing:
    """Render ``count`` statues twice: once undisturbed, once with a clock at every kernel.

    The first batch, in which kernels are compiled or loaded, is not counted.
    """
    begin = time.perf_counter()
    tables = _tables(factory, count, seed)
    drawing = time.perf_counter() - begin
    factory.render(tables[0])
    statues = sum(map(len, tables))
    result = Timing((_rendering(factory, tables) + drawing) / statues, drawing / statues)
    clock = _Clock(factory.device)
    clocked = Factory(factory.head, factory.environments, factory.size, launcher=clock)
    for table in tables:
        clocked.render(table)
    result.kernels = {name: seconds / statues for name, seconds in clock.seconds.items()}
    return result


def growth(factory: Factory, count: int, seed: int = 0) -> list[tuple[str, float]]:
    """(what, seconds per statue) as pixels and lamps grow; each in the same run, the first batch not counted."""
    rows = []
    for size in (factory.size // 2, factory.size, factory.size * 2):
        other = Factory(factory.head, factory.environments, size, factory.device)
        tables = _tables(other, count, seed)
        other.render(tables[0])
        rows.append((f"{size} px, lamps as drawn", _rendering(other, tables) / sum(map(len, tables))))
    for lamps in range(3):
        tables = _tables(factory, count, seed)
        for table in tables:
            for name, on in (("key_colour", lamps > 0), ("fill_colour", lamps > 1)):
                table["light"][name] = 0.5 * on
        rows.append((f"{factory.size} px, {lamps} lamps", _rendering(factory, tables) / sum(map(len, tables))))
    return rows


def _tables(factory: Factory, count: int, seed: int) -> list[Table]:
    batch = min(count, BATCH[factory.device])
    starts = range(seed, seed + count, batch)
    return [draw_statues(np.arange(s, s + batch), factory.head, factory.environments.suns) for s in starts]


def _rendering(factory: Factory, tables: list[Table]) -> float:
    """Seconds."""
    _synchronise(factory.device)
    begin = time.perf_counter()
    for table in tables:
        factory.render(table)
    _synchronise(factory.device)
    return time.perf_counter() - begin


def _synchronise(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize()


def report(factory: Factory, timing: Timing, growing: list[tuple[str, float]]) -> str:
    """Markdown tables."""
    mesh = factory.mesh
    sizes = f"{mesh.vertices:,} vertices, {mesh.corners.shape[0]:,} triangles"
    lines = [f"{factory.size} px on {factory.device}: {1 / timing.total:.2f} images/s from one process ({sizes})", ""]
    lines += ["| what | ms per image | share |", "| --- | ---: | ---: |"]
    known = timing.drawing + sum(timing.kernels.values())
    rows = [*sorted(timing.kernels.items(), key=lambda pair: -pair[1]), ("drawing descriptions", timing.drawing)]
    rows.append(("the rest (torch: film; copies)", max(0.0, timing.total - known)))
    for name, seconds in rows:
        lines.append(f"| {name} | {seconds * 1e3:.2f} | {100 * seconds / timing.total:.0f} % |")
    lines.append(f"| all | {timing.total * 1e3:.2f} | 100 % |")
    lines += ["", "| how it grows | ms per image |", "| --- | ---: |"]
    lines += [f"| {what} | {seconds * 1e3:.1f} |" for what, seconds in growing]
    return "\n".join(lines)
