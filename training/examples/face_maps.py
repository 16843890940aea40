"""Faces with maps beside them, as the diverse completion of faces wants them: four folders, paired by name."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.examples.galleries import Galleries, LazyGallery, crop_square, open_file, read_square, resize_square
from training.examples.original_sets import SUFFIXES, split

#: Folders of landmark maps, face masks (both one channel, white on black) and face parts (before black).
MAPS = ("landmarks", "masks", "parts")
#: What maps are stored in: a JPEG's ringing makes landmarks of nothing.
LOSSLESS = ".png"
LAYOUT = (
    "FOLDER/images/NAME.jpg or .png, and FOLDER/landmarks/NAME.png, masks/NAME.png, parts/NAME.png of the same size"
)
#: Grey level above which a stored map says yes (the middle of the range, as published).
YES = 127
#: Share of a pixel that a landmark map and a mask must cover to be there at a smaller size. Chosen: the published discs
#: of three pixels survive being halved.
COVERED = (0.25, 0.5)
#: Side that makes ``open_file`` read all of a JPEG file, so that its size can be compared. Pixels.
WHOLE = 1 << 15


def open_face_maps(folder: Path, size: int) -> Galleries:
    """Pictures with ``Views.maps``.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``, also where a picture lacks a map, or one is no PNG.
    """
    if not folder.is_dir():
        raise StatueError("missing-file", path=folder)
    if not all((folder / name).is_dir() for name in ("images", *MAPS)):
        raise StatueError("bad-training-data", path=folder, reason=f"it is laid out as {LAYOUT}")
    images = sorted(path for path in (folder / "images").iterdir() if path.suffix.lower() in SUFFIXES)
    for name in MAPS:
        there = {path.stem for path in (folder / name).iterdir() if path.suffix.lower() == LOSSLESS}
        lacking = [path for path in images if path.stem not in there]
        if lacking:
            others = f", {len(lacking)} of them" if len(lacking) > 1 else ""
            reason = f"pictures have no map of their name{others}; the first is {lacking[0].stem}{LOSSLESS}"
            raise StatueError("bad-training-data", path=folder / name, reason=reason)
    train, held = split(images)
    if not train or not held:
        raise StatueError("bad-training-data", path=folder / "images", reason="it holds fewer than two pictures")
    return Galleries(_gallery(train, size), _gallery(held, size))


def _gallery(images: list[Path], size: int) -> LazyGallery:
    return LazyGallery(len(images), lambda number: _read_mapped(images[number], size))


def _read_mapped(image: Path, size: int) -> NDArray[np.uint8]:
    """(size, size, 8): picture, landmark map, face mask, face part."""
    folder = image.parent.parent
    landmarks, mask, part = (folder / name / f"{image.stem}{LOSSLESS}" for name in MAPS)
    with open_file(image, WHOLE) as whole:
        wanted = whole.size
        layers = [resize_square(crop_square(np.asarray(whole.convert("RGB"))), size)]
    for path, share in ((landmarks, COVERED[0]), (mask, COVERED[1])):
        with open_file(path, size) as stored:
            if stored.size != wanted:
                reason = f"it has {stored.width} x {stored.height} pixels, and its picture {wanted[0]} x {wanted[1]}"
                raise StatueError("bad-training-data", path=path, reason=reason)
            yes = np.where(np.asarray(stored.convert("L")) > YES, np.uint8(255), np.uint8(0))
        covered = resize_square(crop_square(yes), size)
        layers.append(np.where(covered >= 255 * share, np.uint8(255), np.uint8(0))[..., None])
    layers.append(read_square(part, size))
    return np.concatenate(layers, axis=2)
