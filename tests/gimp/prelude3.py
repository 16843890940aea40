"""What the tests do in GIMP 3: run inside python-fu-eval, where Gimp, Gio and Gegl are imported already."""
# ruff: noqa: F821, PTH123
# mypy: ignore-errors


def _image(image):
    return Gimp.Image.get_by_id(image)


def _item(item):
    return Gimp.Item.get_by_id(item)


def load_picture(path, window):
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    image.clean_all()
    if window:
        Gimp.Display.new(image)
    return image.get_id()


def first_layer(image):
    return _image(image).get_layers()[0].get_id()


def convert(image, how):
    image = _image(image)
    if how == "gray":
        image.convert_grayscale()
    elif how == "indexed":
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 64, False, False, "")
    elif how == "u16":
        image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    elif how == "float":
        image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    elif how == "alpha":
        image.get_layers()[0].add_alpha()
    return 1


def select(image, x, y, width, height, feather):
    """A hard rectangle, or with a feather (pixels) a soft ellipse."""
    image = _image(image)
    Gimp.context_set_feather(feather > 0)
    Gimp.context_set_feather_radius(feather, feather)
    choose = image.select_ellipse if feather else image.select_rectangle
    choose(Gimp.ChannelOps.REPLACE, x, y, width, height)
    return 1


def export_selection(image, path):
    """The selection as a grey picture; GIMP 2.10 writes it gamma-encoded, which leaves 0 and 255 what they are."""
    image = _image(image)
    width, height = image.get_width(), image.get_height()
    plane = (
        image.get_selection()
        .get_buffer()
        .get(Gegl.Rectangle.new(0, 0, width, height), 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    )
    with open(path, "wb") as file:
        file.write(b"P5 %d %d 255\n" % (width, height) + bytes(plane))
    return 1


def select_none(image):
    Gimp.Selection.none(_image(image))
    return 1


def restore(image, layers, values):
    procedure = Gimp.get_pdb().lookup_procedure("python-fu-restore-statue-face")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", _image(image))
    config.set_core_object_array("drawables", [_item(layer) for layer in layers])
    for name, value in zip(("variants", "seed", "model", "draw-landmarks", "use-path"), values):  # noqa: B905
        config.set_property(name, value)
    result = procedure.run(config)
    if result.index(0) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(result.index(1))
    return result.index(1).get_id()


def restore_again(image, layer):
    procedure = Gimp.get_pdb().lookup_procedure("python-fu-restore-statue-face")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.WITH_LAST_VALS)
    config.set_property("image", _image(image))
    config.set_core_object_array("drawables", [_item(layer)])
    result = procedure.run(config)
    if result.index(0) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(result.index(1))
    return result.index(1).get_id()


def layers(image):
    return [layer.get_id() for layer in _image(image).get_layers()]


def children(group):
    return [layer.get_id() for layer in _item(group).get_children()]


def name(item):
    return _item(item).get_name()


def frame(item):
    item = _item(item)
    return [*tuple(item.get_offsets())[1:], item.get_width(), item.get_height()]


def visible(item):
    return int(_item(item).get_visible())


def add_mask(layer):
    layer = _item(layer)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.WHITE))
    return layer.get_mask().get_id()


def set_visible(item, yes):
    _item(item).set_visible(bool(yes))
    return 1


def mask(layer):
    found = _item(layer).get_mask()
    return found.get_id() if found else -1


def record(group):
    return bytes(_item(group).get_parasite("restore-statue-face-record").get_data()).decode()


def paths(image):
    return [path.get_name() for path in _image(image).get_paths()]


def path_anchors(image, index):
    path = _image(image).get_paths()[index]
    return [len(path.stroke_get_points(stroke)[1]) // 6 for stroke in path.get_strokes()]


def path_moved(image, index, dx, dy):
    path = _image(image).get_paths()[index]
    for stroke in path.get_strokes():
        path.stroke_translate(stroke, dx, dy)
    return 1


def path_first_anchor(image, index):
    path = _image(image).get_paths()[index]
    return list(path.stroke_get_points(path.get_strokes()[0])[1][2:4])


def active(image):
    return [layer.get_id() for layer in _image(image).get_selected_layers()]


def selection(image):
    return _image(image).get_selection().get_id()


def bounds(image):
    return [int(value) for value in tuple(Gimp.Selection.bounds(_image(image)))[1:]]


def dirty(image):
    return int(_image(image).is_dirty())


def samples(item, points):
    """Values of a mask or selection, 0..255, at points of the item."""
    buffer = _item(item).get_buffer()
    one = [buffer.get(Gegl.Rectangle.new(x, y, 1, 1), 1.0, "Y u8", Gegl.AbyssPolicy.NONE) for x, y in points]
    return [value[0] for value in one]


def export(image, path):
    """What the user sees, as a file."""
    copy = _image(image).duplicate()
    copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE).resize_to_image_size()
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, copy, Gio.File.new_for_path(path), None)
    copy.delete()
    return 1


def export_layer(layer, path):
    """A layer's own pixels without its mask, as a file."""
    layer = _item(layer)
    image = layer.get_image()
    new = Gimp.Image.new_with_precision(
        layer.get_width(), layer.get_height(), image.get_base_type(), image.get_precision()
    )
    copy = Gimp.Layer.new_from_drawable(layer, new)
    new.insert_layer(copy, None, 0)
    if copy.get_mask():
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    copy.set_offsets(0, 0)
    copy.set_visible(True)
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, new, Gio.File.new_for_path(path), None)
    new.delete()
    return 1


def new_layer(image, name):
    image = _image(image)
    layer = Gimp.Layer.new(image, name, 8, 8, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    return layer.get_id()


def new_group(image):
    image = _image(image)
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    return group.get_id()


def move(layer, x, y):
    _item(layer).set_offsets(x, y)
    return 1


def set_active(image, layer):
    _image(image).set_selected_layers([_item(layer)])
    return 1


def close(image):
    _image(image).delete()
    return 1
