"""The data sets that the published systems were trained on, in their releases' own layouts, where a user has them.

Nothing is fetched, and nothing unpacked: each opener takes a folder and the side of the pictures, and gives a source.
None of them brings landmarks along.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.examples.galleries import Galleries, StoredGallery, gallery_of, open_file, resize_square

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
#: Names as the sentences have them, for whoever has another layout.
LAYOUTS = {
    "celeba": "FOLDER/img_align_celeba/000001.jpg, 000002.jpg, ... (the aligned pictures, 178 x 218 pixels)",
    "celeba-hq": "FOLDER/00001.jpg, ..., or FOLDER/male and FOLDER/female, or these two in FOLDER/train and FOLDER/val",
    "wikiart": "FOLDER/PAINTING.jpg, ... (one artist's folder)",
    "cifar10": "FOLDER/data_batch_1.bin to data_batch_5.bin and test_batch.bin (the binary version)",
}
#: CelebA's partition: the last picture to train on, and the last to validate on; those behind are its test set.
CELEBA_TRAIN, CELEBA_VALID = 162_770, 182_637
#: Size of CelebA's aligned pictures, (width, height); the published crop is the 178 x 178 in the middle.
CELEBA_SIZE = (178, 218)
#: CelebA-HQ: of 30,000 pictures the last 2,000 are held out, and of fewer as large a share.
HQ_ALL, HQ_HELD = 30_000, 2_000
#: Of an artist's paintings one in so many is held out: about 1,000 to train on and 100 others, as published.
ARTIST_SHARE = 11
#: CIFAR-10: side and bytes of a record (label, red plane, green, blue), and the labels of cats and dogs (published).
CIFAR_SIDE, CIFAR_RECORD, CIFAR_KINDS = 32, 3073, (3, 5)


def open_celeba(folder: Path, size: int) -> Galleries:
    """CelebA (Liu et al. 2015): split by number; judged is on the validation pictures, the test set is not touched.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    inner = folder / "img_align_celeba"
    files = {int(path.stem): path for path in _pictures(inner if inner.is_dir() else folder) if path.stem.isdecimal()}
    train = [files[number] for number in sorted(files) if number <= CELEBA_TRAIN]
    held = [files[number] for number in sorted(files) if CELEBA_TRAIN < number <= CELEBA_VALID]
    if not train:
        _refuse("celeba", folder)
    if not held:
        reason = f"it holds none of the pictures {CELEBA_TRAIN + 1} to {CELEBA_VALID} that are judged on"
        raise StatueError("bad-training-data", path=folder, reason=reason)
    with open_file(train[0], max(CELEBA_SIZE)) as first:
        if first.size != CELEBA_SIZE:
            _refuse("celeba", folder)
    return Galleries(gallery_of(train, size), gallery_of(held, size))


def open_celeba_hq(folder: Path, size: int) -> Galleries:
    """CelebA-HQ (Karras et al. 2018): 28,000 to train on, 2,000 held out, by folders or else by names.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    valid = next((folder / name for name in ("val", "valid", "test") if (folder / name).is_dir()), None)
    if (folder / "train").is_dir() and valid is not None:
        train, held = _of_both(folder / "train"), _of_both(valid)
    else:
        train, held = [], []
        for files in _parts(folder):
            part = sorted(files, key=lambda path: (len(path.stem), path.stem))  # 9 before 10
            last = max(1, round(len(part) * HQ_HELD / HQ_ALL))
            train += part[:-last]
            held += part[-last:]
    if not train or not held:
        _refuse("celeba-hq", folder)
    return Galleries(gallery_of(train, size), gallery_of(held, size))


def open_wikiart(folder: Path, size: int) -> Galleries:
    """One artist's paintings out of WikiArt: the shorter side brought to ``size``, the square in the middle.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    train, held = split(_pictures(folder))
    if not held:
        _refuse("wikiart", folder)
    return Galleries(gallery_of(train, size), gallery_of(held, size))


def split(files: Sequence[Path], share: int = ARTIST_SHARE) -> tuple[list[Path], list[Path]]:
    """To train on and held out: by their order one in ``share``, the last of two or more at the least."""
    held = list(files[share - 1 :: share]) or list(files[1:][-1:])
    kept = set(held)
    return [path for path in files if path not in kept], held


def open_cifar10(folder: Path, size: int) -> Galleries:
    """Cats and dogs out of CIFAR-10 (Krizhevsky 2009), binary version; judged is on its test batch.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``; also for the version of Python pickles, which are
            programs and are not run.
    """
    inner = folder / "cifar-10-batches-bin"
    inner = inner if inner.is_dir() else folder
    _check_folder(inner)
    if not (inner / "data_batch_1.bin").is_file():
        for place in (inner, inner / "cifar-10-batches-py"):
            if (place / "data_batch_1").is_file():
                reason = "it is the version of Python pickles, which can run any program; get the binary version"
                raise StatueError("bad-training-data", path=place, reason=reason)
        _refuse("cifar10", folder)
    train = np.concatenate([_read_cifar(inner / f"data_batch_{number}.bin", size) for number in range(1, 6)])
    held = _read_cifar(inner / "test_batch.bin", size)
    if not len(train) or not len(held):
        raise StatueError("bad-training-data", path=inner, reason="it holds no cats and dogs")
    return Galleries(StoredGallery(train), StoredGallery(held))


def _read_cifar(path: Path, size: int) -> NDArray[np.uint8]:
    """(N, size, size, 3), the cats and dogs of one file."""
    try:
        raw = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    if not len(raw) or len(raw) % CIFAR_RECORD:
        reason = f"its length is no multiple of a record's {CIFAR_RECORD} bytes"
        raise StatueError("bad-training-data", path=path, reason=reason)
    records = raw.reshape(-1, CIFAR_RECORD)
    records = records[np.isin(records[:, 0], CIFAR_KINDS), 1:]
    pictures = records.reshape(-1, 3, CIFAR_SIDE, CIFAR_SIDE).transpose(0, 2, 3, 1)
    if size == CIFAR_SIDE:
        return np.ascontiguousarray(pictures)
    return np.array([resize_square(np.ascontiguousarray(one), size) for one in pictures], np.uint8)


# --- folders ---------------------------------------------------------------------------------------------------------


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise StatueError("missing-file", path=folder)


def _pictures(folder: Path) -> list[Path]:
    """Picture files of a folder itself, sorted by name."""
    _check_folder(folder)
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def _parts(folder: Path) -> list[list[Path]]:
    """A folder's own pictures, or those of its folders ``male`` and ``female``."""
    own = _pictures(folder)
    return [own] if own else [_pictures(folder / name) for name in ("male", "female") if (folder / name).is_dir()]


def _of_both(folder: Path) -> list[Path]:
    return [path for part in _parts(folder) for path in part]


def _refuse(name: str, folder: Path) -> NoReturn:
    raise StatueError("bad-training-data", path=folder, reason=f"{name} is laid out as {LAYOUTS[name]}")
