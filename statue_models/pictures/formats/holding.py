"""What of a picture each format can hold: the one place that fits metadata to a file, and says what is left out.

Metadata are also made true of the picture that is written: its size, its thumbnail, and what XMP promises beside it.
"""

import dataclasses
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.metadata import exif, photoshop, thumbnail, xmp
from statue_models.notes import Note
from statue_models.pictures import colour_profile
from statue_models.pictures.formats import png, png_chunks, png_colours
from statue_models.pictures.formats.stored_picture import StoredPicture
from statue_models.pictures.formats.tiff_metadata import name_of_tag
from statue_models.pixels.white import full_white

#: Bytes of a JPEG segment's body, after "Exif\0\0" and after XMP's name (T.81 B.1.1.4; Exif; XMP part 3).
_JPEG_EXIF, _JPEG_XMP, _JPEG_COMMENT = 65533 - 6, 65533 - 29, 65533
_RESOLUTION = 282  #: EXIF tag
#: Keyword of the PNG text that a JPEG or GIF file's comment becomes, and comes from (PNG specification 11.3.3.2).
_COMMENT = b"Comment"
#: Pixels of the shorter side of what a thumbnail is made from; chosen.
_SMALL = 640


def fit(picture: StoredPicture, name: str) -> tuple[StoredPicture, tuple[Note, ...]]:
    """A picture as the format ("PNG", "TIFF", "WEBP" or "JPEG") can hold it, and what is to be said of that.

    Samples are not touched; that the format can hold them has been checked (``writing``).
    """
    left_out = list(picture.unheld)
    notes: list[Note] = []
    fitted = _fit_colours(picture, name, left_out, notes)
    fitted = _fit_texts(fitted, name, left_out)
    fitted = _fit_exif(fitted, name, left_out, notes)
    fitted = _fit_xmp(fitted, name, left_out, notes)
    if fitted.photoshop and name == "WEBP":
        left_out += _resource_names(fitted.photoshop)
        fitted = dataclasses.replace(fitted, photoshop=None)
    if fitted.dpi and name == "WEBP" and not exif.has_tag(fitted.exif, _RESOLUTION):
        left_out.append("the resolution")
    if picture.unspecified_extra and name != "TIFF":
        notes.append(Note("extra-channel-as-alpha"))
    if name == "WEBP" and picture.channels < 3:
        notes.append(Note("grey-as-rgb"))
    if name == "JPEG":
        notes.append(Note("lossy-output"))
    if left_out:
        kept = {"JPEG": "JPEG", "WEBP": "WebP"}.get(name, name)
        notes.append(Note.of("metadata-left-out", format=kept, what=", ".join(dict.fromkeys(left_out))))
    return fitted, tuple(notes)


def _fit_colours(picture: StoredPicture, name: str, left_out: list[str], notes: list[Note]) -> StoredPicture:
    """Chunks that say how values look are PNG's own: elsewhere a profile says the same."""
    look = {chunk: body for chunk, body in picture.chunks if chunk in png.LOOK}
    if name == "PNG" or not look:
        return picture
    profile = None if picture.icc else png_colours.profile_of(look, picture.channels < 3)
    if profile is not None:
        notes.append(Note.of("colours-as-profile", chunks=" and ".join(png_colours.names(look))))
    left_out += [f"PNG chunk {chunk.decode()}" for chunk in (b"mDCV", b"cLLI") if chunk in look]
    if png_colours.says_more(look):
        left_out.append("PNG chunk cICP")
    return dataclasses.replace(picture, icc=picture.icc or profile)


def _fit_texts(picture: StoredPicture, name: str, left_out: list[str]) -> StoredPicture:
    """A comment is a JPEG file's, texts and other chunks are a PNG file's."""
    if name == "PNG":
        if not picture.comment or any(png_chunks.keyword(*chunk) == _COMMENT for chunk in picture.chunks):
            return picture
        chunks = (*picture.chunks, png_chunks.text_chunk(_COMMENT, picture.comment))
        return dataclasses.replace(picture, chunks=chunks, comment=None)
    comment = picture.comment
    texts = []
    for chunk, body in picture.chunks:
        if chunk in png.LOOK:
            continue
        keyword = png_chunks.keyword(chunk, body)
        said = png_chunks.text_of(chunk, body) if name == "JPEG" and keyword == _COMMENT and comment is None else None
        if said is not None and len(said) <= _JPEG_COMMENT:
            comment = said
        elif keyword is not None:
            texts.append(keyword.decode("latin-1"))
        else:
            left_out.append(f"PNG chunk {chunk.decode('latin-1')}")
    if texts:
        left_out.append(f"PNG texts ({', '.join(dict.fromkeys(texts))})")
    if comment and (name != "JPEG" or len(comment) > _JPEG_COMMENT):
        left_out.append("the comment")
        comment = None
    return dataclasses.replace(picture, comment=comment, chunks=())


def _fit_exif(picture: StoredPicture, name: str, left_out: list[str], notes: list[Note]) -> StoredPicture:
    block = picture.exif
    if block is None:
        return picture
    if picture.format == "TIFF" and name != "TIFF":
        block, others = exif.narrowed(block)
        left_out += [name_of_tag(tag) for tag in others]
    if block is not None and thumbnail.has_thumbnail(block):
        block, made = (block, False) if name == "TIFF" else thumbnail.with_thumbnail(block, _small_srgb(picture))
        notes.append(Note("thumbnail-remade") if made else Note("thumbnail-left-out"))
    if block is not None:
        block = exif.with_size(block, picture.width, picture.height)
    if block is not None and name == "JPEG" and len(block) > _JPEG_EXIF:
        left_out.append("EXIF (too long for JPEG)")
        block = None
    if block is not None and exif.has_preview(block):
        notes.append(Note("preview-stays"))
    return dataclasses.replace(picture, exif=block)


def _fit_xmp(picture: StoredPicture, name: str, left_out: list[str], notes: list[Note]) -> StoredPicture:
    extended = picture.extended_xmp if name == "JPEG" else ()
    if picture.extended_xmp and not extended:
        left_out.append("extended XMP")
    packet = picture.xmp
    if packet is not None:
        promises = xmp.promises_of(packet)
        if promises.thumbnail and not any(note.code == "thumbnail-left-out" for note in notes):
            notes.append(Note("thumbnail-left-out"))
        packet = xmp.without_promises(packet, keep_extended=bool(extended))
        packet = xmp.with_size(packet, picture.width, picture.height)
        if name == "JPEG" and len(packet) > _JPEG_XMP:
            left_out.append("XMP (too long for JPEG)")
            packet = None
    return dataclasses.replace(picture, xmp=packet, extended_xmp=extended)


def _resource_names(resources: bytes) -> list[str]:
    found = ["IPTC"] if photoshop.iptc_of(resources) is not None else []
    return [*found, "Photoshop's resources"] if photoshop.has_others(resources) else found


def _small_srgb(picture: StoredPicture) -> NDArray[np.uint8]:
    """(h, w, 1 or 3) sRGB of a picture of few pixels; what is transparent lies on white."""
    scale = max(1, min(picture.width, picture.height) // _SMALL)
    size = (max(1, picture.width // scale), max(1, picture.height // scale))
    small = cv2.resize(picture.samples, size, interpolation=cv2.INTER_AREA)
    levels = np.clip(_channels_last(small).astype(np.float64) / full_white(picture.samples.dtype), 0.0, 1.0)
    colours = levels[..., : picture.channels - picture.has_alpha]
    if picture.has_alpha:
        alpha = levels[..., -1:]
        colours = np.minimum(colours * (1.0 if picture.premultiplied else alpha) + 1.0 - alpha, 1.0)
    flat = colours.reshape(-1, colours.shape[2])
    try:
        transform = colour_profile.colour_transform(picture.icc, flat.shape[1])
    except colour_profile.OneWayProfileError:
        transform = None
    if transform is not None:
        flat = transform.to_srgb(flat)
    return np.asarray(np.floor(np.clip(flat, 0, 1) * 255 + 0.5).astype(np.uint8).reshape(colours.shape))


def _channels_last(samples: NDArray[Any]) -> NDArray[Any]:
    return samples if samples.ndim == 3 else samples[..., None]
