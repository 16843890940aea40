"""What a page of a TIFF file says beside its samples, by tifffile's structure."""

from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from statue_models.metadata import exif, photoshop
from statue_models.pictures.formats.stored_picture import PIXEL_ASPECT
from statue_models.pixels.white import full_white

XMP, ICC, IPTC, PHOTOSHOP = 700, 34675, 33723, 34377  #: tags (TIFF's supplements)
#: Tags that would not be true of other samples, and others, as a user may know them.
_UNTRUE = {exif.LAYERS: "Photoshop's layers", exif.CREDENTIALS: "content credentials"}
_GEOTIFF = (33550, 33922, 34264, 34735, 34736, 34737)
#: Bits of NewSubfileType (TIFF 6.0).
_IS_SMALLER, _IS_MASK = 0b001, 0b100
_TAG_NAMES = {301: "transfer curve", 318: "white point", 319: "primaries"}


def bytes_of(file: tifffile.TiffFile, tag: tifffile.TiffTag) -> bytes:
    """The bytes of a tag's values, whatever type they are said to be of: IPTC's records are often called LONGs."""
    file.filehandle.seek(tag.valueoffset)
    return bytes(file.filehandle.read(tag.valuebytecount))


def resources_of(content: dict[int, bytes]) -> tuple[bytes | None, bool]:
    """(Photoshop's resources, with IPTC's records among them; whether there was a thumbnail)."""
    resources, thumbnail = photoshop.without_thumbnails(content.get(PHOTOSHOP, b""))
    if content.get(IPTC):
        resources = photoshop.with_iptc(resources or b"", content[IPTC])
    return resources, thumbnail


def unheld_of(file: tifffile.TiffFile, page: tifffile.TiffPage) -> list[str]:
    """What would not be true of another picture: layers of the old one, directories of a kind of its own, masks."""
    found = []
    kinds = [_kind_of(other) for other in file.pages if other.index != page.index]
    found += [name for tag, name in _UNTRUE.items() if tag in page.tags]
    found += [name_of_tag(tag) for tag in exif.OF_THE_SAMPLES if tag in page.tags]
    if any(kind & _IS_MASK for kind in kinds):
        found.append("the page with a transparency mask")
    densities = [page.tags[tag].value for tag in (282, 283, 296) if tag in page.tags]
    if len(densities) == 3 and int(densities[2]) == 1 and densities[0] != densities[1]:
        found.append(PIXEL_ASPECT)
    if any(kind & _IS_SMALLER for kind in kinds) or 330 in page.tags:
        found.append("smaller versions of the picture")
    return found


def name_of_tag(tag: int) -> str:
    """What a user may know a tag by."""
    if tag in _GEOTIFF:
        return "GeoTIFF"
    return _TAG_NAMES.get(tag) or f"TIFF tag {tag}" + (
        f" ({tifffile.TIFF.TAGS[tag]})" if tag in tifffile.TIFF.TAGS else ""
    )


def exif_of(path: Path, place: int) -> bytes | None:
    """An EXIF block of what the directory at ``place`` says."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return exif.block_of_tiff(content, place)


def _kind_of(page: Any) -> int:
    return int(page.keyframe.subfiletype)


def accompanies(page: Any) -> bool:
    """Whether a further page is a smaller version or a mask of the picture."""
    return bool(_kind_of(page) & (_IS_SMALLER | _IS_MASK))


def resolution_of(tags: dict[int, Any]) -> tuple[float, float] | None:
    """(across, down) pixels per inch of a page's tags, None where they are of no unit."""
    try:
        across, down = (tags[tag][0] / tags[tag][1] for tag in (282, 283))
        inches = {2: 1.0, 3: 2.54}[int(tags.get(296, 2))]
    except (KeyError, ZeroDivisionError, TypeError):
        return None
    return (across * inches, down * inches) if across > 0 and down > 0 else None


def said_white(tags: dict[int, Any], samples: NDArray[Any]) -> float | None:
    """SMaxSampleValue, else MaxSampleValue: the largest of the colours', or None."""
    colours = samples.shape[2] - (samples.shape[2] in (2, 4))
    for tag in (341, 281):
        said = np.atleast_1d(np.asarray(tags.get(tag, ()))).ravel()[:colours]
        if len(said) and said.dtype.kind in "uif" and np.isfinite(said).all() and said.max() > 0:
            return (
                float(said.max())
                if samples.dtype.kind == "f"
                else min(float(said.max()), float(full_white(samples.dtype)))
            )
    return None
