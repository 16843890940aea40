"""What the commands that look at a photograph read: the photograph, and which part of it is missing."""

from argparse import Namespace
from pathlib import Path

from statue_models.cli.paths import path_of
from statue_models.pictures.formats.spooling import page_of
from statue_models.pictures.mask_file import ALPHA, Mask, mask_of_alpha, read_mask, understood
from statue_models.pictures.photograph import Photograph
from statue_models.restoring.masks import feather, grow


def files_read(options: Namespace) -> list[Path | None]:
    """The files that a command reads and must never write over."""
    mask = None if options.mask in (None, ALPHA) else path_of(options.mask)
    read = (None if path is None else page_of(path)[0] for path in (options.photo, mask))
    return [*read, getattr(options, "landmarks", None)]


def read_asked_mask(options: Namespace, photograph: Photograph) -> Mask:
    """The mask of ``--mask``, turned round, grown and feathered as it was asked for.

    Raises:
        StatueError: those of the mask's file.
    """
    if options.mask == ALPHA:
        mask = mask_of_alpha(photograph, options.photo, options.invert)
    else:
        mask = read_mask(path_of(options.mask), photograph, options.invert)
    levels = feather(grow(mask.levels, options.grow), options.feather)
    return Mask(levels, (*mask.notes, understood(levels)))
