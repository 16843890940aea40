"""Damage on the six real photographs, restored: the contact sheet of the docs.

    python -m training.evaluation.photographs --assets DIR -o docs/pictures/photographs.jpg

``DIR/photos`` holds the photographs and ``SOURCES.tsv`` with their credits. Nose, mouth and half a face are removed
from each; every restoration runs through the public API at the photograph's own resolution, and the samples outside the
mask are compared with the input's. G'MIC, where installed, gets the face's crop at 512 pixels. The sheet shows, for
each photograph and mask, the damage, Telea, G'MIC and statueflow side by side.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models import RestorationRequest, Restorer
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.photograph import Photograph
from training.evaluation.baselines import gmic
from training.evaluation.cases import Case
from training.evaluation.masks import damage_mask

KINDS = ("nose", "mouth", "half")
TILE = 256
SHOWN = 512
GREY = 128


def compared(
    restorer: Restorer, photograph: Path, kind: str, seed: int, photographs: list[NDArray[np.uint8]]
) -> list[NDArray[np.uint8]]:
    """Damage, Telea, G'MIC and statueflow of one photograph and kind, as tiles (TILE, TILE, 3)."""
    image = Photograph.read(photograph).to_srgb()
    landmarks, frame = restorer.find_landmarks(image)
    hole = damage_mask(landmarks.points, kind, image.shape[:2], np.random.default_rng(seed))
    damaged, mask = image.copy(), hole.astype(np.uint8) * 255
    damaged[hole] = GREY
    results = [damaged]
    for model in ("telea", "statueflow"):
        start = time.perf_counter()
        restoration = restorer.restore(RestorationRequest(damaged, mask, model=model))
        restored = restoration.applied_to(damaged)
        changed = int((restored[~hole] != damaged[~hole]).sum())
        seconds = time.perf_counter() - start
        print(f"{photograph.stem:28s} {kind:6s} {model:10s} {seconds:5.2f} s, {changed} changed outside")
        results.append(restored)
        if model == "statueflow":
            photographs.append(restored)
    tiles = [_tile(result, frame) for result in results]
    tiles.insert(2, _by_gmic(damaged, mask, landmarks.points, frame))
    return tiles


def _tile(image: NDArray[np.uint8], frame: FaceFrame) -> NDArray[np.uint8]:
    return frame.crop(image[..., :3], TILE)[0]


def _by_gmic(
    damaged: NDArray[np.uint8], mask: NDArray[np.uint8], points: NDArray[np.float64], frame: FaceFrame
) -> NDArray[np.uint8]:
    if shutil.which("gmic") is None:
        return np.full((TILE, TILE, 3), GREY, np.uint8)
    crop, hole = frame.crop(damaged[..., :3], SHOWN)[0], frame.crop_mask(mask, SHOWN) > 0
    case = Case("photograph", "sheet", crop, hole, frame.to_crop(points, SHOWN))
    pictures = gmic(case, None, [0])
    small = cv2.resize(crop if pictures is None else pictures[0], (TILE, TILE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path, default=os.environ.get("STATUE_ASSETS"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--full", type=Path, help="folder for the restored photographs at full size")
    options = parser.parse_args(arguments)
    if options.assets is None:
        parser.error("say where the assets are: --assets DIR or STATUE_ASSETS")
    if shutil.which("gmic") is None:
        print("G'MIC is not installed: its column stays grey.", file=sys.stderr)
    restorer = Restorer()
    rows = []
    for photograph in sorted((Path(options.assets) / "photos").glob("*.webp")):
        row = []
        for seed, kind in enumerate(KINDS):
            full: list[NDArray[np.uint8]] = []
            row += compared(restorer, photograph, kind, seed, full)
            if options.full:
                options.full.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(options.full / f"{photograph.stem}-{kind}.png"), full[0][..., ::-1])
        rows.append(np.concatenate(row, axis=1))
    sheet = np.ascontiguousarray(np.concatenate(rows)[..., ::-1])
    cv2.imwrite(str(options.output), sheet, [cv2.IMWRITE_JPEG_QUALITY, 84])


if __name__ == "__main__":
    main()
