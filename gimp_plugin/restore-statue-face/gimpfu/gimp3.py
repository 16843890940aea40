"""The back end for GIMP 3.x, through its GObject bindings. Tried with 3.0.4 and 3.2.6.

GIMP 3 converts a named pixel format from and to the image's colour profile, so "R'G'B' u8" is sRGB whatever the image
holds, and comes back as the image's own colours.
"""

import contextlib
import os
import sys

# The first conversion between two formats would make babl fill tables of 350 MB to see whether they are faster.
os.environ.setdefault("BABL_LUT", "0")

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib, GObject

from .declaration import (
    PF_FLOAT,
    PF_INT,
    PF_LAYER,
    PF_OPTION,
    PF_RADIO,
    PF_SLIDER,
    PF_SPINNER,
    PF_TOGGLE,
    CancelError,
    message,
    procedures,
)
from .host import MASK_FORMAT, Samples, Stroke, preserve, strips

READ_WRITE = GObject.ParamFlags.READWRITE
#: Bytes of tiles that GEGL may keep in this process; its own limit is half of the machine's memory. Chosen.
TILE_CACHE = 32 << 20

_DEPTHS = {
    Gimp.Precision.U8_NON_LINEAR: "uint8",
    Gimp.Precision.U8_PERCEPTUAL: "uint8",
    Gimp.Precision.U16_NON_LINEAR: "uint16",
    Gimp.Precision.U16_PERCEPTUAL: "uint16",
}

#: channels -> type of layer. A layer needs no alpha for its mask, and is then read and written without conversion.
_TYPES = {
    1: Gimp.ImageType.GRAY_IMAGE,
    2: Gimp.ImageType.GRAYA_IMAGE,
    3: Gimp.ImageType.RGB_IMAGE,
    4: Gimp.ImageType.RGBA_IMAGE,
}


def _read(drawable, frame, format_name, pixel_bytes):
    x, y, width, height = frame
    plane = bytearray(width * height * pixel_bytes)
    buffer = drawable.get_buffer()
    for top, rows, piece in strips(width, height, pixel_bytes):
        area = Gegl.Rectangle.new(x, y + top, width, rows)
        plane[piece] = buffer.get(area, 1.0, format_name, Gegl.AbyssPolicy.NONE)
    return plane


def _write(drawable, width, height, format_name, pixel_bytes, plane):
    if len(plane) != width * height * pixel_bytes:
        raise ValueError("%d bytes for %d x %d pixels" % (len(plane), width, height))
    buffer, view = drawable.get_buffer(), memoryview(plane)
    for top, rows, piece in strips(width, height, pixel_bytes):
        buffer.set(Gegl.Rectangle.new(0, top, width, rows), format_name, bytes(view[piece]))
    buffer.flush()
    del buffer  # the last reference sends the tiles; update() must come after
    drawable.update(0, 0, width, height)


class Gimp3Host:
    """The verbs of ``host.Host`` in GIMP 3.x."""

    def kind(self, image, drawable):
        for test, words in (
            ("is_layer_mask", "a layer mask"),
            ("is_channel", "a channel"),
            ("is_group", "a layer group"),
            ("is_text_layer", "a text layer"),
            ("is_vector_layer", "a vector layer"),  # since GIMP 3.2
        ):
            if getattr(drawable, test, lambda: False)():
                return words
        if not drawable.is_layer():
            return "this item"
        return "a floating selection" if image.get_floating_sel() is not None else "layer"

    def image_name(self, image):
        return image.get_name()

    def is_indexed(self, image):
        return image.get_base_type() == Gimp.ImageBaseType.INDEXED

    def frame(self, layer):
        _, x, y = layer.get_offsets()
        return x, y, layer.get_width(), layer.get_height()

    def samples(self, image, layer):
        channels = (1 if layer.is_gray() else 3) + (1 if layer.has_alpha() else 0)
        return Samples(channels, _DEPTHS.get(image.get_precision(), "float32"))

    def read(self, layer, samples):
        area = (0, 0, layer.get_width(), layer.get_height())
        return _read(layer, area, samples.babl, samples.pixel_bytes)

    def read_selection(self, image, frame):
        if Gimp.Selection.is_empty(image):
            return None
        return _read(image.get_selection(), frame, MASK_FORMAT, 1)

    def exists(self, image, layer):
        return image.is_valid() and layer.is_valid()

    def new_layer(self, image, name, samples, frame, pixels):
        x, y, width, height = frame
        kind = _TYPES[samples.channels]
        layer = Gimp.Layer.new(image, name, width, height, kind, 100.0, Gimp.LayerMode.NORMAL)
        layer.set_offsets(x, y)
        _write(layer, width, height, samples.babl, samples.pixel_bytes, pixels)
        return layer

    def discard(self, layer):
        layer.delete()

    def insert_group(self, image, above, name):
        group = Gimp.GroupLayer.new(image, name)
        image.insert_layer(group, above.get_parent(), image.get_item_position(above))
        return group

    def insert_layer(self, image, group, layer, visible, mask):
        layer.set_visible(visible)
        image.insert_layer(layer, group, len(group.get_children()))
        plane = layer.create_mask(Gimp.AddMaskType.BLACK)
        layer.add_mask(plane)
        _write(plane, layer.get_width(), layer.get_height(), MASK_FORMAT, 1, mask)
        layer.set_edit_mask(False)

    def attach(self, item, name, data):
        item.attach_parasite(Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT, data))

    def parasite_data(self, item, name):
        parasite = item.get_parasite(name) if name in item.get_parasite_list() else None
        return None if parasite is None else bytes(parasite.get_data())

    def insert_path(self, image, name, strokes):
        path = Gimp.Path.new(image, name)
        image.insert_path(path, None, 0)
        for points, closed in strokes:
            flat = [float(value) for point in points for value in tuple(point) * 3]  # control, anchor, control
            path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, flat, closed)
        path.set_visible(True)
        return path

    def find_path(self, image, name):
        return next((path for path in image.get_paths() if path.get_name().startswith(name)), None)

    def read_path(self, image, path):
        strokes = []
        for stroke in path.get_strokes():
            _, flat, closed = path.stroke_get_points(stroke)
            strokes.append(Stroke([(flat[i], flat[i + 1]) for i in range(2, len(flat) - 1, 6)], closed))
        return strokes

    def remove(self, image, layer, path):
        if layer is not None:
            image.remove_layer(layer)
        if path is not None:
            image.remove_path(path)

    @contextlib.contextmanager
    def one_undo_step(self, image):
        image.undo_group_start()
        try:
            # GIMP 3.0 refuses an empty list of paths
            paths = preserve(image.get_selected_paths, lambda chosen: chosen and image.set_selected_paths(chosen))
            with paths, preserve(image.get_selected_layers, image.set_selected_layers):
                yield
        finally:
            image.undo_group_end()

    def progress(self, text, fraction):
        Gimp.progress_set_text(text)
        Gimp.progress_update(fraction)

    def tell(self, text):
        Gimp.message(text)


def make_host():
    """The host; needs no GIMP until it is used."""
    return Gimp3Host()


def serve(host):
    """Run as a plug-in until GIMP is done with it."""
    Gimp.main(_PlugIn.__gtype__, sys.argv)


class _PlugIn(Gimp.PlugIn):
    def do_query_procedures(self):
        return list(procedures)

    def do_set_i18n(self, name):
        return False

    def do_create_procedure(self, name):
        declared = procedures[name]
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run, None)
        procedure.set_image_types(declared.image_types)
        sensitive = Gimp.ProcedureSensitivityMask.DRAWABLE
        if declared.several:
            sensitive |= Gimp.ProcedureSensitivityMask.DRAWABLES
        procedure.set_sensitivity_mask(sensitive)
        procedure.set_documentation(declared.blurb, declared.help, name)
        procedure.set_attribution(declared.author, declared.copyright, declared.date)
        procedure.set_menu_label(declared.label)
        if declared.menu:
            procedure.add_menu_path(declared.menu)
        for parameter in declared.parameters:
            _add_argument(procedure, parameter)
        for result in declared.results:
            _add_result(procedure, result)
        return procedure


def _add_argument(procedure, parameter):
    key, label, tip, default = parameter.key, parameter.label, parameter.plain_label, parameter.default
    if parameter.kind == PF_TOGGLE:
        procedure.add_boolean_argument(key, label, tip, default, READ_WRITE)
    elif parameter.kind in (PF_INT, PF_SPINNER):
        lowest, highest, _ = parameter.limits
        procedure.add_int_argument(key, label, tip, int(lowest), int(highest), default, READ_WRITE)
    elif parameter.kind in (PF_FLOAT, PF_SLIDER):
        lowest, highest, _ = parameter.limits
        procedure.add_double_argument(key, label, tip, lowest, highest, default, READ_WRITE)
    elif parameter.kind in (PF_OPTION, PF_RADIO):
        choice = Gimp.Choice.new()
        for index, entry in enumerate(parameter.choices):
            choice.add(entry.nick, index, entry.label, "")
        first = next(entry.nick for entry in parameter.choices if entry.value == default)
        procedure.add_choice_argument(key, label, tip, choice, first, READ_WRITE)
    else:
        procedure.add_string_argument(key, label, tip, default, READ_WRITE)


def _add_result(procedure, result):
    if result.kind == PF_LAYER:
        procedure.add_layer_return_value(result.key, result.label, result.label, False, READ_WRITE)
    elif result.kind == PF_INT:
        procedure.add_int_return_value(result.key, result.label, result.label, -(2**31), 2**31 - 1, 0, READ_WRITE)
    elif result.kind == PF_FLOAT:
        procedure.add_double_return_value(result.key, result.label, result.label, -1e300, 1e300, 0.0, READ_WRITE)
    else:
        procedure.add_string_return_value(result.key, result.label, result.label, "", READ_WRITE)


def _ask(procedure, config, declared):
    """Show GIMP's own dialog for the parameters.

    Raises:
        CancelError: the user closed it.
        RuntimeError: there is no display to show it on.
    """
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk

    if not Gtk.init_check(None)[0]:  # GimpUi.init would end the process
        raise RuntimeError("There is no display for the dialog.")
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    GimpUi.init(declared.name)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, declared.title)
    for parameter in declared.parameters:
        if parameter.kind == PF_SLIDER:
            dialog.get_scale_entry(parameter.key, 1.0)
    dialog.fill([parameter.key for parameter in declared.parameters])
    accepted = dialog.run()
    dialog.destroy()
    if not accepted:
        raise CancelError()


def _values(config, declared):
    for parameter in declared.parameters:
        value = config.get_property(parameter.key)
        if parameter.kind in (PF_OPTION, PF_RADIO):
            value = next(choice.value for choice in parameter.choices if choice.nick == value)
        yield value


def _return_values(procedure, declared, answers):
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    types = {PF_LAYER: Gimp.Layer.__gtype__, PF_INT: GObject.TYPE_INT, PF_FLOAT: GObject.TYPE_DOUBLE}
    for index, (result, answer) in enumerate(zip(declared.results, answers), start=1):  # noqa: B905
        values.remove(index)
        values.insert(index, GObject.Value(types.get(result.kind, GObject.TYPE_STRING), answer))
    return values


def _run(procedure, run_mode, image, drawables, config, data):
    declared = procedures[procedure.get_name()]
    try:
        if run_mode == Gimp.RunMode.INTERACTIVE and declared.parameters:
            _ask(procedure, config, declared)
        Gegl.config().set_property("tile-cache-size", TILE_CACHE)
        Gimp.progress_init(declared.title)
        answers = declared.call(image, list(drawables), list(_values(config, declared)))
        Gimp.displays_flush()
        return _return_values(procedure, declared, answers)
    except CancelError:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except Exception as error:
        told = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), message(error), 0)
        return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, told)
