"""The pictures that our networks learn from, decoded once and kept as bytes.

``renders256.npz`` and ``renders256_b.npz`` hold rendered heads: ``blob`` (uint8), WebP files one after the other, RGBA,
alpha = the head; ``offsets`` (N + 1,), where each begins; ``landmarks`` (N, 68, 2), fractions of the side. Real
photographs come from ``statues128`` where it is there.
"""

import json
import os
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from statue_models.errors import StatueError
from training.suites.cases import FOLDER, LABELS
from training.suites.held_back import photograph_names

RENDERS = ("renders256.npz", "renders256_b.npz")
#: At the head of each file of renders, one in so many is held back, and at most so many in all. They lie together
#: because neighbours may show the same head. Chosen.
HELD_SHARE, HELD_MOST = 16, 256


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of one origin.

    Attributes:
        images: (N, S, S, 4) uint8 RGBA.
        landmarks: (N, 68, 2) float32 on the same device, (x, y) as fractions of the side.
        rendered: by a machine, not taken by a camera.
        filmed: with the contrast and the sharpening that photographs come with.
        hidden: (N, 68) bool, what the head, its hair or its headgear hides; None where nobody knows.
        profile: seen from the side, so that half of the landmarks mean nothing.
        turned: turned far to the side, on purpose.
    """

    images: Tensor
    landmarks: Tensor
    rendered: bool
    filmed: bool = True
    hidden: Tensor | None = None
    profile: bool = False
    turned: bool = False

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Pictures":
        """The same, there."""
        hidden = None if self.hidden is None else self.hidden.to(device)
        return replace(self, images=self.images.to(device), landmarks=self.landmarks.to(device), hidden=hidden)

    def part(self, where: slice) -> "Pictures":
        """Some of them."""
        hidden = None if self.hidden is None else self.hidden[where]
        return replace(self, images=self.images[where], landmarks=self.landmarks[where], hidden=hidden)


@dataclass(frozen=True, eq=False)
class PictureSet:
    """What is trained on, and what is held back: a list of origins each, none of them empty."""

    train: list[Pictures]
    held: list[Pictures]

    def move_where_they_fit(self, device: torch.device) -> "PictureSet":
        """The same, those to train on moved to a GPU if they take less than half of its free memory."""
        if device.type != "cuda":
            return self
        size = sum(origin.images.numel() for origin in self.train)
        fits = size < torch.cuda.mem_get_info(device)[0] / 2
        return PictureSet([origin.to(device) for origin in self.train], self.held) if fits else self


def read_pictures(assets: Path, size: int, limit: int | None = None, drawn: Sequence[Pictures] = ()) -> PictureSet:
    """Read all that is there.

    Args:
        assets: folder with at least one of ``RENDERS``, and ``statues128`` if it is to be used.
        size: side in pixels to which everything is brought.
        limit: only so many renders of each file.
        drawn: statues of the factory, used like the others.

    Raises:
        StatueError: ``missing-file`` without any renders, drawn or not; ``bad-training-data`` for a damaged file.
    """
    there = [assets / name for name in RENDERS if (assets / name).is_file()]
    if not there and not drawn:
        raise StatueError("missing-file", path=assets / RENDERS[0])
    train, held = [], []
    origins = [read_renders(path, size, limit) for path in there]
    for renders in [*origins, *drawn]:
        back = min(HELD_MOST, max(1, len(renders) // HELD_SHARE))
        held.append(renders.part(slice(0, back)))
        train.append(renders.part(slice(back, None)))
    if (assets / FOLDER / LABELS).is_file():
        kept, left_out = photograph_names(assets)
        train.append(read_photographs(assets, kept, size))
        held.append(read_photographs(assets, left_out, size))
    return PictureSet([p for p in train if len(p)], [p for p in held if len(p)])


def read_renders(path: Path, size: int, limit: int | None = None) -> Pictures:
    """Decode one file of renders, two pictures at least.

    Raises:
        StatueError: ``bad-training-data``.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            blob, offsets, landmarks = file["blob"], file["offsets"].astype(np.int64), file["landmarks"]
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
    count = len(offsets) - 1
    if count < 2 or landmarks.shape != (count, 68, 2) or not np.isfinite(landmarks).all():
        raise StatueError("bad-training-data", path=path, reason="offsets and landmarks do not belong together")
    if offsets[0] != 0 or (np.diff(offsets) <= 0).any() or offsets[-1] != len(blob):
        raise StatueError("bad-training-data", path=path, reason="the offsets do not fit the pictures")
    count = count if limit is None else max(2, min(count, limit))
    files = [blob[offsets[i] : offsets[i + 1]] for i in range(count)]
    try:
        images = _decode_pictures(files, size)
    except ValueError as error:
        raise StatueError("bad-training-data", path=path, reason=str(error)) from None
    return Pictures(images, torch.from_numpy(landmarks[:count].astype(np.float32)), rendered=True, filmed=False)


def read_photographs(assets: Path, names: list[str], size: int) -> Pictures:
    """The photographs with their corrected landmarks.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    labels = json.loads((assets / FOLDER / LABELS).read_text(encoding="utf-8"))
    files, points = [], np.zeros((len(names), 68, 2), np.float32)
    for index, name in enumerate(names):
        try:
            files.append(np.fromfile(assets / FOLDER / name, np.uint8))
        except FileNotFoundError:
            raise StatueError("missing-file", path=assets / FOLDER / name) from None
        # Pixels of the 128-pixel picture.
        points[index] = np.array(labels[name]["points"], np.float32) / 128
    try:
        return Pictures(_decode_pictures(files, size), torch.from_numpy(points), rendered=False)
    except ValueError as error:
        raise StatueError("bad-training-data", path=assets / FOLDER, reason=str(error)) from None


def _decode_pictures(files: Iterable[NDArray[np.uint8]], size: int) -> Tensor:
    """(N, size, size, 4) uint8 RGBA of encoded pictures; opaque where a file has no alpha.

    Raises:
        ValueError: if one of them is no picture.
    """
    files = list(files)
    images = np.empty((len(files), size, size, 4), np.uint8)

    def decode(index: int) -> None:
        image = cv2.imdecode(files[index], cv2.IMREAD_UNCHANGED) if files[index].size else None
        if image is None or image.dtype != np.uint8:
            raise ValueError(f"picture {index} cannot be decoded")
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        rgba = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGBA)
        if rgba.shape[:2] != (size, size):
            how = cv2.INTER_AREA if rgba.shape[0] > size else cv2.INTER_CUBIC
            rgba = cv2.resize(rgba, (size, size), interpolation=how)
        images[index] = rgba

    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        for _ in pool.map(decode, range(len(files))):
            pass
    return torch.from_numpy(images)
