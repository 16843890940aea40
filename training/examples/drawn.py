"""Statues of the factory for training: written before, or fresh and never on a disk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from statue_models.errors import StatueError
from training.examples.drawn_shards import read_shards
from training.examples.pictures import Pictures
from training.systems.system import Setting

#: Seeds of statues set aside for each seed of a training run.
SEEDS = 10**6
#: Fresh statues of training never come near those that the suites are made from (``training.evaluation``).
HIGHEST_SEED = 8_000_000_000
#: Degrees from which a head is in profile: half of its landmarks cannot be seen.
IN_PROFILE = (70.0, 95.0)


def statues(setting: Setting, folder: str, fresh: int, size: int, limit: int | None = None) -> list[Pictures]:
    """What a recipe adds to the packed renders.

    Args:
        setting: of the system.
        folder: of a run of ``training.statues make``, or "". fresh: how many are drawn now.
        size: side of the pictures. limit: only so many of the folder.

    Raises:
        StatueError: see ``read_shards`` and ``drawn_statues``.
    """
    found = [read_shards(Path(folder), size, limit)] if folder else []
    if fresh:
        first = HIGHEST_SEED // 2 + SEEDS * (setting.seed % 1000)
        found.append(drawn_statues(setting.assets, fresh, size, setting.device, first, lambda made: None))
    return found


def profiles(setting: Setting, count: int, size: int) -> list[Pictures]:
    """``count`` statues drawn now that are seen from the side, or nothing for 0.

    Raises:
        StatueError: see ``drawn_statues``.
    """
    if not count:
        return []
    first = HIGHEST_SEED // 2 + SEEDS * (setting.seed % 1000) + SEEDS // 2
    drawn = drawn_statues(setting.assets, count, size, setting.device, first, lambda made: None, IN_PROFILE)
    return [replace(drawn, profile=True)]


def drawn_statues(
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
        StatueError: ``missing-package``, ``missing-file``, ``bad-training-data``, ``usage`` for an impossible size.
    """
    try:
        from training.statues.environments import read_environments
        from training.statues.factory import Factory
        from training.statues.head_model import read_head
        from training.statues.samples import BATCH
        from training.statues.stream import stream
    except ModuleNotFoundError as error:
        how = "Install what training needs with 'pip install -e .[train]'."
        raise StatueError("missing-package", package=error.name, how=how) from None
    factory = Factory(read_head(assets), read_environments(assets), size, device.type)
    images = torch.empty(count, size, size, 4, dtype=torch.uint8, device=device)
    landmarks = torch.empty(count, 68, 2, device=device)
    done = 0
    for renders in stream(factory, seed, min(count, BATCH[factory.device]), yaw):
        taken = min(len(renders.image), count - done)
        images[done : done + taken, ..., :3] = renders.image[:taken]
        landmarks[done : done + taken] = renders.landmarks[:taken] / size
        done += taken
        progress(taken)
        if done == count:
            break
    # Opaque: what stands behind them belongs to the picture.
    images[..., 3] = 255
    return Pictures(images, landmarks, rendered=True)
