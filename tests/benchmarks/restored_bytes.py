"""Checksums of what the program restores, a line each; run by hand, before and after a change that is to keep it.

    python tests/benchmarks/restored_bytes.py [--assets DIR] > before.txt

The example (as it is, in other depths, with alpha, by every model, with a crack), the first 20 cases of the ``check``
suite, and a lost nose in each photograph of the ``native`` suite, all on the CPU. Landmarks are searched where a face
is needed, so that the search is checked too. ``diff before.txt after.txt`` says the rest.
"""

import argparse
import hashlib
import os
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from statue_models import Restoration, RestorationRequest, Restorer
from training.suites.cases import check_cases
from training.suites.native.cases import FOLDER, cases_of, photographs
from training.suites.native.faces import face_finder

EXAMPLE = Path(__file__).parents[2] / "statue_models" / "example"
CHECK_CASES = 20
MODELS = ("statueflow", "statuefit", "mirror", "biharmonic", "telea", "ns")


def checksum(restoration: Restoration) -> str:
    """Of all variants, the uncertainty and the landmarks."""
    digest = hashlib.sha256()
    for variant in restoration.variants:
        digest.update(np.ascontiguousarray(variant.pixels).tobytes())
    if restoration.uncertainty is not None:
        digest.update(np.ascontiguousarray(restoration.uncertainty).tobytes())
    if restoration.landmarks is not None:
        digest.update(restoration.landmarks.points.tobytes())
    return digest.hexdigest()[:20]


def example(restorer: Restorer) -> None:
    """Every kind of sample, every model, several variants, thin damage."""
    picture = np.ascontiguousarray(cv2.imread(str(EXAMPLE / "damaged.jpg"))[..., ::-1])
    mask = cv2.imread(str(EXAMPLE / "mask.png"), cv2.IMREAD_GRAYSCALE)
    soft = cv2.GaussianBlur(mask, (0, 0), 3)
    crack = cv2.line(np.zeros_like(mask), (300, 500), (700, 900), 255, 5)
    clear = np.dstack([picture, np.full(mask.shape, 255, np.uint8)])
    clear[:40, :40, 3] = 0
    found = restorer.restore(RestorationRequest(picture, mask, variants=3, seed=5))
    print("example, three variants", checksum(found), flush=True)
    forms = {
        "soft mask": (picture, soft),
        "crack": (picture, crack),
        "uint16": (picture.astype(np.uint16) * 257, mask),
        "float32": ((picture / np.float32(255)).astype(np.float32), mask),
        "alpha": (clear, mask),
        "grey": (picture[..., :1].copy(), mask),
    }
    for name, (image, missing) in forms.items():
        request = RestorationRequest(image, missing, landmarks=found.landmarks)
        print(f"example, {name}", checksum(restorer.restore(request)), flush=True)
    for model in MODELS:
        request = RestorationRequest(picture, mask, model=model, landmarks=found.landmarks)
        print(f"example, {model}", checksum(restorer.restore(request)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path, default=os.environ.get("STATUE_ASSETS"), required=False)
    assets = parser.parse_args().assets
    if assets is None:
        parser.error("say where the assets are: --assets DIR or STATUE_ASSETS")
    restorer = Restorer(device="cpu")
    example(restorer)
    for case in islice(check_cases(Path(assets)), CHECK_CASES):
        request = RestorationRequest(case.damaged, case.hole.astype(np.uint8) * 255)
        print(f"check, {case.name}, {case.kind}", checksum(restorer.restore(request)), flush=True)
    for case in cases_of(photographs(Path(assets) / FOLDER), face_finder(Path(assets)), ["nose"]):
        request = RestorationRequest(case.damaged, case.hole.astype(np.uint8) * 255, variants=2)
        print(f"native, {case.title}", checksum(restorer.restore(request)), flush=True)


if __name__ == "__main__":
    main()
