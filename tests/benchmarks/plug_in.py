"""What the plug-in's process holds at its peak, as a table; run by hand, as root, after ``tests/gimp/provision.sh``.

    python tests/benchmarks/plug_in.py [--versions 2.10 3.0] [--megapixels 12]

A real GIMP opens a layer of noise and runs the filter with four variants against the real runner; the plug-in's process
is watched from outside.
"""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "gimp"))

import gimps
import pictures

PLUG_IN = b"restore-statue-face.py"


class PeakOfPlugIn(threading.Thread):
    """Watches the resident memory of the plug-in's process from the moment that it appears."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.kilobytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.005):
            for process in Path("/proc").iterdir():
                if process.name.isdigit() and int(process.name) > 1:
                    self._look_at(process)

    def _look_at(self, process: Path) -> None:
        try:
            if PLUG_IN not in (process / "cmdline").read_bytes():
                return
            status = (process / "status").read_text()
        except OSError:
            return  # it has ended
        if "VmHWM:" in status:
            self.kilobytes = max(self.kilobytes, int(status.split("VmHWM:")[1].split()[0]))


def measured(version: str, photograph: Path, half: int) -> str:
    """Peak memory of one run, in words."""
    gimp = pictures.prepare(version, "benchmark", SimpleNamespace(path=photograph))
    try:
        gimp.start()
        picture = pictures.Picture(gimp)
        picture.ask("select", half // 2, half // 2, half, half // 2, 20)
        watch = PeakOfPlugIn()
        watch.start()
        start = time.perf_counter()
        picture.restore(variants=4, model="telea")
        watch.done.set()
        watch.join()
        return f"{watch.kilobytes / 1024:.0f} MiB, {time.perf_counter() - start:.1f} s"
    finally:
        gimp.runner.stop()
        gimp.stop()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--versions", nargs="+", default=["2.10", "3.0"])
    parser.add_argument("--megapixels", type=float, default=12)
    options = parser.parse_args()
    width = int((options.megapixels * 1e6 * 4 / 3) ** 0.5)
    noise = np.random.default_rng(0).integers(0, 256, (width * 3 // 4, width, 3), np.uint8)
    print(f"| plug-in, RGB 8-bit layer of {noise.shape[1]} x {noise.shape[0]}, four variants | |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        photograph = Path(folder) / "noise.png"
        cv2.imwrite(str(photograph), noise, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        for version in options.versions:
            print(f"| GIMP {version} | {gimps.why_not(version) or measured(version, photograph, width // 2)} |")


if __name__ == "__main__":
    main()
