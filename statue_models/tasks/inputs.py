"""What the commands that look at a photograph read beside it: which part of it is missing."""

from pathlib import Path

from statue_models.pictures.formats.spooling import page_of
from statue_models.pictures.mask_file import ALPHA, Mask, mask_of_alpha, read_mask, understood
from statue_models.pictures.photograph import Photograph
from statue_models.restoring.masks import feather, grow
from statue_models.tasks.paths import path_of


def mask_file(mask: str | None) -> Path | None:
    """The file that ``--mask`` names; None where the mask is in the photograph, or is not given."""
    return None if mask in (None, ALPHA) else path_of(str(mask))


def files_read(*names: str | None) -> list[Path]:
    """The files that photographs and masks of these names are read from, which are never written over."""
    return [page_of(path_of(name))[0] for name in names if name not in (None, "", ALPHA)]


def read_asked_mask(
    photograph: Photograph, photo: Path, mask: str, invert: bool | None, grow_by: int, feather_by: int
) -> Mask:
    """The mask of ``--mask``, turned round, grown and feathered as it was asked for.

    Args:
        photograph: read. photo: its file, for the user.
        mask: a file's name, or ``alpha``.
        invert: ``read_mask``. grow_by, feather_by: pixels, 0 or more.

    Raises:
        StatueError: those of the mask's file.
    """
    file = mask_file(mask)
    found = mask_of_alpha(photograph, photo, invert) if file is None else read_mask(file, photograph, invert)
    levels = feather(grow(found.levels, grow_by), feather_by)
    return Mask(levels, (*found.notes, understood(levels)))
