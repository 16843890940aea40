"""What two restorations at once cost, as a table; run by hand.

    python tests/benchmarks/side_by_side.py [--photo FILE --mask FILE] [--models NAME ...] [--rounds 5]

The cold command ``statue restore``, alone and two at once in turns, so that other work on the machine meets both alike;
medians. A ratio of 1 means that two at once take as long as one after the other, one half that they do not meet at all.
CPU seconds, of both together, show what is lost in waiting. Without a photograph the example is restored.
``--checkout FOLDER`` measures another version of the program.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "statue_models" / "example"


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall, and of all processes' CPU time."""

    wall: float
    cpu: float


def cpu_seconds() -> float:
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(words: list[str], count: int, checkout: Path, folder: Path) -> Cost:
    """Of ``count`` commands at once."""
    before, start = cpu_seconds(), time.perf_counter()
    variables = os.environ | {"PYTHONPATH": str(checkout)}
    outputs = [["-o", str(folder / f"{number}.png")] for number in range(count)]
    running = [subprocess.Popen(words + output, cwd=checkout, env=variables) for output in outputs]
    if any([process.wait() for process in running]):
        raise SystemExit("a restoration failed")
    return Cost(time.perf_counter() - start, cpu_seconds() - before)


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photo", type=Path, default=EXAMPLE / "damaged.jpg")
    parser.add_argument("--mask", type=Path, default=EXAMPLE / "mask.png")
    parser.add_argument("--models", nargs="+", default=["statuefit", "statueflow"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkout", type=Path, default=REPOSITORY)
    options = parser.parse_args()
    print(f"| {os.cpu_count()} cores | alone | CPU | two at once | CPU of both | ratio |\n| --- " + "| ---: " * 5 + "|")
    command = [sys.executable, "-m", "statue_models", "restore", str(options.photo.resolve()), "--quiet", "--force"]
    command += ["--mask", str(options.mask.resolve())]
    for model in options.models:
        for variants in (1, 4):
            words = [*command, "--model", model, "--variants", str(variants)]
            costs: dict[int, list[Cost]] = {1: [], 2: []}
            with tempfile.TemporaryDirectory() as folder:
                for _ in range(options.rounds):
                    for count, found in costs.items():
                        found.append(cost(words, count, options.checkout.resolve(), Path(folder)))
            alone, both = median(costs[1]), median(costs[2])
            name = f"`{model}`, {variants} variant{'s' if variants > 1 else ''}"
            numbers = f"{alone.wall:.1f} s | {alone.cpu:.1f} s | {both.wall:.1f} s | {both.cpu:.1f} s"
            print(f"| {name} | {numbers} | {both.wall / (2 * alone.wall):.2f} |", flush=True)


if __name__ == "__main__":
    main()
