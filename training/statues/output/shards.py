"""A run on the disk: shards of statues, made by several processes, resumable, the same bytes whoever makes them.

Shard k holds the first good statues with seeds from ``seed + k * STRIDE`` on, so no shard needs another one. A shard
appears whole or not at all; a run that was stopped makes the missing ones.
"""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import warp as wp

from statue_models import __version__
from statue_models.errors import StatueError
from statue_models.whole_file import whole_file
from training.statues.output.samples import Sample, Tally, Wish, parts_legend, samples
from training.statues.rendering.factory import Factory
from training.statues.sources.environments import read_environments
from training.statues.sources.head_model import read_head
from training.workers import WorkerPool

#: Statues per shard, and seeds set aside for each: rejected ones use some up. Chosen.
SHARD, STRIDE = 64, 256
#: Raised when the same seed no longer gives the same picture. No unit.
FACTORY_VERSION = 1


@dataclass(frozen=True)
class Order:
    """What to make. ``count`` statues of ``size`` pixels from ``seed`` on, as WebDataset shards or ``plain`` files."""

    out: Path
    assets: Path
    count: int
    size: int
    seed: int
    wish: Wish
    plain: bool
    device: str

    def shards(self) -> list[tuple[int, int]]:
        """(number, statues) of each."""
        full, rest = divmod(self.count, SHARD)
        return [(k, SHARD) for k in range(full)] + ([(full, rest)] if rest else [])


def manifest_name(shard: int) -> str:
    """The file whose presence says that a shard is complete."""
    return f"shard-{shard:06d}.jsonl"


def make(order: Order, workers: int, progress: Callable[[int], None]) -> Tally:
    """Make what is missing; returns the tally of the whole run.

    Raises:
        StatueError: ``output-exists`` if the folder holds another run; those of
            ``Factory``, ``read_head`` and ``whole_file``.
    """
    # Before anything is written: what is wrong with size, assets and device shows here.
    factory = _factory(order)
    _open_run(order)
    todo = []
    for shard, count in order.shards():
        if (order.out / manifest_name(shard)).is_file():
            progress(count)
        else:
            todo.append((shard, count))
    if min(workers, len(todo)) <= 1 or order.device != "cpu":
        for shard, count in todo:
            make_shard(order, factory, shard, count, progress)
    else:
        _make_in_processes(order, todo, min(workers, len(todo)), progress)
    return _join(order)


def _open_run(order: Order) -> None:
    """Write, or compare with, the run's own description."""
    about = {"factory": FACTORY_VERSION, "size": order.size, "seed": order.seed, "plain": order.plain}
    about |= {name: value for name, value in asdict(order.wish).items() if value is not None}
    about["parts"] = json.loads(parts_legend())
    text = json.dumps(about, indent=1) + "\n"
    try:
        order.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=order.out, reason=error.strerror or str(error)) from None
    path = order.out / "run.json"
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise StatueError("output-exists", path=path)
        return
    with whole_file(path, force=False) as stream:
        stream.write(text.encode())


def _factory(order: Order) -> Factory:
    return Factory(read_head(order.assets), read_environments(order.assets), order.size, order.device)


def _worker_factory(order: Order) -> Factory:
    """The factory of a process that has others beside it."""
    torch.set_num_threads(1)
    return _factory(order)


def _count_of_shard(factory: Factory, order: Order, shard: int, count: int) -> int:
    make_shard(order, factory, shard, count, lambda _: None)
    return count


def _make_in_processes(
    order: Order, todo: list[tuple[int, int]], workers: int, progress: Callable[[int], None]
) -> None:
    # Spawned, not forked: kernels and threads do not survive a fork.
    with WorkerPool(workers, "spawn", _worker_factory, order) as pool:
        running = {pool.submit(_count_of_shard, order, shard, count) for shard, count in todo}
        try:
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    progress(future.result())
        except BaseException:
            pool.kill()
            raise


def make_shard(order: Order, factory: Factory, shard: int, count: int, progress: Callable[[int], None]) -> None:
    """Write one shard's pictures, then its manifest."""
    tally = Tally()
    made = samples(factory, order.seed + shard * STRIDE, count, order.wish, tally)
    rows: list[dict[str, Any]] = []

    def note_samples() -> Iterator[Sample]:
        for sample in made:
            rows.append(sample.row)
            progress(1)
            yield sample

    if order.plain:
        for sample in note_samples():
            for ending, content in sample.files.items():
                with whole_file(order.out / f"{sample.seed:010d}.{ending}", force=True) as stream:
                    stream.write(content)
    else:
        with (
            whole_file(order.out / f"shard-{shard:06d}.tar", force=True) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            for sample in note_samples():
                for ending, content in sample.files.items():
                    # No times and no owners: the same statues are the same bytes.
                    entry = tarfile.TarInfo(f"{sample.seed:010d}.{ending}")
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
    lines = [json.dumps({"rejected": dict(tally.rejected)}), *(json.dumps(row) for row in rows)]
    with whole_file(order.out / manifest_name(shard), force=True) as stream:
        stream.write(("\n".join(lines) + "\n").encode())


def _join(order: Order) -> Tally:
    """Write ``manifest.jsonl``, one line per statue in the order of seeds, and ``summary.json``."""
    tally, lines = Tally(), []
    for shard, _ in order.shards():
        first, *rows = (order.out / manifest_name(shard)).read_text(encoding="utf-8").splitlines()
        tally.add(Tally(len(rows), Counter(json.loads(first)["rejected"])))
        lines += rows
    with whole_file(order.out / "manifest.jsonl", force=True) as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    summary = {"statues": tally.kept, "rejected": dict(tally.rejected), "factory": FACTORY_VERSION}
    summary |= {"version": __version__, "torch": torch.__version__, "warp": wp.__version__}
    with whole_file(order.out / "summary.json", force=True) as stream:
        stream.write((json.dumps(summary, indent=1) + "\n").encode())
    return tally
