"""Rendered statues from where they lie: packed renders of the prototypes, or a plain run of the statue factory."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError


@dataclass(frozen=True, eq=False)
class RenderedPicture:
    """One picture: (H, W, 3) uint8 RGB with a background, (68, 2) landmarks in pixels, yaw in degrees where known."""

    image: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    yaw: float | None


def read_renders(source: Path, seed: int) -> Iterator[RenderedPicture]:
    """The pictures of a source, in an order that the seed decides.

    Args:
        source: an ``.npz`` with ``blob``, ``offsets`` and ``landmarks`` (fractions of the side), or a folder with
            ``manifest.jsonl`` (``file``, ``landmarks`` in pixels, ``yaw``).
        seed: also decides the plain or clouded grounds behind packed renders, which come without any.

    Raises:
        StatueError: ``missing-file``; ``bad-training-data``.
    """
    rng = np.random.default_rng(seed)
    if source.suffix == ".npz":
        yield from _read_packed(source, rng)
    else:
        yield from _read_plain(source, rng)


def _read_packed(source: Path, rng: np.random.Generator) -> Iterator[RenderedPicture]:
    if not source.is_file():
        raise StatueError("missing-file", path=source)
    try:
        with np.load(source, allow_pickle=False) as file:
            blob, offsets, landmarks = file["blob"], file["offsets"], file["landmarks"]
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise StatueError("bad-training-data", path=source, reason=f"it cannot be read ({error})") from None
    for index in rng.permutation(len(offsets) - 1):
        picture = cv2.imdecode(blob[offsets[index] : offsets[index + 1]], cv2.IMREAD_UNCHANGED)
        if picture is None or picture.ndim != 3:
            raise StatueError("bad-training-data", path=source, reason=f"picture {index} is not a colour picture")
        # A picture that is opaque everywhere comes without its alpha.
        alpha = picture[..., 3:] / 255 if picture.shape[2] == 4 else np.ones((*picture.shape[:2], 1))
        image = picture[..., 2::-1] * alpha + _ground(picture.shape[0], rng) * (1 - alpha)
        points = landmarks[index].astype(np.float64) * [picture.shape[1], picture.shape[0]]
        yield RenderedPicture(np.rint(image).astype(np.uint8), points, None)


def _ground(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A plain colour, or clouds of it."""
    colour = rng.uniform(0, 255) + rng.normal(0, 12, 3)
    clouds = cv2.resize(rng.normal(0, 1, (6, 6)), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(colour + (rng.random() < 0.5) * 30 * clouds[..., None], 0, 255)


def _read_plain(source: Path, rng: np.random.Generator) -> Iterator[RenderedPicture]:
    manifest = source / "manifest.jsonl"
    if not manifest.is_file():
        raise StatueError("missing-file", path=manifest)
    try:
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise StatueError("bad-training-data", path=manifest, reason=f"it cannot be read ({error})") from None
    for index in rng.permutation(len(rows)):
        row = rows[index]
        picture = cv2.imread(str(source / row["file"]), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            raise StatueError("bad-training-data", path=source, reason=f"{row['file']} is not a picture")
        yield RenderedPicture(np.asarray(picture, np.uint8), np.array(row["landmarks"], np.float64), row.get("yaw"))
