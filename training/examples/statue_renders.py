"""Statues of the factory for training: written before, or fresh and never on a disk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from training.examples.drawn_shards import read_shards
from training.examples.pictures import Pictures

#: Seeds of statues set aside for each seed of a training run, and how many such sets there are. Chosen.
SEEDS, SETS = 10**6, 1000
#: First seed of fresh statues: they never come near those that the suites are made from (``training.evaluation``).
#: Chosen.
FIRST_SEED = 4_000_000_000
#: Degrees at which a head is seen a little from behind: half of its landmarks mean nothing. Beyond all that are made to
#: be found (``training statues make --yaw``, to 88). Chosen.
IN_PROFILE = (92.0, 110.0)


def gather_statues(
    assets: Path, folder: str, fresh: int, size: int, device: torch.device, seed: int, limit: int | None = None
) -> list[Pictures]:
    """What a recipe adds to the packed renders.

    Args:
        assets: folder with the morphable head and the environment maps, for fresh ones.
        folder: of a run of ``training statues make``, or "". fresh: how many are drawn now, on ``device``.
        size: side of the pictures. seed: of the run. limit: only so many of the folder.

    Raises:
        StatueError: see ``read_shards`` and ``render_statues``.
    """
    found = [read_shards(Path(folder), size, limit)] if folder else []
    if fresh:
        found.append(render_statues(assets, fresh, size, device, _first_seed(seed), lambda made: None))
    return found


def render_profiles(assets: Path, count: int, size: int, device: torch.device, seed: int) -> list[Pictures]:
    """``count`` statues drawn now that are seen from the side, or a little from behind; nothing for 0.

    Arguments as for ``gather_statues``.

    Raises:
        StatueError: see ``render_statues``.
    """
    if not count:
        return []
    first = _first_seed(seed) + SEEDS // 2
    drawn = render_statues(assets, count, size, device, first, lambda made: None, IN_PROFILE)
    return [replace(drawn, profile=True)]


def _first_seed(seed: int) -> int:
    return FIRST_SEED + SEEDS * (seed % SETS)


def render_statues(
    assets: Path,
    count: int,
    size: int,
    device: torch.device,
    seed: int,
    progress: Callable[[int], None],
    yaw: tuple[float, float] | None = None,
) -> Pictures:
    """Render ``count`` good statues with their own backgrounds and film.

    Args:
        assets: folder with the morphable head and the environment maps.
        device: where they are made and stay. progress: gets the number of new ones.
        seed: of the first statue. yaw: see ``stream``.

    Raises:
        StatueError: ``missing-file``, ``bad-training-data``, ``usage`` for an impossible size.
    """
    # Only now: who draws none needs no renderer.
    from training.statues.output.samples import BATCH
    from training.statues.output.stream import stream
    from training.statues.rendering.factory import Factory
    from training.statues.sources.environments import read_environments
    from training.statues.sources.head_model import read_head

    factory = Factory(read_head(assets), read_environments(assets), size, device.type)
    images = torch.empty(count, size, size, 4, dtype=torch.uint8, device=device)
    landmarks = torch.empty(count, 68, 2, device=device)
    hidden = torch.empty(count, 68, dtype=torch.bool, device=device)
    done = 0
    for renders in stream(factory, seed, min(count, BATCH[factory.device]), yaw):
        taken = min(len(renders.image), count - done)
        images[done : done + taken, ..., :3] = renders.image[:taken]
        landmarks[done : done + taken] = renders.landmarks[:taken] / size
        hidden[done : done + taken] = renders.hidden[:taken]
        done += taken
        progress(taken)
        if done == count:
            break
    # Opaque: what stands behind them belongs to the picture.
    images[..., 3] = 255
    return Pictures(images, landmarks, rendered=True, hidden=hidden)
