"""What the runner costs, as a table; run by hand: ``python tests/benchmarks/runner.py [--model NAME] [--size 1024]``.

A runner of its own is started in a temporary state directory, so the installed one is left alone. Landmarks are given,
so that no landmark model needs to be there.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from statue_models.restoring.landmarks68 import Landmarks
from statue_models.restoring.request import RestorationRequest
from statue_models.runner.client import RunnerClient, read_state
from statue_models.runner.remote import RemoteRestorer, serve_command


def frontal_points(size: int) -> np.ndarray:
    """(68, 2) points of a plain frontal face in the middle of a square picture."""
    jaw = np.linspace(0, np.pi, 17)
    points = [(0.5 - 0.26 * np.cos(a), 0.45 + 0.33 * np.sin(a)) for a in jaw]
    points += [(x, 0.38 - 0.02 * np.sin((x - 0.3) / 0.14 * np.pi)) for x in np.linspace(0.3, 0.44, 5)]
    points += [(x, 0.38 - 0.02 * np.sin((x - 0.56) / 0.14 * np.pi)) for x in np.linspace(0.56, 0.7, 5)]
    points += [(0.5, y) for y in np.linspace(0.43, 0.54, 4)]
    points += [(x, 0.58) for x in np.linspace(0.45, 0.55, 5)]
    for centre in (0.37, 0.63):
        points += [(centre + 0.05 * np.cos(a), 0.44 - 0.018 * np.sin(a)) for a in np.pi - np.arange(6) * np.pi / 3]
    for count, width, height in ((12, 0.1, 0.04), (8, 0.07, 0.015)):
        angles = np.pi - np.arange(count) * 2 * np.pi / count
        points += [(0.5 + width * np.cos(a), 0.66 - height * np.sin(a)) for a in angles]
    return np.array(points) * size


def request(size: int, model: str, variants: int) -> RestorationRequest:
    """A shaded, grainy disc with a hole where the nose is."""
    rows, columns = np.mgrid[:size, :size] / size
    shade = 150 - 60 * (columns - 0.5) - 80 * np.hypot(rows - 0.5, columns - 0.5)
    grain = np.random.default_rng(0).normal(0, 5, (size, size))
    image = np.clip(shade + grain, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    mask = np.where(np.hypot(rows - 0.53, columns - 0.5) < 0.07, 255, 0).astype(np.uint8)
    landmarks = Landmarks.given(frontal_points(size)).hidden_under(mask)
    return RestorationRequest(image, mask, model=model, variants=variants, landmarks=landmarks)


def seconds(action: Callable[[], Any], repeats: int = 1) -> float:
    """The shortest of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def peak_megabytes(pid: int) -> str:
    """The most memory that a process has held (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "unknown here"
    return f"{int(status.split('VmHWM:')[1].split()[0]) / 1024:.0f} MB"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="default")
    parser.add_argument("--size", type=int, default=1024)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        command = serve_command("--state", str(state), "--idle", "1")
        client, restorer = RunnerClient(state, command), RemoteRestorer(state, command)
        one, four = request(options.size, options.model, 1), request(options.size, options.model, 4)
        rows = [("cold start until it answers", f"{seconds(client.connect):.2f} s")]
        found = read_state(state)
        assert found is not None
        try:
            rows.append(("peak memory before the first job", peak_megabytes(found["pid"])))
            rows.append(("first job", f"{seconds(lambda: restorer.restore(one)):.2f} s"))
            rows.append(("one variant, warm", f"{seconds(lambda: restorer.restore(one), 3):.2f} s"))
            rows.append(("four variants, warm", f"{seconds(lambda: restorer.restore(four), 3):.2f} s"))
            rows.append(("health", f"{1000 * seconds(client.health, 20):.1f} ms"))
            rows.append(("peak memory", peak_megabytes(found["pid"])))
        finally:
            (state / "runner.json").unlink(missing_ok=True)  # which ends the runner
            time.sleep(1.5)
    print(f"| {options.size} x {options.size} RGB, model {options.model} | |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
