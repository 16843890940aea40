"""What the commands that look at a photograph read: the photograph, and which part of it is missing."""

from argparse import Namespace

from statue_models.pictures.mask_file import ALPHA, Mask, mask_of_alpha, read_mask
from statue_models.pictures.photograph import Photograph
from statue_models.restoring.masks import feather, grow


def read_asked_mask(options: Namespace, photograph: Photograph) -> Mask:
    """The mask of ``--mask``, turned round, grown and feathered as it was asked for.

    Raises:
        StatueError: those of the mask's file.
    """
    if options.mask == ALPHA:
        mask = mask_of_alpha(photograph, options.photo, options.invert)
    else:
        mask = read_mask(options.mask, photograph, options.invert)
    levels = feather(grow(mask.levels, options.grow), options.feather)
    mask = Mask(levels, mask.notes)
    return Mask(levels, (*mask.notes, mask.understood()))
