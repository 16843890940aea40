"""What restoring costs, as a table; run by hand.

    python tests/benchmarks/runner.py [--model NAME] [--size 1024 | --photo FILE --mask FILE]

The runner is one of its own, in a temporary state directory, so the installed one is left alone. Without a photograph a
made-up picture with given landmarks is used, so that no landmark model needs to be there; with one, the face is
searched and the cold command is measured too.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from statue_models.face.landmarks68 import Landmarks
from statue_models.pictures.mask_file import read_mask
from statue_models.pictures.photograph import Photograph
from statue_models.request import RestorationRequest
from statue_models.runner.protocol.client import RunnerClient
from statue_models.runner.protocol.state_file import read_state
from statue_models.runner.remote import RemoteRestorer, serve_command

REPOSITORY = Path(__file__).parents[2]


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


def request(size: int, model: str) -> RestorationRequest:
    """A shaded, grainy disc with a hole where the nose is."""
    rows, columns = np.mgrid[:size, :size] / size
    shade = 150 - 60 * (columns - 0.5) - 80 * np.hypot(rows - 0.5, columns - 0.5)
    grain = np.random.default_rng(0).normal(0, 5, (size, size))
    image = np.clip(shade + grain, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    mask = np.where(np.hypot(rows - 0.53, columns - 0.5) < 0.07, 255, 0).astype(np.uint8)
    landmarks = Landmarks.given(frontal_points(size)).hidden_under(mask)
    return RestorationRequest(image, mask, model=model, landmarks=landmarks)


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


def cold_command(options: argparse.Namespace, folder: Path) -> list[tuple[str, str]]:
    """Time and peak memory of ``statue restore`` from its start to the written picture."""
    words = [sys.executable, "-m", "statue_models", "restore", str(options.photo), "--mask", str(options.mask)]
    words += ["--model", options.model, "-o", str(folder / "out.png"), "--force", "--quiet"]
    shortest = seconds(lambda: subprocess.run(words, check=True, cwd=REPOSITORY), 3)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [("statue restore, cold", f"{shortest:.2f} s"), ("its peak memory", f"{peak:.0f} MB")]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="default")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--mask", type=Path)
    options = parser.parse_args()
    if (options.photo is None) != (options.mask is None):
        parser.error("--photo and --mask belong together")
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        command = serve_command("--state", str(state), "--idle", "1")
        client, restorer = RunnerClient(state, command), RemoteRestorer(state, command)
        if options.photo:
            one = RestorationRequest(
                Photograph.read(options.photo).to_srgb(), read_mask(options.mask).levels, model=options.model
            )
        else:
            one = request(options.size, options.model)
        four = replace(one, variants=4)
        rows = cold_command(options, Path(folder)) if options.photo else []
        rows += [("cold start until it answers", f"{seconds(client.connect):.2f} s")]
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
    height, width = one.image.shape[:2]
    print(f"| {width} x {height}, model {options.model} | |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
