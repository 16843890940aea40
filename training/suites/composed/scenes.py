"""Where the face-frame suite's heads stand: panoramas, stone, photographs of busts, rendered scenes, plain paper."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError

Rgb = NDArray[np.uint8]
#: x0, y0, x1, y1 in pixels.
Box = tuple[float, float, float, float]

KINDS = ("panorama", "stone", "photograph", "rendered", "plain")
#: Stone textures that are pictures of stone; the others are maps of its relief and gloss.
COLOUR = r"[a-z]+(_albedo)?$"
#: Standard deviation of the grain that every scene gets, of 255: enlarged ones would be smoother than any photograph.
#: Set by eye.
GRAIN = 2.0


@dataclass(frozen=True, eq=False)
class Photograph:
    """A bust: (H, W, 3) uint8, and the box of its face."""

    rgb: Rgb
    face: Box


class Scenes:
    """Backgrounds of any size.

    Args:
        assets: the folder of the packed data.
        rendered: scenes without anybody, (S, S, 3) each.
    """

    def __init__(self, assets: Path, rendered: list[Rgb]) -> None:
        self._panoramas = list(panoramas(assets))
        self._stones = list(stones(assets, COLOUR))
        self._photographs = [photograph for _, photograph in photographs(assets)]
        self._rendered = rendered

    def draw(self, kind: str, width: int, height: int, rng: np.random.Generator) -> tuple[Rgb, list[Box]]:
        """A scene (height, width, 3), and the boxes of the faces in it: one on photographs, else none.

        Args:
            kind: one of ``KINDS``.
        """
        if kind == "photograph":
            return self._with_bust(width, height, rng)
        if kind == "plain":
            level = np.clip(rng.uniform(10, 245) + rng.normal(0, 8, (2, 1, 3)), 0, 255)
            picture = np.broadcast_to(level, (2, 2, 3)).astype(np.uint8)
            smooth = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
            return _add_grain(smooth, rng), []
        source = {"panorama": self._panoramas, "stone": self._stones, "rendered": self._rendered}[kind]
        return _add_grain(_part(source[rng.integers(len(source))], width, height, rng), rng), []

    def _with_bust(self, width: int, height: int, rng: np.random.Generator) -> tuple[Rgb, list[Box]]:
        """A photograph as high as the scene, on its left or right; its edge is repeated over the rest."""
        bust = self._photographs[rng.integers(len(self._photographs))]
        scale = min(height / bust.rgb.shape[0], 0.75 * width / bust.rgb.shape[1])
        size = (round(scale * bust.rgb.shape[1]), round(scale * bust.rgb.shape[0]))
        small = cv2.resize(bust.rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        left = int(rng.integers(2)) * (width - size[0])
        picture = cv2.copyMakeBorder(
            small, height - size[1], 0, left, width - size[0] - left, borderType=cv2.BORDER_REPLICATE
        )
        shift = np.array([left, height - size[1]] * 2)
        face = np.array(bust.face) * scale + shift
        return _add_grain(np.asarray(picture, np.uint8), rng), [
            (float(face[0]), float(face[1]), float(face[2]), float(face[3]))
        ]


def panoramas(assets: Path) -> Iterator[Rgb]:
    """Environments as pictures of 1024 x 512 pixels, exposed so that a fifth of each is white."""
    for light in np.load(assets / "environments" / "hdri_256x128.npz")["env"].astype(np.float32):
        exposed = np.clip(light / np.percentile(light, 80), 0, 1) ** (1 / 2.2) * 255
        yield np.asarray(cv2.resize(exposed.astype(np.uint8), (1024, 512), interpolation=cv2.INTER_CUBIC), np.uint8)


def stones(assets: Path, pattern: str = "") -> Iterator[Rgb]:
    """The stone textures whose names match a regular expression from their beginning: all, or ``COLOUR`` alone."""
    for path in sorted((assets / "stone_textures").glob("*.jpg")):
        if re.match(pattern, path.stem):
            yield read_rgb(path)


def photographs(assets: Path) -> Iterator[tuple[str, Photograph]]:
    """(file name, photograph) of the whole busts, in their list's order."""
    folder = assets / "photos"
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            x, y, width, height = (float(value) for value in row["face_bbox_xywh"].split(","))
            yield row["file"], Photograph(read_rgb(folder / row["file"]), (x, y, x + width, y + height))


def read_rgb(path: Path) -> Rgb:
    """(H, W, 3) uint8 of a picture file.

    Raises:
        StatueError: ``missing-file`` or ``not-an-image``.
    """
    picture = cv2.imread(str(path))
    if picture is None:
        raise StatueError("missing-file" if not path.exists() else "not-an-image", path=path)
    return np.ascontiguousarray(picture[..., ::-1])


def _part(source: Rgb, width: int, height: int, rng: np.random.Generator) -> Rgb:
    """A part of the source in the wanted aspect ratio, at least half of what fits, in the wanted size."""
    rows, columns = source.shape[:2]
    fit = min(columns / width, rows / height) * rng.uniform(0.5, 1.0)
    wide, high = max(2, int(fit * width)), max(2, int(fit * height))
    x, y = rng.integers(columns - wide + 1), rng.integers(rows - high + 1)
    how = cv2.INTER_AREA if fit > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(source[y : y + high, x : x + wide], (width, height), interpolation=how), np.uint8)


def _add_grain(picture: NDArray[np.uint8], rng: np.random.Generator) -> Rgb:
    tile = rng.normal(0, GRAIN, (256, 256, 1))
    rows, columns = picture.shape[:2]
    noise = np.tile(np.rint(tile).astype(np.int16), (-(-rows // 256), -(-columns // 256), 1))[:rows, :columns]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
