"""Undamaged pictures out of a user's own folders: decoded when they are asked for, kept as long as there is room."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from statue_models.errors import StatueError
from training.damage.draws import Draws
from training.examples.sources import Views

#: Bytes of decoded pictures that a gallery keeps: 20,000 of 128 pixels. Chosen.
ROOM = 1 << 30
#: Threads that decode. Chosen: more wait for the disk.
THREADS = 16
#: Channels of a picture, and of a picture with its landmark map, face mask and face part.
PLAIN, MAPPED = 3, 8


class Gallery(Protocol):
    """Pictures of one size by their number."""

    def __len__(self) -> int: ...

    def take(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """(N, S, S, C) of (N,) numbers; C is ``PLAIN`` or ``MAPPED``.

        Raises:
            StatueError: ``bad-training-data`` for one that cannot be decoded.
        """
        ...


class StoredGallery:
    """Pictures that lie in memory.

    Args:
        pictures: (N, S, S, C) uint8.
    """

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def take(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """See ``Gallery``."""
        return self._pictures[np.asarray(numbers, np.int64)]


class LazyGallery:
    """Pictures that are decoded when they are asked for.

    Args:
        count: how many there are.
        decode: number -> (S, S, C); called by several threads.
        room: bytes of decoded pictures that are kept: those that are asked for first, as all are equally likely to be
            asked for again.
    """

    def __init__(self, count: int, decode: Callable[[int], NDArray[np.uint8]], room: int = ROOM) -> None:
        self._count, self._decode, self._room = count, decode, room
        self._kept: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return self._count

    def take(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """See ``Gallery``."""
        wanted = sorted(set(numbers) - self._kept.keys())
        with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
            found = dict(zip(wanted, pool.map(self._decode, wanted), strict=True))
        taken = np.stack([found[one] if one in found else self._kept[one] for one in numbers])
        for number, picture in found.items():
            if self._room >= picture.nbytes:
                self._kept[number] = picture
                self._room -= picture.nbytes
        return taken


class Galleries:
    """A source of two galleries.

    Args:
        train: to train on. held: to be judged on.
    """

    def __init__(self, train: Gallery, held: Gallery) -> None:
        self._train, self._held = train, held

    def draw(self, count: int, draws: Draws) -> Views:
        """See ``Source``: half of them mirrored."""
        numbers = draws.index(len(self._train), count).tolist()
        views = _views_of(self._train.take(numbers), draws.device)
        flip = draws.chance(0.5, count, 1, 1, 1) > 0
        maps = None if views.maps is None else torch.where(flip, views.maps.flip(3), views.maps)
        return Views(torch.where(flip, views.picture.flip(3), views.picture), views.inside, maps=maps)

    def held(self, count: int, device: torch.device) -> Views:
        """See ``Source``: spread evenly over all."""
        count = min(count, len(self._held))
        return _views_of(self._held.take(torch.linspace(0, len(self._held) - 1, count).long().tolist()), device)


def _views_of(pictures: NDArray[np.uint8], device: torch.device) -> Views:
    samples = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float()
    picture = (samples[:, :PLAIN] / 127.5 - 1).contiguous()
    maps = _maps_of(samples) if samples.shape[1] == MAPPED else None
    return Views(picture, torch.ones_like(picture[:, :1]), maps=maps)


def _maps_of(samples: Tensor) -> Tensor:
    """(N, 5, H, W): see ``Views.maps``."""
    face = samples[:, 4:5] / 255
    # What is stored beyond the face is black; before grey, the middle of the range, a part says nothing there.
    return torch.cat([samples[:, 3:4] / 255, face, (samples[:, 5:] / 127.5 - 1) * face], dim=1)


# --- files -----------------------------------------------------------------------------------------------------------


def open_file(path: Path, size: int) -> Image.Image:
    """A picture file, upright, no smaller than needed for ``size`` pixels: JPEG files are read at a part of theirs.

    Raises:
        StatueError: ``bad-training-data``.
    """
    try:
        with Image.open(path) as file:
            file.draft("RGB", (2 * size, 2 * size))
            return ImageOps.exif_transpose(file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise StatueError("bad-training-data", path=path, reason="it is no picture that can be decoded") from None


def read_square(path: Path, size: int) -> NDArray[np.uint8]:
    """(size, size, 3): the square in the middle of a picture file, its shorter side brought to ``size``.

    Raises:
        StatueError: ``bad-training-data``.
    """
    return resize_square(crop_square(np.asarray(open_file(path, size).convert("RGB"))), size)


def crop_square(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The square in the middle of (H, W, ...), as large as it can be."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def resize_square(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(S, S, C) or (S, S) at another size: averaged down, interpolated up."""
    if len(picture) == size:
        return np.ascontiguousarray(picture)
    how = cv2.INTER_AREA if len(picture) > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), np.uint8)


def gallery_of(files: Sequence[Path], size: int) -> LazyGallery:
    """The squares in the middle of picture files."""
    return LazyGallery(len(files), lambda number: read_square(files[number], size))
