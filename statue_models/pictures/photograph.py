"""A photograph as a file: its own samples, depth, alpha, colour profile and metadata, and how they come back.

Facts that are decided here:

- Samples are upright. A file's orientation tag is carried out on reading (no sample changes, only its place) and the
  tag is set to 1, so that a mask painted on the picture as seen fits, and faces are never searched lying down.
- Values go to sRGB encoding through the file's profile and come back through it; without one they are sRGB already.
- They stay on the file's own scale (12 bits in 16, floats of 0..255), whose white a profile has to know.
- Outside the mask the written samples are those that were read (JPEG files excepted: writing them loses a little
  everywhere).
"""

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.arrays import scale_in
from statue_models.errors import StatueError
from statue_models.notes import Note
from statue_models.pictures import colour_profile
from statue_models.pictures.colour_profile import ColourTransform, OneWayProfileError
from statue_models.pictures.formats import png_colours, writing
from statue_models.pictures.formats.reading import read_picture
from statue_models.pictures.formats.stored_picture import StoredPicture
from statue_models.pixels.bands import bands
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.white import Scale, full_white, highest_seen, is_whole, scale_of

_BAND = 1 << 18  # pixels converted at a time; chosen, for memory


@dataclasses.dataclass(frozen=True, eq=False)
class Photograph(StoredPicture):
    """A picture file's content; the attributes are those of ``StoredPicture``."""

    @classmethod
    def read(cls, path: Path, white: float | None = None) -> "Photograph":
        """The photograph of a picture file (docs/files.md): grey or RGB, with or without alpha.

        Args:
            path: of the file.
            white: the sample value of white where the user says it; None = as the file or its values have it.

        Integers of 8 and 16 bits and 32-bit floats stay what they are; palettes and fewer bits are expanded to 8 bits
        (``notes`` says so). Files with more than ``MAX_MEGAPIXELS`` are refused by their header, before decoding.

        Raises:
            StatueError: missing-file, unreadable-file, not-an-image, truncated-image, unsupported-image (CMYK, Lab,
                other depths, a one-way colour profile), missing-decoder, image-too-large, bad-pixels.
        """
        path = Path(path)
        stored = read_picture(path)
        fields = {field.name: getattr(stored, field.name) for field in dataclasses.fields(stored)}
        photograph = cls(**fields)
        try:
            photograph._transform()
        except OneWayProfileError as error:
            what = "a colour profile that cannot be converted back to"
            raise StatueError("unsupported-image", path=path, what=what) from error
        photograph = photograph._with_white(white)
        if stored.icc and not colour_profile.is_understood(stored.icc, photograph._colours):
            photograph = dataclasses.replace(photograph, notes=(*photograph.notes, Note("profile-ignored")))
        return photograph

    def _with_white(self, said: float | None) -> "Photograph":
        """The photograph with white as the user says it, as the file does, or, where a profile needs it, as found.

        What a file says is believed of a scale of its own on which nothing is brighter: some writers store what is
        brightest, of pictures that are merely dark as well.
        """
        if said is not None:
            scale_in(self.samples, None, said)
            return dataclasses.replace(self, white=said)
        full, found = full_white(self.samples.dtype), scale_of(self.samples)
        if found is not None and found.white == full:
            return dataclasses.replace(self, white=None)
        if self.white is not None and highest_seen(self.samples) <= self.white:
            white, note = self.white, Note.of("file-white", white=self.white, full=full)
        elif found is not None and self._transform() is not None and is_whole(found.white):
            white, note = found.white, Note.of("own-white", white=found.white, full=full)
        else:
            return dataclasses.replace(self, white=None)
        return dataclasses.replace(self, white=white, notes=(*self.notes, note))

    @cached_property
    def _scale(self) -> Scale:
        """Of the file's samples; its kind's own where neither a profile nor the file has to say."""
        full = full_white(self.samples.dtype)
        if self.white is None:
            return Scale(full, full)
        found = scale_of(self.samples, white=self.white)
        assert found is not None
        return found._replace(linear=False)  # a profile says how samples are encoded

    @property
    def _colours(self) -> int:
        return self.channels - self.has_alpha

    def _transform(self) -> ColourTransform | None:
        icc = self.icc or png_colours.profile_of(dict(self.chunks), self._colours == 1)
        return colour_profile.colour_transform(icc, self._colours)

    def to_srgb(self) -> NDArray[Any]:
        """(H, W, C) sRGB-encoded samples of the same dtype, alpha not premultiplied. Read-only.

        Where the file's values are sRGB, these are the photograph's own samples, not a copy. Through a profile, colours
        outside sRGB (and floats beyond white) are clipped; matrix and curve profiles are exact to half a step of
        8-bit and 2 steps of 16-bit samples, table profiles to 8 bits.
        """
        transform = self._transform()
        if transform is None and not self.premultiplied:
            return self.samples
        out = np.empty_like(self.samples)
        rows = max(1, _BAND // self.width)
        for top in range(0, self.height, rows):
            band = self.samples[top : top + rows].reshape(-1, self.channels)
            out[top : top + rows] = self._srgb_of(band, transform).reshape(-1, self.width, self.channels)
        out.flags.writeable = False
        return out

    def _srgb_of(self, samples: NDArray[Any], transform: ColourTransform | None) -> NDArray[Any]:
        """(N, C) samples of the file as sRGB-encoded samples of the same dtype, not premultiplied."""
        colours = samples[:, : self._colours]
        if self.premultiplied:
            colours = _unmultiply_alpha(samples, self._scale)
        if transform is not None:
            white, full = self._scale.white, full_white(samples.dtype)
            if colours.dtype.kind == "f" or white != full:
                colours = np.clip(colours.astype(np.float64) / white, 0.0, 1.0)
            colours = _quantise(transform.to_srgb(colours), samples.dtype, white)
        return np.concatenate([colours, samples[:, self._colours :]], axis=1)

    def with_restored(self, rectangle: Rectangle, srgb_pixels: NDArray[Any], mask: NDArray[np.uint8]) -> "Photograph":
        """A copy with the changed rectangle of a variant put back; where the mask is 0 no sample changes.

        Args:
            rectangle: of the photograph.
            srgb_pixels: (h, w, C) sRGB-encoded samples, dtype and channels of ``samples``, alpha not premultiplied:
                ``Variant.pixels`` of a request made from ``to_srgb()``.
            mask: uint8, over the rectangle (h, w) or over the whole photograph (H, W).

        Raises:
            ValueError: when shapes or dtypes do not agree.
        """
        if mask.shape == (self.height, self.width):
            mask = mask[rectangle.slices]
        if srgb_pixels.shape != (*rectangle.shape, self.channels) or srgb_pixels.dtype != self.samples.dtype:
            raise ValueError(
                f"pixels {srgb_pixels.shape} {srgb_pixels.dtype} do not fit {rectangle} of {self.samples.shape}"
            )
        if mask.shape != rectangle.shape:
            raise ValueError(f"mask {mask.shape} does not cover {rectangle}")
        samples = self.samples.copy()
        region = samples[rectangle.slices]
        if region.shape[:2] != rectangle.shape:
            raise ValueError(f"the rectangle {rectangle} leaves the photograph {self.samples.shape}")
        transform = self._transform()
        for band in bands(rectangle.height, max(1, _BAND // max(rectangle.width, 1))):
            hole = mask[band] > 0
            if hole.any():
                region[band][hole] = self._own_of(
                    region[band][hole], srgb_pixels[band][hole], mask[band][hole], transform
                )
        samples.flags.writeable = False
        return dataclasses.replace(self, samples=samples)

    def _own_of(
        self, before: NDArray[Any], after: NDArray[Any], mask: NDArray[np.uint8], transform: ColourTransform | None
    ) -> NDArray[Any]:
        """(N, C) samples in the file's space: ``after`` (sRGB) where ``before`` (the file's) was."""
        if transform is None and not self.premultiplied:
            return after
        top, opaque = self._scale[:2]
        colours = after[:, : self._colours].astype(np.float64) / top
        if transform is not None:
            colours = transform.from_srgb(np.clip(colours, 0.0, 1.0))
            # What sRGB could not express of the original returns by as much as the original shows through a soft
            # edge; otherwise saturated colours would step there.
            straight = _unmultiply_alpha(before, self._scale) if self.premultiplied else before[:, : self._colours]
            seen = self._srgb_of(before, transform)[:, : self._colours].astype(np.float64) / top
            lost = straight.astype(np.float64) / top - transform.from_srgb(np.clip(seen, 0.0, 1.0))
            colours = colours + lost * (1.0 - mask / 255.0)[:, None]
            if before.dtype.kind != "f":
                colours = np.clip(colours, 0.0, 1.0)
        if self.premultiplied:
            colours = colours * (after[:, -1:].astype(np.float64) / opaque)
        return np.concatenate([_quantise(colours, before.dtype, top), after[:, self._colours :]], axis=1)

    def notes_of_writing(self, path: Path) -> tuple[Note, ...]:
        """What is to be said of a file of that name with this photograph: what it leaves out or converts."""
        return writing.notes_of_writing(self, Path(path))

    def write(self, path: Path, force: bool = False) -> tuple[Note, ...]:
        """Write PNG, TIFF, WebP (lossless) or JPEG (quality 95, 4:4:4, lossy), as the name's ending says.

        Depth, alpha, ICC profile and metadata are kept as far as the format can hold them (docs/files.md), made true
        of the picture (its size, its thumbnail), and what is not is said in the notes. The file appears whole or not
        at all; an existing one is replaced only with ``force``.

        Returns:
            Those of ``notes_of_writing``.

        Raises:
            StatueError: output-format, output-unwritable, output-exists, disk-full.
        """
        return writing.write_picture(self, Path(path), force)


def check_output(path: Path, force: bool, photograph: Photograph | None = None) -> None:
    """Refuse, before work starts, an output file that could not be written; with a photograph, its format too.

    Raises:
        StatueError: output-format, output-unwritable, output-exists.
    """
    writing.check_output(Path(path), force, photograph)


def _unmultiply_alpha(samples: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """(N, colours) of (N, colours + alpha) samples with premultiplied alpha, same dtype; 0 under alpha 0."""
    alpha = samples[:, -1:].astype(np.float64)
    colours = samples[:, :-1] * np.divide(scale.opaque, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    if samples.dtype.kind == "f":
        return colours.astype(samples.dtype)
    return np.asarray(np.floor(np.clip(colours, 0, scale.white) + 0.5).astype(samples.dtype))


def _quantise(values: NDArray[Any], dtype: np.dtype[Any], white: float) -> NDArray[Any]:
    """Floats, 0..1 for black..white, as samples: integers rounded to the nearest, halves up."""
    if dtype.kind == "f":
        return (values * white).astype(dtype)
    return np.asarray(np.floor(np.clip(values, 0.0, 1.0) * white + 0.5).astype(dtype))
