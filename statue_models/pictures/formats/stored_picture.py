"""A picture as its file holds it: the value that every reader gives and every encoder takes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.notes import Note

#: Called with (width, height) from the header, before anything is decoded; raises StatueError to refuse the file.
SizeCheck = Callable[[int, int], None]
#: Name of what some files say instead of a resolution, and what is not kept (``StoredPicture.unheld``).
PIXEL_ASPECT = "the aspect of the pixels"


@dataclass(frozen=True, eq=False)
class StoredPicture:
    r"""Samples and metadata of one picture file.

    Attributes:
        samples: (H, W, C) uint8, uint16 or float32 in the file's own colour space; C is 1 (grey), 2 (grey, alpha),
            3 (RGB) or 4 (RGBA). The picture is upright: a reader's caller applies the orientation tag and resets it.
            Read-only.
        format: what it was read from: "PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "HEIC", "AVIF" or "RAW".
        icc: the embedded ICC profile, or None (values are sRGB).
        exif: an EXIF block, starting with its TIFF header ("II*" or "MM*"), without "Exif\0\0"; or None.
        xmp: the XMP packet, or None.
        dpi: (horizontal, vertical) pixels per inch, or None.
        white: the sample value of white where the file says it, or None; of a ``Photograph`` also where the user does.
        premultiplied: colours are multiplied by alpha (TIFF's "associated alpha"), as GIMP exports them by default.
        unspecified_extra: the last channel's meaning is not stated (TIFF's ExtraSamples 0); it is taken for alpha.
        photoshop: Photoshop's image resources, IPTC's records among them, without thumbnails; or None.
        comment: a JPEG or GIF file's comment, or None.
        extended_xmp: JPEG only: bodies of the segments with the XMP that the packet had no room for.
        chunks: PNG only: (name, data) of the ancillary chunks, in the file's order.
        unheld: names of what the file holds that would not be true of, or cannot be kept in, any other file.
        notes: about what reading changed (a palette was expanded, the picture was turned).
        orientation: EXIF orientation of ``samples``, 1 once the picture is upright.
        turned: the EXIF orientation that was carried out on reading.
    """

    samples: NDArray[Any]
    format: str
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    white: float | None = None
    premultiplied: bool = False
    unspecified_extra: bool = False
    photoshop: bytes | None = None
    comment: bytes | None = None
    extended_xmp: tuple[bytes, ...] = ()
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    unheld: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    orientation: int = 1
    turned: int = 1

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.samples.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        """1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA)."""
        return int(self.samples.shape[2])

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is alpha."""
        return self.channels in (2, 4)


def missing_decoder(path: Path, kind: str, package: str, more: str = "") -> StatueError:
    """The error of a file that a package would read which is not here.

    Args:
        path: the file. kind: what it is. package: as pip names it. more: what else is to be said of the file.
    """
    return StatueError("missing-decoder", path=path, kind=kind, package=package, more=more, python=sys.executable)
