"""The back end without GIMP: images are Python objects, for tests of a plug-in.

It keeps GIMP's rules that a plug-in can break: names of arguments and their limits, an item is inserted once and into
its own image, only what happens inside one undo step may change an image, a selection may be soft and is as large as
the image, not the layer.
"""

import contextlib
import copy
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from .declaration import procedures
from .host import Samples, Stroke

RGB8 = Samples(3, "uint8")


@dataclass(eq=False)
class Layer:
    """A layer: ``kind`` as ``Host.kind`` says it, ``children`` of a group from top to bottom."""

    name: str
    frame: Tuple[int, int, int, int]
    samples: Samples = RGB8
    pixels: bytes = b""
    kind: str = "layer"
    visible: bool = True
    mask: Optional[bytes] = None
    children: List["Layer"] = field(default_factory=list)
    parasites: Dict[str, bytes] = field(default_factory=dict)


@dataclass
class Path:
    """A path."""

    name: str
    strokes: List[Stroke]
    parasites: Dict[str, bytes] = field(default_factory=dict)


@dataclass(eq=False)
class Image:
    """An image: layers from top to bottom, a selection of width x height bytes or None, paths from bottom to top."""

    width: int
    height: int
    layers: List[Layer]
    name: str = "statue.png"
    selection: Optional[bytes] = None
    indexed: bool = False
    paths: List[Path] = field(default_factory=list)
    steps: int = 0
    open: bool = True

    def state(self) -> Any:
        """Everything a user could see, for comparisons."""

        def describe(layer):
            below = tuple(describe(child) for child in layer.children)
            return (layer.name, layer.frame, bytes(layer.pixels), layer.visible, layer.mask, below)

        return ([describe(layer) for layer in self.layers], self.selection, copy.deepcopy(self.paths), self.steps)


class HeadlessHost:
    """The verbs of ``host.Host`` on the objects above; remembers what was shown."""

    def __init__(self) -> None:
        self.shown: List[Tuple[str, float]] = []
        self.told: List[str] = []
        self.waiting: List[Layer] = []
        self.grouped: Optional[Image] = None

    def _change(self, image: Image) -> None:
        if self.grouped is not image:
            raise AssertionError("the image is changed outside an undo step")

    def kind(self, image, drawable):
        return drawable.kind

    def image_name(self, image):
        return image.name

    def is_indexed(self, image):
        return image.indexed

    def frame(self, layer):
        return layer.frame

    def samples(self, image, layer):
        return layer.samples

    def read(self, layer, samples):
        if samples != layer.samples:
            raise AssertionError("this host does not convert pixels")
        return bytearray(layer.pixels)

    def read_selection(self, image, frame):
        if image.selection is None or not any(image.selection):
            return None
        x, y, width, height = frame
        plane = bytearray(width * height)
        left, right = max(x, 0), min(x + width, image.width)
        for row in range(max(y, 0), min(y + height, image.height)):
            if left < right:
                start, source = (row - y) * width + left - x, row * image.width
                plane[start : start + right - left] = image.selection[source + left : source + right]
        return plane

    def exists(self, image, layer):
        return image.open and self._find_place(image.layers, layer) is not None

    def new_layer(self, image, name, samples, frame, pixels):
        if len(pixels) != frame[2] * frame[3] * samples.pixel_bytes:
            raise ValueError("wrong number of bytes")
        layer = Layer(name, tuple(frame), samples, bytes(pixels))
        self.waiting.append(layer)
        return layer

    def discard(self, layer):
        self.waiting.remove(layer)

    def insert_group(self, image, above, name):
        self._change(image)
        siblings, index = self._find_place(image.layers, above)
        group = Layer(name, (0, 0, 0, 0), kind="a layer group")
        siblings.insert(index, group)
        return group

    def insert_layer(self, image, group, layer, visible, mask):
        self._change(image)
        if len(mask) != layer.frame[2] * layer.frame[3]:
            raise ValueError("wrong number of bytes in the mask")
        self.waiting.remove(layer)
        layer.visible, layer.mask = visible, bytes(mask)
        group.children.append(layer)

    def attach(self, item, name, data):
        item.parasites[name] = bytes(data)

    def parasite_data(self, item, name):
        return item.parasites.get(name)

    def insert_path(self, image, name, strokes):
        self._change(image)
        taken = sum(1 for path in image.paths if path.name.startswith(name))
        name += " #%d" % taken if taken else ""
        path = Path(name, [Stroke([tuple(point) for point in stroke.points], stroke.closed) for stroke in strokes])
        image.paths.append(path)
        return path

    def find_path(self, image, name):
        return next((path for path in reversed(image.paths) if path.name.startswith(name)), None)

    def read_path(self, image, path):
        return path.strokes

    def remove(self, image, layer, path):
        self._change(image)
        if layer is not None:
            siblings, index = self._find_place(image.layers, layer)
            del siblings[index]
        if path is not None:
            image.paths = [other for other in image.paths if other is not path]

    @contextlib.contextmanager
    def one_undo_step(self, image):
        before = image.state()
        self.grouped = image
        try:
            yield
        finally:
            self.grouped = None
            if image.state() != before:
                image.steps += 1

    def progress(self, text, fraction):
        self.shown.append((text, fraction))

    def tell(self, text):
        self.told.append(text)

    def _find_place(self, layers, wanted):
        for index, layer in enumerate(layers):
            if layer is wanted:
                return layers, index
            found = self._find_place(layer.children, wanted)
            if found:
                return found
        return None


def call(name: str, image: Any, drawables: Any, **values: Any) -> List[Any]:
    """Call a registered procedure as a script would; ``gimpfu.host`` must be a HeadlessHost. Returns its results.

    Raises:
        TypeError: for an argument that was not declared.
    """
    declared = procedures[name]
    arguments = [values.pop(parameter.key.replace("-", "_"), parameter.default) for parameter in declared.parameters]
    if values:
        raise TypeError("no such arguments: %s" % sorted(values))
    return declared.call(image, drawables, arguments)
