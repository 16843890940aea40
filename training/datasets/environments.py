"""Pack environment maps: Radiance HDR panoramas of Poly Haven, made small.

    python -m training data environments HDR_DIR -o hdri_256x128.npz [--check PACKED]

Every ``.hdr`` file of the folder (any case, not its subfolders), sorted by name, becomes one row of

| array | shape, dtype | what |
| --- | --- | --- |
| ``names`` | (E,) str | file names without ``.hdr`` |
| ``env`` | (E, 128, 256, 3) float16 | linear RGB radiance as in the file; row 0 is up, columns run as in the file |

A pixel is the mean of the pixels it covers (4 x 4 of the 1024 x 512 that the name's ``_1k`` promises), in float32, then
rounded to float16. Nothing is scaled, turned or gamma-coded. Radiance beyond float16's largest number, 65504, is cut to
it; no map of the packed set reaches that (its brightest pixel is 26368).

How the packed set's rule shows in its numbers: of the dim channels in even surroundings, where float16 is finer than
the file's shared-exponent bytes, 99.9 % are whole sixteenths of such a byte's step and none is finer than a
thirty-second, so they are plain means of 16 pixels; some are exactly 0, so bytes were decoded without adding a half;
no map repeats its largest value, so none was clipped.

OpenCV decodes the files (its Radiance codec is part of every official build).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, reason_of
from training.datasets.packing import Arrays, add_converter_arguments, convert, relative_difference

#: Pixels: the packed maps' sides; chosen.
ROWS, COLUMNS = 128, 256
LARGEST = float(np.finfo(np.float16).max)
#: --check: |made - packed| / (packed + FLOOR). A float16 step is 2 ** -10 of the number; means taken in another order
#: can fall on the other side of a rounding border.
TOLERANCE, FLOOR = 1.1e-3, 1e-3
SIGNATURES = (b"#?RADIANCE", b"#?RGBE")


def tolerance(name: str) -> float:
    """The greatest difference that ``--check`` allows in an array."""
    return TOLERANCE if name == "env" else 0.0


def difference(made: NDArray, packed: NDArray) -> float:
    """Relative for the maps; for names 0 or 1."""
    if made.dtype.kind == "f":
        return relative_difference(FLOOR)(made, packed)
    return float((made != packed).any())


def read_hdr(path: Path) -> NDArray[np.float32]:
    """(H, W, 3) float32 linear RGB of a Radiance panorama, twice as wide as it is high.

    Raises:
        StatueError: ``missing-file``, ``unreadable-file``, or ``bad-training-data`` when it is no whole Radiance file,
            smaller than the packed maps, of another shape or not finite.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    if not data.startswith(SIGNATURES):
        raise StatueError("bad-training-data", path=path, reason="it is not a Radiance HDR file")
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        bgr = None
    if bgr is None or bgr.dtype != np.float32 or bgr.ndim != 3:
        raise StatueError("bad-training-data", path=path, reason="it cannot be decoded; it may be cut off")
    height, width = bgr.shape[:2]
    if width != 2 * height or height < ROWS:
        reason = f"it is {width} x {height} pixels; a panorama of {COLUMNS} x {ROWS} or more is needed"
        raise StatueError("bad-training-data", path=path, reason=reason)
    if not np.isfinite(bgr).all():
        raise StatueError("bad-training-data", path=path, reason="some radiance is not finite")
    return np.ascontiguousarray(bgr[..., ::-1])


def shrink_radiance(radiance: NDArray[np.float32]) -> NDArray[np.float16]:
    """(128, 256, 3) float16 area means of (H, W, 3)."""
    small = cv2.resize(radiance, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.clip(small, 0, LARGEST).astype(np.float16)


def pack(folder: Path) -> Arrays:
    """The arrays of the packed file.

    Raises:
        StatueError: ``missing-file`` without any ``.hdr`` file; those of ``read_hdr``.
    """
    paths = sorted((p for p in folder.glob("*") if p.suffix.lower() == ".hdr"), key=lambda p: p.stem)
    if not paths:
        raise StatueError("missing-file", path=folder / "*.hdr")
    maps = np.zeros((len(paths), ROWS, COLUMNS, 3), np.float16)
    for index, path in enumerate(paths):
        maps[index] = shrink_radiance(read_hdr(path))
    return {"names": np.array([path.stem for path in paths]), "env": maps}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_converter_arguments(parser, "HDR_DIR", "folder of .hdr files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert, write, compare.

    Raises:
        StatueError: as ``convert`` and ``pack`` do.
    """
    convert(options, lambda: pack(options.source), tolerance, difference)
