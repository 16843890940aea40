"""Pixels of GIMP 2.10's drawables, and their colours.

GIMP 2.10's buffers carry no colour space: a layer's samples are the image's own numbers. They are converted to sRGB
and back here, through the image's colour profile where it has one.
"""

import contextlib
import ctypes as C
import os

from . import libgimp210 as lib
from .host import strips

gimp = lib.gimp
#: Bytes of tiles that GEGL may keep in this process; its own limit is half of the machine's memory. Chosen.
TILE_CACHE = 32 << 20


def _convert(transform, pixel_format, source, target, count):
    """Colour-manage pixels. Not in place: GIMP 2.10.34 converts 100,000 pixels in place twice."""
    lib.gimpcolor.gimp_color_transform_process_pixels(transform, pixel_format, source, pixel_format, target, count)


class Pixels:
    """GEGL buffers of drawables, read and written in strips. GEGL is not initialised by libgimp 2.10."""

    def __init__(self):
        self.ready = False

    def buffer(self, drawable):
        """A drawable's buffer; who asks for it gives the reference back.

        Raises:
            RuntimeError: GIMP gives none.
        """
        if not self.ready:
            # Conversions that babl remembers would make it fill tables of 350 MB to see whether they are faster.
            os.environ["BABL_INHIBIT_CACHE"] = "1"
            lib.gegl.gegl_init(None, None)
            lib.gobject.g_object_set(lib.gegl.gegl_config(), b"tile-cache-size", TILE_CACHE, None)
            self.ready = True
        buffer = gimp.gimp_drawable_get_buffer(drawable)
        if not buffer:
            raise RuntimeError("GIMP gives no access to the pixels of item %d" % drawable)
        return buffer

    def read(self, drawable, frame, name, pixel_bytes, convert=None):
        """The pixels of a frame, row by row; what lies outside the drawable is 0.

        ``frame`` is (x, y, width, height) in the drawable's own pixels, ``name`` their format in babl, ``convert`` a
        colour transform that they go through, or None.
        """
        x, y, width, height = frame
        plane = bytearray(width * height * pixel_bytes)
        buffer, pixel_format = self.buffer(drawable), lib.babl.babl_format(name.encode())
        for top, rows, piece in strips(width, height, pixel_bytes):
            target = (C.c_char * (piece.stop - piece.start)).from_buffer(plane, piece.start)
            strip = (C.c_char * len(target))() if convert else target
            area = lib.Rectangle(x, y + top, width, rows)
            lib.gegl.gegl_buffer_get(buffer, C.byref(area), 1.0, pixel_format, strip, 0, 0)
            if convert:
                _convert(convert, pixel_format, strip, target, width * rows)
        lib.gobject.g_object_unref(buffer)
        return plane

    def write(self, drawable, width, height, name, pixel_bytes, plane, convert=None):
        """Fill a drawable of this size, and tell GIMP; ``name`` and ``convert`` as in ``read``.

        Raises:
            ValueError: the plane has another number of bytes than the drawable.
        """
        if len(plane) != width * height * pixel_bytes:  # GEGL would read past the end
            raise ValueError("%d bytes for %d x %d pixels" % (len(plane), width, height))
        buffer, pixel_format = self.buffer(drawable), lib.babl.babl_format(name.encode())
        view = memoryview(plane)
        for top, rows, piece in strips(width, height, pixel_bytes):
            source = (C.c_char * (piece.stop - piece.start)).from_buffer_copy(view[piece])
            strip = (C.c_char * len(source))() if convert else source
            if convert:
                _convert(convert, pixel_format, source, strip, width * rows)
            lib.gegl.gegl_buffer_set(buffer, C.byref(lib.Rectangle(0, top, width, rows)), 0, pixel_format, strip, 0)
        lib.gegl.gegl_buffer_flush(buffer)
        lib.gobject.g_object_unref(buffer)  # the last reference sends the tiles; update() must come after
        gimp.gimp_drawable_update(drawable, 0, 0, width, height)


@contextlib.contextmanager
def conversion(image, samples, inward):
    """The colour transform between the image's profile and sRGB; None where nothing is to be converted."""
    color, convert, owned = lib.gimpcolor, None, [gimp.gimp_image_get_color_profile(image)]
    if owned[0]:
        if gimp.gimp_image_get_precision(image) in lib.LINEAR:  # its R'G'B' is encoded with sRGB's curve
            owned.append(color.gimp_color_profile_new_srgb_trc_from_color_profile(owned[0]))
        gray = samples.channels < 3
        new = color.gimp_color_profile_new_d65_gray_srgb_trc if gray else color.gimp_color_profile_new_rgb_srgb
        owned.append(new())
        source, target = (owned[-2], owned[-1]) if inward else (owned[-1], owned[-2])
        if source and target and not color.gimp_color_profile_is_equal(source, target):
            form, how = lib.babl.babl_format(samples.babl.encode()), (lib.INTENT_RELATIVE, lib.BLACK_POINT)
            convert = color.gimp_color_transform_new(source, form, target, form, *how)
            owned.append(convert)
    try:
        yield convert
    finally:
        for thing in owned:
            if thing:
                lib.gobject.g_object_unref(thing)
