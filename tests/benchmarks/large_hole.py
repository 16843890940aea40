"""What a large hole in a large photograph costs, as a table; run by hand, on Linux.

    python tests/benchmarks/large_hole.py [--photo FILE] [--megapixels 50] [--side 3000] [--models NAME ...]

A photograph of a whole face, by default the example, is enlarged, and a square around the tip of its nose is lost. One
variant, landmarks given, a process per model. Memory is the greatest above what the process held before: the picture,
its mask, the model and whatever a first restoration of a small picture leaves behind. Compare CPU seconds where the
machine is shared. ``--checkout FOLDER`` measures another version of the program.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "statue_models" / "example" / "intact.jpg"
NOSE = 30  # of the 68 landmarks
SMALL = 0.3  # megapixels of the picture that is restored first


def enlarged(picture: np.ndarray, megapixels: float) -> tuple[np.ndarray, float]:
    """The picture at another size, and how many times as wide it is."""
    scale = float(np.sqrt(megapixels * 1e6 / picture[..., 0].size))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.ascontiguousarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)), scale


def square(shape: tuple[int, ...], middle: np.ndarray, side: int) -> np.ndarray:
    """(H, W) uint8, a mask."""
    mask = np.zeros(shape[:2], np.uint8)
    left, top = np.maximum(middle.astype(int) - side // 2, 0)
    mask[top : top + side, left : left + side] = 255
    return mask


def memory(key: str) -> float:
    """MB of this process: "VmRSS", what it holds, or "VmHWM", the most since the peak was forgotten."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key + ":")) * 1024 / 1e6


def measure(options: argparse.Namespace, model: str) -> None:
    """Print a row; in a process of its own."""
    from statue_models import RestorationRequest, Restorer
    from statue_models.face.landmarks68 import Landmarks

    photo = cv2.imread(str(options.photo))
    if photo is None:
        raise SystemExit(f"{options.photo} is no picture")
    small, first = enlarged(photo[..., ::-1], SMALL)
    restorer = Restorer()
    points = restorer.find_landmarks(small)[0].points
    given = Landmarks.given(points)
    restorer.restore(RestorationRequest(small, square(small.shape, points[NOSE], 60), model=model, landmarks=given))
    image, scale = enlarged(photo[..., ::-1], options.megapixels)
    points = points * scale / first
    given, mask = Landmarks.given(points), square(image.shape, points[NOSE], options.side)
    request = RestorationRequest(image, mask, model=model, landmarks=given)
    Path("/proc/self/clear_refs").write_text("5")
    before, wall, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    restorer.restore(request)
    wall, cpu, above = time.perf_counter() - wall, time.process_time() - cpu, memory("VmHWM") - before
    missing = np.count_nonzero(mask) / 1e6
    print(
        f"| `{model}` | {image[..., 0].size / 1e6:.0f} | {missing:.1f} | {wall:.1f} s | {cpu:.1f} s | {above:.0f} MB |"
    )
    if options.most is not None and above > options.most:
        raise SystemExit(f"{model} took more than {options.most} MB above the picture")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photo", type=Path, default=EXAMPLE)
    parser.add_argument("--megapixels", type=float, default=50.0)
    parser.add_argument("--side", type=int, default=3000, help="of the hole, in pixels")
    parser.add_argument("--models", nargs="+", default=["statuefit", "statueflow"])
    parser.add_argument("--most", type=float, help="fail where more MB are taken")
    parser.add_argument("--checkout", type=Path, default=REPOSITORY)
    parser.add_argument("--row", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        measure(options, options.row)
        return
    print("| model | megapixels | missing | wall | CPU | above the picture |\n| --- " + "| ---: " * 5 + "|", flush=True)
    variables = os.environ | {"PYTHONPATH": str(options.checkout.resolve())}
    for model in options.models:
        ended = subprocess.run([sys.executable, *sys.argv, "--row", model], env=variables)
        if ended.returncode:
            raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
