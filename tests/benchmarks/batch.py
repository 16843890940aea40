"""What many photographs at once cost beside one process that restores one after the other, as tables; run by hand.

    python tests/benchmarks/batch.py [--count 20] [--size 700] [--model NAME] [--rounds 3] [--ray local]

The photographs are the example in so many crops. CPU seconds are of all processes, with their start, and can be
compared on a machine that does other work as well; medians of rounds in turns. The bar: at most 1.2 times those of one
process.

With ``--ray`` a second table: what a picture costs beyond its worker's own time, and the CPU time of the process that
gives out the work, which bounds how many workers pay.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2

sys.path.insert(0, str(Path(__file__).parents[2]))

from statue_models.batch.capacity import usable_cores, worker_count
from statue_models.batch.local_pool import LocalPool
from statue_models.batch.outcome import Wanted
from statue_models.batch.pool import Batch
from statue_models.cli.arguments import parse
from statue_models.cli.restore import task_of

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "statue_models" / "example"
#: One process and one restorer for all; what ``statue restore`` does with one, in a loop.
ONE_PROCESS = """
import sys, time
from pathlib import Path
from statue_models.cli.arguments import parse
from statue_models.cli.restore import task_of
from statue_models.restoring.restorer import Restorer
from statue_models.tasks.restore_files import restore_files

folder, model, restorer = Path(sys.argv[1]), sys.argv[2], Restorer()
for photo in sorted((folder / "photos").iterdir()):
    words = ["restore", str(photo), "--mask", str(folder / "masks" / photo.name), "-o", "x.png", "--model", model]
    task = task_of(parse(words), words[1], words[3], [str(folder / "one" / photo.name)])
    restore_files(task, restorer.restore, lambda message, always=False: None)
"""


def make_pictures(folder: Path, count: int, size: int) -> None:
    """Crops of the example and its mask, their longer side ``size`` pixels."""
    for name in ("photos", "masks", "one"):
        (folder / name).mkdir()
    photo, mask = cv2.imread(str(EXAMPLE / "damaged.jpg")), cv2.imread(str(EXAMPLE / "mask.png"), 0)
    scale = size / max(photo.shape[:2])
    for number in range(count):
        x, y = 3 * (number % 7), 3 * (number // 7)
        for kind, picture in (("photos", photo), ("masks", mask)):
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            small = small if kind == "photos" else (small > 127).astype("uint8") * 255
            cv2.imwrite(str(folder / kind / f"{number:04}.png"), small[y:, x:])


def cost(words: list[str]) -> tuple[float, float]:
    """Seconds on the wall, and CPU seconds, of a command and all that it starts."""
    used, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, check=True, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, stderr=subprocess.DEVNULL)
    wall, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def compare(folder: Path, options: argparse.Namespace) -> None:
    """The first table."""
    statue = [sys.executable, "-m", "statue_models", "restore"]
    photos = [str(path) for path in sorted((folder / "photos").iterdir())]
    alone = [photos[0], "--mask", photos[0].replace("photos", "masks"), "-o", str(folder / "a.png"), "--force"]
    many = [*photos, "--masks", str(folder / "masks"), "-o", str(folder / "out"), "--force"]
    count, cores = len(photos), worker_count(len(photos))
    ways = {
        "one process, one after the other": ([sys.executable, "-c", ONE_PROCESS, str(folder), options.model], count)
    }
    for workers in sorted({1, cores}):
        words = [*statue, *many, "--model", options.model, "--workers", str(workers)]
        ways[f"many, {workers} worker{'s' if workers > 1 else ''}"] = words, count
    ways["a command for each"] = [*statue, *alone, "--model", options.model], 1
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for path in (folder / "one").iterdir():
            path.unlink()
        for name, (words, _) in ways.items():
            found[name].append(cost(words))
        made = [(folder / kind / Path(photos[-1]).name).read_bytes() for kind in ("one", "out")]
        assert made[0] == made[1], "other bytes"
    head = f"{count} pictures of {options.size} px, {usable_cores()} cores, per picture"
    print(f"| {head} | CPU | ratio | wall | ratio |")
    print("| --- | ---: | ---: | ---: | ---: |")
    base = [0.0, 0.0]
    for name, (_, pictures) in ways.items():
        wall, cpu = (statistics.median(one[kind] for one in found[name]) / pictures for kind in (0, 1))
        base = base if any(base) else [cpu, wall]
        print(f"| {name} | {cpu:.2f} s | {cpu / base[0]:.2f} | {wall:.2f} s | {wall / base[1]:.2f} |", flush=True)


def overhead(folder: Path, options: argparse.Namespace) -> None:
    """The second table: small work, so that what is around it shows."""
    from statue_models.batch.ray_pool import RayPool

    made = parse(["restore", "x.png", "--mask", "alpha", "-o", "out", "--model", "telea", "--force"])
    photos = sorted((folder / "photos").iterdir()) * 10
    print("\n| 2 workers, per picture | start | worker's own time | beyond it | giver's CPU | pictures/s at most |")
    print("| --- " + "| ---: " * 5 + "|")
    for name, make in (("processes of this machine", LocalPool), ("Ray", lambda size: RayPool(options.ray, size))):
        start = time.perf_counter()
        pool = make(2)
        wanted = []
        for number, path in enumerate(photos):
            outputs = [str(folder / "out" / f"{number}.png")]
            task = task_of(made, str(path), str(folder / "masks" / path.name), outputs)
            wanted.append(Wanted(str(path), replace(task, force=True)))
        ends: list[tuple[float, float]] = []

        def ended(*_: object, ends: list[tuple[float, float]] = ends) -> None:
            ends.append((time.perf_counter(), time.process_time()))

        batch = Batch(wanted, pool, False, ended, lambda *_: None)
        batch.run()
        # The first of each worker loads what the others find loaded.
        own, rest = sum(one.seconds for one in batch.outcomes[4:]), len(photos) - 4
        wall, giver = (ends[-1][clock] - ends[3][clock] for clock in (0, 1))
        figures = [f"{1000 * own / rest:.0f} ms", f"{1000 * (wall * pool.size - own) / rest:.1f} ms"]
        figures += [f"{1000 * giver / rest:.2f} ms", f"{rest / giver:.0f}"]
        print(f"| {name} | {ends[0][0] - start:.1f} s | {' | '.join(figures)} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--size", type=int, default=700)
    parser.add_argument("--model", default="default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ray", metavar="ADDRESS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder, options.count, options.size)
        if options.rounds:
            compare(folder, options)
        if options.ray:
            overhead(folder, options)


if __name__ == "__main__":
    main()
