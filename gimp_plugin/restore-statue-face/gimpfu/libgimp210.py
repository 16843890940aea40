"""GIMP 2.10's C library through ctypes: constants, structures, signatures, and nothing else.

libgimp-2.0 talks to GIMP over two inherited pipes and links no toolkit, so it can be loaded into any Python; neither
gimpfu nor PyGTK, which went away with Python 2, is needed. Values are those of the headers of GIMP 2.10.34.
"""

import ctypes as C
import ctypes.util
import sys
from typing import Any, Dict, Tuple

# GimpPDBArgType
INT32, FLOAT, STRING, IMAGE, LAYER, DRAWABLE, STATUS = 0, 3, 4, 13, 14, 16, 21
# GimpPDBStatusType
EXECUTION_ERROR, CALLING_ERROR, PASS_THROUGH, SUCCESS, CANCEL = range(5)
PLUGIN = 1  # GimpPDBProcType
INTERACTIVE, NONINTERACTIVE, WITH_LAST_VALS = range(3)  # GimpRunMode
INDEXED = 2  # GimpImageBaseType
RGB_IMAGE, RGBA_IMAGE, GRAY_IMAGE, GRAYA_IMAGE = range(4)  # GimpImageType
U8_GAMMA, U16_GAMMA = 150, 250  # GimpPrecision
LAYER_MODE_NORMAL = 28  # 0 is the mode of GIMP 2.8; GimpLayerMode
ADD_MASK_BLACK = 1  #: GimpAddMaskType
PARASITE_PERSISTENT = 1  #: of a parasite's flags
STROKE_BEZIER = 0  #: GimpVectorsStrokeType
LINEAR = (100, 200, 300, 500, 600, 700)  # GimpPrecision with linear light
INTENT_RELATIVE, BLACK_POINT = 1, 0x2000  # GimpColorRenderingIntent, GimpColorTransformFlags


class Parasite(C.Structure):
    """``GimpParasite``: named bytes that stay with an item."""

    _fields_ = [("name", C.c_char_p), ("flags", C.c_uint32), ("size", C.c_uint32), ("data", C.c_void_p)]


class ParamData(C.Union):
    """``GimpParamData``: the value of one argument or result."""

    _fields_ = [
        ("d_int32", C.c_int32),
        ("d_float", C.c_double),
        ("d_string", C.c_char_p),
        ("d_pointer", C.c_void_p),
        ("d_color", C.c_double * 4),  # the largest member: it decides the union's size
        ("d_status", C.c_int),
    ]


class Param(C.Structure):
    """``GimpParam``: such a value and, as ``GimpPDBArgType``, which member holds it."""

    _fields_ = [("type", C.c_int), ("data", ParamData)]


class ParamDef(C.Structure):
    """``GimpParamDef``: what a procedure says of an argument when it is installed."""

    _fields_ = [("type", C.c_int), ("name", C.c_char_p), ("description", C.c_char_p)]


class Rectangle(C.Structure):
    """``GeglRectangle``, in pixels of a buffer."""

    _fields_ = [(name, C.c_int) for name in ("x", "y", "width", "height")]


VOID = C.CFUNCTYPE(None)
RUN = C.CFUNCTYPE(None, C.c_char_p, C.c_int, C.POINTER(Param), C.POINTER(C.c_int), C.POINTER(C.POINTER(Param)))


class PlugInInfo(C.Structure):
    """``GimpPlugInInfo``: the functions that ``gimp_main`` calls."""

    # a callback that is not there must be an empty VOID(); ctypes refuses None
    _fields_ = [("init_proc", VOID), ("quit_proc", VOID), ("query_proc", VOID), ("run_proc", RUN)]


def _load(stem, version):
    if sys.platform == "win32":
        names = ["lib%s-%s.dll" % (stem, version)]
    elif sys.platform == "darwin":
        name = "lib%s.%s.dylib" % (stem, version)
        names = ["@executable_path/../Resources/lib/" + name, name]
    else:
        names = ["lib%s.so.%s" % (stem, version)]
    for name in [*names, ctypes.util.find_library(stem)]:
        try:
            if name:
                return C.CDLL(name)
        except OSError:
            continue  # the next name may be the right one
    raise OSError("The library lib%s of GIMP 2.10 cannot be loaded." % stem)


gimp = _load("gimp-2.0", "0")
gimpcolor = _load("gimpcolor-2.0", "0")
gegl = _load("gegl-0.4", "0")
babl = _load("babl-0.1", "0")
gobject = _load("gobject-2.0", "0")
glib = _load("glib-2.0", "0")

_int, _i32, _u32, _text, _ptr, _dbl = C.c_int, C.c_int32, C.c_uint32, C.c_char_p, C.c_void_p, C.c_double
_ints, _dbls = C.POINTER(C.c_int), C.POINTER(C.c_double)

#: library -> {symbol: (result, arguments...)}. A pointer without its type would be cut to 32 bits.
_SIGNATURES: Dict[Any, Dict[str, Tuple]] = {
    gimp: {
        "gimp_main": (_int, C.POINTER(PlugInInfo), _int, C.POINTER(_text)),
        "gimp_install_procedure": (None, *[_text] * 8, _int, _int, _int, C.POINTER(ParamDef), C.POINTER(ParamDef)),
        "gimp_plugin_menu_register": (_int, _text, _text),
        # gimp_set_data() and gimp_get_data() are macros; these are the symbols
        "gimp_procedural_db_set_data": (_int, _text, _ptr, _u32),
        "gimp_procedural_db_get_data": (_int, _text, _ptr),
        "gimp_procedural_db_get_data_size": (_int, _text),
        "gimp_message": (_int, _text),
        "gimp_progress_init": (_int, _text),
        "gimp_progress_set_text": (_int, _text),
        "gimp_progress_update": (_int, _dbl),
        "gimp_displays_flush": (None,),
        "gimp_image_is_valid": (_int, _i32),
        "gimp_image_get_name": (_ptr, _i32),
        "gimp_image_base_type": (_int, _i32),
        "gimp_image_get_precision": (_int, _i32),
        "gimp_image_get_color_profile": (_ptr, _i32),
        "gimp_image_get_selection": (_i32, _i32),
        "gimp_image_get_floating_sel": (_i32, _i32),
        "gimp_image_get_active_layer": (_i32, _i32),
        "gimp_image_set_active_layer": (_int, _i32, _i32),
        "gimp_image_get_active_vectors": (_i32, _i32),
        "gimp_image_set_active_vectors": (_int, _i32, _i32),
        "gimp_image_undo_group_start": (_int, _i32),
        "gimp_image_undo_group_end": (_int, _i32),
        "gimp_image_insert_layer": (_int, _i32, _i32, _i32, _int),
        "gimp_image_remove_layer": (_int, _i32, _i32),
        "gimp_image_get_item_position": (_int, _i32, _i32),
        "gimp_image_insert_vectors": (_int, _i32, _i32, _i32, _int),
        "gimp_image_remove_vectors": (_int, _i32, _i32),
        "gimp_image_get_vectors": (C.POINTER(_int), _i32, _ints),
        "gimp_item_is_valid": (_int, _i32),
        "gimp_item_is_layer": (_int, _i32),
        "gimp_item_is_layer_mask": (_int, _i32),
        "gimp_item_is_channel": (_int, _i32),
        "gimp_item_is_group": (_int, _i32),
        "gimp_item_is_text_layer": (_int, _i32),
        "gimp_item_get_image": (_i32, _i32),
        "gimp_item_get_parent": (_i32, _i32),
        "gimp_item_get_children": (C.POINTER(_int), _i32, _ints),
        "gimp_item_get_name": (_ptr, _i32),
        "gimp_item_set_name": (_int, _i32, _text),
        "gimp_item_set_visible": (_int, _i32, _int),
        "gimp_item_delete": (_int, _i32),
        "gimp_item_attach_parasite": (_int, _i32, C.POINTER(Parasite)),
        "gimp_item_get_parasite": (C.POINTER(Parasite), _i32, _text),
        "gimp_item_get_parasite_list": (C.POINTER(_ptr), _i32, _ints),
        "gimp_parasite_free": (None, C.POINTER(Parasite)),
        "gimp_selection_is_empty": (_int, _i32),
        "gimp_drawable_width": (_int, _i32),
        "gimp_drawable_height": (_int, _i32),
        "gimp_drawable_offsets": (_int, _i32, _ints, _ints),
        "gimp_drawable_is_gray": (_int, _i32),
        "gimp_drawable_has_alpha": (_int, _i32),
        "gimp_drawable_get_buffer": (_ptr, _i32),
        "gimp_drawable_update": (_int, _i32, _int, _int, _int, _int),
        "gimp_layer_new": (_i32, _i32, _text, _int, _int, _int, _dbl, _int),
        "gimp_layer_group_new": (_i32, _i32),
        "gimp_layer_set_offsets": (_int, _i32, _int, _int),
        "gimp_layer_create_mask": (_i32, _i32, _int),
        "gimp_layer_add_mask": (_int, _i32, _i32),
        "gimp_layer_set_edit_mask": (_int, _i32, _int),
        "gimp_vectors_new": (_i32, _i32, _text),
        "gimp_vectors_get_strokes": (C.POINTER(_int), _i32, _ints),
        "gimp_vectors_stroke_get_points": (_int, _i32, _int, _ints, C.POINTER(_dbls), _ints),
        "gimp_vectors_stroke_new_from_points": (_int, _i32, _int, _int, _dbls, _int),
    },
    gimpcolor: {
        "gimp_color_profile_new_rgb_srgb": (_ptr,),
        "gimp_color_profile_new_d65_gray_srgb_trc": (_ptr,),
        "gimp_color_profile_new_srgb_trc_from_color_profile": (_ptr, _ptr),
        "gimp_color_profile_is_equal": (_int, _ptr, _ptr),
        "gimp_color_transform_new": (_ptr, _ptr, _ptr, _ptr, _ptr, _int, _int),
        "gimp_color_transform_process_pixels": (None, _ptr, _ptr, _ptr, _ptr, _ptr, C.c_size_t),
    },
    gegl: {
        "gegl_init": (None, _ptr, _ptr),
        "gegl_config": (_ptr,),
        "gegl_buffer_get": (None, _ptr, C.POINTER(Rectangle), _dbl, _ptr, _ptr, _int, _int),
        "gegl_buffer_set": (None, _ptr, C.POINTER(Rectangle), _int, _ptr, _ptr, _int),
        "gegl_buffer_flush": (None, _ptr),
    },
    babl: {"babl_format": (_ptr, _text)},
    gobject: {"g_object_unref": (None, _ptr), "g_object_set": (None, _ptr, _text, C.c_uint64, _ptr)},
    glib: {"g_free": (None, _ptr)},
}

for _library, _symbols in _SIGNATURES.items():
    for _symbol, (_result, *_arguments) in _symbols.items():
        _function = getattr(_library, _symbol)
        _function.restype, _function.argtypes = _result, _arguments
