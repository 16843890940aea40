"""Packed renders that a test can make itself: shaded balls with dark features where the landmarks are."""

from pathlib import Path

import cv2
import numpy as np

SIDE = 96


def made_up_render(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """WebP bytes, RGBA; points (68, 2) are fractions of the side."""
    y, x = np.mgrid[:SIDE, :SIDE] / (SIDE / 2) - 1
    radius = np.hypot(x, y * 0.8)
    shade = np.clip(0.6 + 0.3 * x * rng.choice([-1, 1]) - 0.3 * radius, 0, 1)
    image = np.dstack([shade * 255] * 3 + [(radius < 0.8) * 255]).astype(np.uint8)
    for px, py in points[27:]:
        cv2.circle(image, (int(px * SIDE), int(py * SIDE)), 2, (30, 30, 30, 255), -1)
    return cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 95])[1]


def write_renders(path: Path, face: np.ndarray, count: int = 20) -> None:
    """A file like renders256.npz; ``face`` (68, 2) in pixels of 128."""
    rng = np.random.default_rng(0)
    landmarks = (face / 128 + rng.normal(0, 0.01, (count, 1, 2))).astype(np.float32)
    files = [made_up_render(rng, points) for points in landmarks]
    offsets = np.cumsum([0, *map(len, files)])
    np.savez(path, blob=np.concatenate(files), offsets=offsets, landmarks=landmarks)


def assets_with_renders(parent: Path, face: np.ndarray) -> Path:
    """A new folder of assets that holds nothing but ``write_renders``' file."""
    folder = parent / "assets"
    folder.mkdir()
    write_renders(folder / "renders256.npz", face)
    return folder
