"""The back end for GIMP 2.10, through ctypes on its C library. Tried with 2.10.34."""

import contextlib
import ctypes as C
import json
import os
import sys

from . import libgimp210 as lib
from .buffers210 import Pixels, conversion
from .declaration import (
    PF_FLOAT,
    PF_INT,
    PF_LAYER,
    PF_OPTION,
    PF_SLIDER,
    PF_SPINNER,
    PF_TOGGLE,
    CancelError,
    message,
    procedures,
)
from .host import MASK_FORMAT, Samples, Stroke, preserve

gimp = lib.gimp

_WIRE = {
    PF_TOGGLE: lib.INT32,
    PF_INT: lib.INT32,
    PF_SPINNER: lib.INT32,
    PF_OPTION: lib.INT32,
    PF_FLOAT: lib.FLOAT,
    PF_SLIDER: lib.FLOAT,
    PF_LAYER: lib.LAYER,
}  # every other kind is a string
#: channels -> type of layer. A layer needs no alpha for its mask, and is then read and written without conversion.
_TYPES = {1: lib.GRAY_IMAGE, 2: lib.GRAYA_IMAGE, 3: lib.RGB_IMAGE, 4: lib.RGBA_IMAGE}
_DEPTHS = {lib.U8_GAMMA: "uint8", lib.U16_GAMMA: "uint16"}


def _take_text(pointer):
    """The text behind a pointer that the caller owns."""
    text = C.cast(pointer, C.c_char_p).value or b""
    lib.glib.g_free(pointer)
    return text.decode("utf-8", "replace")


def _ids(listing, owner):
    """The ids that one of GIMP's listings gives."""
    count = C.c_int()
    pointer = listing(owner, C.byref(count))
    ids = [pointer[index] for index in range(count.value)]
    lib.glib.g_free(C.cast(pointer, C.c_void_p))
    return ids


class Gimp210Host:
    """The verbs of ``host.Host`` in GIMP 2.10; images and items are its integer ids."""

    def __init__(self):
        self.pixels = Pixels()

    def kind(self, image, drawable):
        for test, words in (
            (gimp.gimp_item_is_layer_mask, "a layer mask"),
            (gimp.gimp_item_is_channel, "a channel"),
            (gimp.gimp_item_is_group, "a layer group"),
            (gimp.gimp_item_is_text_layer, "a text layer"),
        ):
            if test(drawable):
                return words
        if not gimp.gimp_item_is_layer(drawable):
            return "this item"
        return "a floating selection" if gimp.gimp_image_get_floating_sel(image) != -1 else "layer"

    def image_name(self, image):
        return _take_text(gimp.gimp_image_get_name(image))

    def is_indexed(self, image):
        return gimp.gimp_image_base_type(image) == lib.INDEXED

    def frame(self, layer):
        x, y = C.c_int(), C.c_int()
        gimp.gimp_drawable_offsets(layer, C.byref(x), C.byref(y))
        return x.value, y.value, gimp.gimp_drawable_width(layer), gimp.gimp_drawable_height(layer)

    def samples(self, image, layer):
        channels = (1 if gimp.gimp_drawable_is_gray(layer) else 3) + (1 if gimp.gimp_drawable_has_alpha(layer) else 0)
        return Samples(channels, _DEPTHS.get(gimp.gimp_image_get_precision(image), "float32"))

    def read(self, layer, samples):
        frame = (0, 0, *self.frame(layer)[2:])
        with conversion(gimp.gimp_item_get_image(layer), samples, inward=True) as convert:
            return self.pixels.read(layer, frame, samples.babl, samples.pixel_bytes, convert)

    def read_selection(self, image, frame):
        if gimp.gimp_selection_is_empty(image):
            return None
        return self.pixels.read(gimp.gimp_image_get_selection(image), frame, MASK_FORMAT, 1)

    def exists(self, image, layer):
        return bool(gimp.gimp_image_is_valid(image) and gimp.gimp_item_is_valid(layer))

    def new_layer(self, image, name, samples, frame, pixels):
        x, y, width, height = frame
        kind = _TYPES[samples.channels]
        layer = gimp.gimp_layer_new(image, name.encode("utf-8"), width, height, kind, 100.0, lib.LAYER_MODE_NORMAL)
        gimp.gimp_layer_set_offsets(layer, x, y)
        # before the layer is inserted: written afterwards, 1 of 11 tries left the canvas stale
        with conversion(image, samples, inward=False) as convert:
            self.pixels.write(layer, width, height, samples.babl, samples.pixel_bytes, pixels, convert)
        return layer

    def discard(self, layer):
        gimp.gimp_item_delete(layer)

    def insert_group(self, image, above, name):
        group = gimp.gimp_layer_group_new(image)
        gimp.gimp_item_set_name(group, name.encode("utf-8"))
        position = gimp.gimp_image_get_item_position(image, above)
        gimp.gimp_image_insert_layer(image, group, gimp.gimp_item_get_parent(above), position)
        return group

    def insert_layer(self, image, group, layer, visible, mask):
        gimp.gimp_item_set_visible(layer, int(visible))
        gimp.gimp_image_insert_layer(image, layer, group, len(_ids(gimp.gimp_item_get_children, group)))
        plane = gimp.gimp_layer_create_mask(layer, lib.ADD_MASK_BLACK)
        _, _, width, height = self.frame(layer)
        gimp.gimp_layer_add_mask(layer, plane)
        self.pixels.write(plane, width, height, MASK_FORMAT, 1, mask)
        gimp.gimp_layer_set_edit_mask(layer, 0)  # adding made it the target of painting

    def attach(self, item, name, data):
        raw = C.create_string_buffer(data, len(data))
        parasite = lib.Parasite(name.encode(), lib.PARASITE_PERSISTENT, len(data), C.addressof(raw))
        gimp.gimp_item_attach_parasite(item, C.byref(parasite))

    def parasite_data(self, item, name):
        # Asking for one that is not there would be an error with a message to the user.
        count = C.c_int()
        names = gimp.gimp_item_get_parasite_list(item, C.byref(count))
        known = [_take_text(names[index]) for index in range(count.value)]
        lib.glib.g_free(C.cast(names, C.c_void_p))
        found = gimp.gimp_item_get_parasite(item, name.encode()) if name in known else None
        if not found:
            return None
        data = C.string_at(found[0].data, found[0].size)
        gimp.gimp_parasite_free(found)
        return data

    def insert_path(self, image, name, strokes):
        path = gimp.gimp_vectors_new(image, name.encode("utf-8"))
        gimp.gimp_image_insert_vectors(image, path, -1, 0)
        for points, closed in strokes:
            flat = [float(value) for point in points for value in tuple(point) * 3]  # control, anchor, control
            numbers = (C.c_double * len(flat))(*flat)
            gimp.gimp_vectors_stroke_new_from_points(path, lib.STROKE_BEZIER, len(flat), numbers, int(closed))
        gimp.gimp_item_set_visible(path, 1)
        return path

    def find_path(self, image, name):
        for path in _ids(gimp.gimp_image_get_vectors, image):
            if _take_text(gimp.gimp_item_get_name(path)).startswith(name):
                return path
        return None

    def read_path(self, image, path):
        return [self._stroke(path, stroke) for stroke in _ids(gimp.gimp_vectors_get_strokes, path)]

    def _stroke(self, path, stroke):
        length, flat, closed = C.c_int(), C.POINTER(C.c_double)(), C.c_int()
        gimp.gimp_vectors_stroke_get_points(path, stroke, C.byref(length), C.byref(flat), C.byref(closed))
        points = [(flat[index], flat[index + 1]) for index in range(2, length.value - 1, 6)]
        lib.glib.g_free(C.cast(flat, C.c_void_p))
        return Stroke(points, bool(closed.value))

    def remove(self, image, layer, path):
        if layer is not None:
            gimp.gimp_image_remove_layer(image, layer)
        if path is not None:
            gimp.gimp_image_remove_vectors(image, path)

    @contextlib.contextmanager
    def one_undo_step(self, image):
        gimp.gimp_image_undo_group_start(image)
        try:
            with contextlib.ExitStack() as stack:
                for what in ("vectors", "layer"):
                    stack.enter_context(self._keep_active(image, what))
                yield
        finally:
            gimp.gimp_image_undo_group_end(image)

    def _keep_active(self, image, what):
        get = getattr(gimp, "gimp_image_get_active_" + what)
        put = getattr(gimp, "gimp_image_set_active_" + what)
        return preserve(lambda: get(image), lambda item: item == -1 or put(image, item))

    def progress(self, text, fraction):
        gimp.gimp_progress_set_text(text.encode("utf-8"))
        gimp.gimp_progress_update(fraction)

    def tell(self, text):
        gimp.gimp_message(text.encode("utf-8"))


def make_host():
    """The host; needs no GIMP until it is used."""
    return Gimp210Host()


class _LastValues:
    """What the user chose last, kept by GIMP until it ends."""

    def __init__(self, declared):
        self.declared = declared
        self.key = b"gimpfu-" + declared.name.encode()

    def read(self):
        """The remembered values, or None."""
        size = gimp.gimp_procedural_db_get_data_size(self.key)
        if size <= 0:
            return None
        data = C.create_string_buffer(size)
        gimp.gimp_procedural_db_get_data(self.key, data)
        values = json.loads(data.raw.decode("utf-8"))
        return values if len(values) == len(self.declared.parameters) else None

    def write(self, values):
        raw = json.dumps(values).encode("utf-8")
        gimp.gimp_procedural_db_set_data(self.key, C.cast(C.c_char_p(raw), C.c_void_p), len(raw))


def _wire(item):
    return _WIRE.get(item.kind, lib.STRING)


def _call_values(declared, params, count):
    """The values of a call that carries all of them."""
    values = []
    for index, parameter in enumerate(declared.parameters, start=3):
        if index >= count:
            raise ValueError("%d values are given, %d are wanted" % (count - 3, len(declared.parameters)))
        data, wire = params[index].data, _wire(parameter)
        if wire == lib.STRING:
            values.append((data.d_string or b"").decode("utf-8"))
        else:
            values.append(data.d_float if wire == lib.FLOAT else data.d_int32)
    return values


def _choose_values(declared, mode, params, count):
    """The values to run with: a script's own, the last ones, or what the user answers in the dialog."""
    remembered = _LastValues(declared)
    if mode == lib.NONINTERACTIVE:
        return _call_values(declared, params, count)
    values = remembered.read()
    if values is None:  # a call from the menu carries no values, a script's interactive call does
        defaults = [parameter.default for parameter in declared.parameters]
        values = _call_values(declared, params, count) if count >= 3 + len(declared.parameters) else defaults
    if mode == lib.INTERACTIVE and declared.parameters:
        from . import dialog210

        values = dialog210.ask(declared, values)
        remembered.write(values)
    return values


def _query():
    for declared in procedures.values():
        rows = [(lib.INT32, b"run-mode", b"Run mode"), (lib.IMAGE, b"image", b"Image")]
        rows.append((lib.DRAWABLE, b"drawable", b"Layer"))
        rows += [(_wire(item), item.key.encode(), item.plain_label.encode("utf-8")) for item in declared.parameters]
        given = [(_wire(item), item.key.encode(), item.label.encode("utf-8")) for item in declared.results]
        arguments = (lib.ParamDef * len(rows))(*[lib.ParamDef(*row) for row in rows])
        results = (lib.ParamDef * max(1, len(given)))(*[lib.ParamDef(*row) for row in given])
        texts = [declared.blurb, declared.help, declared.author, declared.copyright, declared.date, declared.label]
        name = declared.name.encode()
        encoded = [text.encode("utf-8") for text in [*texts, declared.image_types]]
        gimp.gimp_install_procedure(name, *encoded, lib.PLUGIN, len(rows), len(given), arguments, results)
        if declared.menu:
            gimp.gimp_plugin_menu_register(name, declared.menu.encode())


class _Session:
    """The callbacks of a plug-in process, and the values it returns: libgimp sends them when run() has ended."""

    def __init__(self):
        self.strings = []
        self.returned = (lib.Param * 16)()
        self.info = lib.PlugInInfo(lib.VOID(), lib.VOID(), lib.VOID(_query), lib.RUN(self.run))

    def put(self, index, wire, value):
        slot = self.returned[index]
        slot.type = wire
        if wire == lib.STRING:
            self.strings.append(C.create_string_buffer(str(value).encode("utf-8")))
            slot.data.d_pointer = C.addressof(self.strings[-1])
        elif wire == lib.FLOAT:
            slot.data.d_float = value
        else:
            slot.data.d_int32 = value
        return index + 1

    def run(self, name, count, params, returned_count, returned):
        status, values = lib.SUCCESS, []
        try:
            declared = procedures[name.decode()]
            mode, image, drawable = (params[index].data.d_int32 for index in range(3))
            chosen = _choose_values(declared, mode, params, count)
            gimp.gimp_progress_init(declared.title.encode("utf-8"))
            answers = declared.call(image, [drawable], chosen)
            gimp.gimp_displays_flush()
            values = [(_wire(item), answers[i]) for i, item in enumerate(declared.results)]
        except CancelError:
            status = lib.CANCEL
        except BaseException as error:  # one that escaped a ctypes callback would leave GIMP with garbage
            status, values = lib.EXECUTION_ERROR, [(lib.STRING, message(error))]
        end = self.put(0, lib.STATUS, status)
        for wire, value in values:
            end = self.put(end, wire, value)
        returned_count[0] = end
        returned[0] = C.cast(self.returned, C.POINTER(lib.Param))


def serve(host):
    """Run as a plug-in until GIMP is done with it; ends the process."""
    session = _Session()
    words = [os.fsencode(word) for word in sys.argv] + [None]
    sys.exit(gimp.gimp_main(C.byref(session.info), len(sys.argv), (C.c_char_p * len(words))(*words)))
