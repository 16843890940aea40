"""What callers give for a picture and a mask, as arrays of the kinds that are worked on, or a sentence that says more.

Taken are NumPy arrays, and whatever shows itself as one (a picture of Pillow): grey ones without an axis for it, double
precision, either byte order. Their values stay; which of them is white, where it is not their kind's own, is told here
for files, arrays and the runner's requests alike (``scale_in``).
"""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.fields import MAX_MEGAPIXELS, MIN_SIDE
from statue_models.notes import Note
from statue_models.pixels.bands import bands
from statue_models.pixels.white import Scale, full_white, range_of, scale_of

PICTURE = "(height, width) or (height, width, 1 to 4) of uint8, uint16 or float32, where 0 to 1 is black to white"
MASK = "(height, width) of bool, or of uint8, where 255 is missing"


def picture_of(value: Any) -> NDArray[Any]:
    """A picture as (H, W, C) uint8, uint16 or float32; the same array where it is one already.

    Raises:
        StatueError: "bad-request", "image-too-small", "image-too-large" or "bad-pixels".
    """
    image = _array_of(value, "picture", PICTURE)
    if image.ndim == 2:
        image = image[..., None]
    if image.dtype.kind == "f" and image.dtype.itemsize != np.dtype(np.float32).itemsize:
        image = image.astype(np.float32)
    if image.ndim != 3 or image.shape[2] not in (1, 2, 3, 4) or image.dtype not in (np.uint8, np.uint16, np.float32):
        _refuse("picture", PICTURE, f"{image.shape} {image.dtype}")
    height, width = image.shape[:2]
    check_size(width, height)
    if image.dtype == np.float32 and not all(np.isfinite(image[band]).all() for band in bands(height)):
        raise StatueError("bad-pixels")
    return image


def mask_of(value: Any, image: NDArray[Any]) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """A picture's mask as (H, W) uint8, and what was guessed; the same array where it is one already.

    A mask of yes and no becomes one of 255 and 0: bool, or whole numbers none of which is above 1, with a note, because
    1 might have been a shade. Everything else is taken exactly.

    Raises:
        StatueError: "bad-request" or "mask-size".
    """
    mask = _array_of(value, "mask", MASK)
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[..., 0]
    plain = mask.dtype == bool or (mask.dtype.kind in "ui" and mask.size > 0 and mask.max() == 1 and mask.min() >= 0)
    if mask.ndim != 2 or not (plain or mask.dtype == np.uint8):
        _refuse("mask", MASK, f"{mask.shape} {mask.dtype}")
    check_mask_size(mask.shape[::-1], image.shape[1::-1])
    if not plain:
        return mask, ()
    guessed = () if mask.dtype == bool else (Note.of("mask-two-values", value=1, white=int(np.iinfo(mask.dtype).max)),)
    return np.where(mask, np.uint8(255), np.uint8(0)), guessed


def scale_in(image: NDArray[Any], mask: NDArray[np.uint8] | None, said: float | None) -> Scale:
    """The scale of a picture: its white as somebody has said it, else as its values show it.

    Args:
        image: as ``picture_of`` gives it.
        mask: as ``mask_of`` does, or None.
        said: sample value of white, or None.

    Raises:
        StatueError: "bad-values" where the values are no picture's; "usage" for a white that no sample can have.
    """
    if said is not None and image.dtype.kind != "f" and said > full_white(image.dtype):
        reason = f"The white is {said:g}, and no sample of the picture can be above {full_white(image.dtype):g}"
        raise StatueError("usage", reason=reason)
    scale = scale_of(image, mask, said)
    if scale is None:
        low, high = range_of(image)
        raise StatueError("bad-values", low=f"{low:.6g}", high=f"{high:.6g}")
    return scale


def _array_of(value: Any, what: str, wanted: str) -> NDArray[Any]:
    """An array in this machine's byte order.

    Raises:
        StatueError: "bad-request" for what is none and does not show itself as one.
    """
    if not isinstance(value, np.ndarray):
        if not hasattr(value, "__array_interface__"):
            _refuse(what, wanted, f"a {type(value).__name__}")
        value = np.asarray(value)
    if not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    return np.asarray(value)


def _refuse(what: str, wanted: str, given: str) -> NoReturn:
    raise StatueError("bad-request", reason=f"the {what} is {given}; wanted is an array {wanted}")


def check_size(width: int, height: int) -> None:
    """Whether a picture of so many pixels can be worked on.

    Raises:
        StatueError: "image-too-small" or "image-too-large".
    """
    if min(width, height) < MIN_SIDE:
        raise StatueError("image-too-small", width=width, height=height)
    check_megapixels(width, height)


def check_megapixels(width: int, height: int) -> None:
    """Whether a picture of so many pixels can be held, which even one that is too small to restore can.

    Raises:
        StatueError: "image-too-large".
    """
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise StatueError("image-too-large", megapixels=round(width * height / 1e6), limit=MAX_MEGAPIXELS)


def check_mask_size(mask: tuple[int, ...], picture: tuple[int, ...]) -> None:
    """Whether a mask is as large as its picture, both (width, height).

    Raises:
        StatueError: "mask-size".
    """
    if mask != picture:
        raise StatueError("mask-size", mask_width=mask[0], mask_height=mask[1], width=picture[0], height=picture[1])
