"""Light from all sides: environment maps, photographed (Poly Haven's) or made up, normalised and softened."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError

Maps = NDArray[np.float32]

FILE = Path("environments") / "hdri_256x128.npz"
#: Made-up maps: name -> (radiance above, at the horizon, below), soft boxes as (azimuth, height, half width, radiance).
#: Linear radiance; radians. Set by eye.
STUDIOS: dict[str, tuple[tuple[float, float, float], list[tuple[float, float, float, float]]]] = {
    "overcast": ((1.6, 0.9, 0.35), []),
    "gallery": ((1.1, 0.7, 0.5), [(0.5, 0.9, 0.25, 6.0), (-0.9, 0.9, 0.25, 5.0)]),
    "black studio": ((0.1, 0.08, 0.04), [(0.8, 0.5, 0.45, 5.0)]),
    "two windows": ((0.5, 0.45, 0.3), [(1.2, 0.3, 0.4, 5.0), (-1.6, 0.2, 0.3, 3.0)]),
    "grey room": ((0.8, 0.8, 0.6), [(0.0, 1.2, 0.5, 3.0)]),
}
#: Sides of the maps for mirrors and backgrounds, and for everything rough. Pixels, (rows, columns); chosen: the packed
#: maps' own, and an eighth of it.
SHARP, SOFT = (128, 256), (16, 32)
#: Radiance is cut at so many times the map's mean: the sun itself is the statue's key lamp. Set by eye.
BRIGHTEST = 12.0
#: Share of the mean colour's logarithm that white balance takes out. Set by eye.
WHITE_BALANCE = 0.75


@dataclass(frozen=True, eq=False)
class Environments:
    """E maps, equirectangular, linear RGB of mean luminance 1; row 0 is up, the middle column is +z, right of it +x.

    Attributes:
        sharp: (E, 128, 256, 3); soft: (E, 16, 32, 3), blurred over about 40 degrees.
        suns: (E,) azimuth of the brightest place, radians from +z to +x.
        names: E.
    """

    sharp: Maps
    soft: Maps
    suns: NDArray[np.float64]
    names: list[str]


def make_studio(name: str) -> Maps:
    """(128, 256, 3) one of ``STUDIOS``."""
    (above, level, below), boxes = STUDIOS[name]
    rows, columns = SHARP
    height = np.pi * (0.5 - (np.arange(rows) + 0.5) / rows)[:, None]
    azimuth = (2 * np.pi * ((np.arange(columns) + 0.5) / columns - 0.5))[None, :]
    upward = np.sin(height)
    radiance = level + np.where(upward > 0, (above - level), (level - below)) * upward * np.ones_like(azimuth)
    for box_azimuth, box_height, half, strength in boxes:
        across = (np.angle(np.exp(1j * (azimuth - box_azimuth))) * np.cos(height)) / half
        along = (height - box_height) / half
        radiance = radiance + strength / (1 + np.maximum(np.abs(across), np.abs(along)) ** 8)
    return np.repeat(radiance[..., None], 3, 2).astype(np.float32)


def prepare_maps(maps: Maps, names: list[str]) -> Environments:
    """Normalise, cut and soften (E, 128, 256, 3) maps."""
    rows = maps.shape[1]
    weight = np.cos(np.pi * (0.5 - (np.arange(rows) + 0.5) / rows))[None, :, None]
    weight = weight / weight.mean()

    def normalise(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values / (values.mean(-1, keepdims=True) * weight[..., None]).mean((1, 2, 3), keepdims=True)

    # Cameras take out most of a cast.
    cast = (maps.astype(np.float64) * weight[..., None]).mean((1, 2), keepdims=True)
    maps = maps / (cast / cast.mean(-1, keepdims=True)) ** WHITE_BALANCE
    sharp = normalise(np.minimum(normalise(np.maximum(maps.astype(np.float64), 0)), BRIGHTEST))
    soft = np.empty((len(maps), *SOFT, 3))
    for index, one in enumerate(sharp):
        # Wrapped round sideways, so that no seam shows behind the viewer.
        wide = cv2.GaussianBlur(np.concatenate([one] * 3, 1), (0, 0), one.shape[0] / 9)
        middle = wide[:, one.shape[1] : 2 * one.shape[1]]
        soft[index] = cv2.resize(middle, SOFT[::-1], interpolation=cv2.INTER_AREA)
    # The brightest place in the upper half, as seen through the soft map.
    strip = soft[:, : SOFT[0] // 2].mean(-1)
    column = strip.max(1).argmax(1)
    suns = 2 * np.pi * ((column + 0.5) / SOFT[1] - 0.5)
    return Environments(sharp.astype(np.float32), soft.astype(np.float32), suns, names)


def studio_environments() -> Environments:
    """The made-up maps alone."""
    return prepare_maps(np.stack([make_studio(name) for name in STUDIOS]), list(STUDIOS))


def read_environments(assets: Path) -> Environments:
    """The made-up maps, then the photographed ones of the assets folder.

    Raises:
        StatueError: ``missing-file``; ``bad-training-data``.
    """
    path = assets / FILE
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    try:
        with np.load(path, allow_pickle=False) as file:
            names, maps = file["names"].tolist(), file["env"].astype(np.float32)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
    if maps.ndim != 4 or maps.shape[1:] != (*SHARP, 3) or len(names) != len(maps) or not np.isfinite(maps).all():
        raise StatueError("bad-training-data", path=path, reason="it does not hold finite maps of 128 x 256 pixels")
    return prepare_maps(np.concatenate([np.stack([make_studio(n) for n in STUDIOS]), maps]), [*STUDIOS, *names])
