"""The verbs that a filter may use on an image: every back end implements exactly these.

Images, drawables, layers and paths are opaque values of the host. Coordinates are pixels, x right, y down; a frame is
(x, y, width, height) of a layer in the image, where x and y may be negative.
"""

import contextlib
from typing import Any, ContextManager, List, NamedTuple, Optional, Protocol, Sequence, Tuple

Frame = Tuple[int, int, int, int]
Point = Tuple[float, float]


class Samples(NamedTuple):
    """How a layer's pixels are written: interleaved, row-major, sRGB-encoded, in the machine's byte order.

    ``channels`` is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA); ``depth`` is "uint8", "uint16" or "float32".
    """

    channels: int
    depth: str

    @property
    def pixel_bytes(self) -> int:
        """Bytes per pixel."""
        return self.channels * {"uint8": 1, "uint16": 2, "float32": 4}[self.depth]

    @property
    def babl(self) -> str:
        """The name of this format in babl, GIMP's library of pixel formats."""
        model = {1: "Y'", 2: "Y'A", 3: "R'G'B'", 4: "R'G'B'A"}[self.channels]
        return model + {"uint8": " u8", "uint16": " u16", "float32": " float"}[self.depth]


#: The selection and layer masks. They are linear channels: "Y' u8" would gamma-encode them.
MASK_FORMAT = "Y u8"


class Stroke(NamedTuple):
    """A polyline of a path: its points in the image, and whether the last is joined to the first."""

    points: Sequence[Point]
    closed: bool


class Host(Protocol):
    """What a back end can do."""

    def kind(self, image: Any, drawable: Any) -> str:
        """What it is: "layer" for an ordinary pixel layer, else words: "a layer group", "a layer mask", ..."""

    def image_name(self, image: Any) -> str:
        """The image's name as its window shows it."""

    def is_indexed(self, image: Any) -> bool:
        """True for an image with a colour map."""

    def frame(self, layer: Any) -> Frame:
        """Where the layer lies in its image, and its size."""

    def samples(self, image: Any, layer: Any) -> Samples:
        """The layer's own format: 8 and 16 bit stay what they are, every other precision is read as float32."""

    def read(self, layer: Any, samples: Samples) -> bytearray:
        """All pixels of the layer."""

    def read_selection(self, image: Any, frame: Frame) -> Optional[bytearray]:
        """The selection inside a frame, one byte per pixel (255 = selected); None when nothing is selected."""

    def exists(self, image: Any, layer: Any) -> bool:
        """False once the user has closed the image or removed the layer."""

    def new_layer(self, image: Any, name: str, samples: Samples, frame: Frame, pixels: Any) -> Any:
        """A filled layer that is not in the image yet."""

    def discard(self, layer: Any) -> None:
        """Forget a layer that was never inserted."""

    def insert_group(self, image: Any, above: Any, name: str) -> Any:
        """A new layer group right above a layer, in the same parent."""

    def insert_layer(self, image: Any, group: Any, layer: Any, visible: bool, mask: Any) -> None:
        """Put a layer at the bottom of a group, with a mask (one byte per pixel of the layer)."""

    def attach(self, item: Any, name: str, data: bytes) -> None:
        """Attach a persistent parasite to a layer or a path, saved with the image."""

    def parasite_data(self, item: Any, name: str) -> Optional[bytes]:
        """The data of a layer's or a path's parasite; None where it has none of that name."""

    def insert_path(self, image: Any, name: str, strokes: Sequence[Stroke]) -> Any:
        """A new visible path above all others."""

    def find_path(self, image: Any, name: str) -> Optional[Any]:
        """The topmost path whose name starts so, or None where there is none."""

    def read_path(self, image: Any, path: Any) -> List[Stroke]:
        """The anchors of a path."""

    def remove(self, image: Any, layer: Any, path: Any) -> None:
        """Take an inserted layer or group and an inserted path (each may be None) out of the image again."""

    def one_undo_step(self, image: Any) -> ContextManager[None]:
        """What happens inside is undone at once; afterwards the user's active layer and path are what they were."""

    def progress(self, text: str, fraction: float) -> None:
        """Show how far the work is, 0 to 1. Raises CancelError where the host lets a plug-in know."""

    def tell(self, text: str) -> None:
        """Show the user what is to be known of the result: where the host shows its own messages."""


def strips(width: int, height: int, pixel_bytes: int, limit: int = 4 << 20):
    """(first row, number of rows, slice of the plane's bytes) for reading or writing a plane in pieces.

    GIMP's bindings copy what passes through them, so whole planes would be in memory two or three times.
    """
    rows = max(1, min(height, limit // max(1, width * pixel_bytes)))
    for top in range(0, height, rows):
        count = min(rows, height - top)
        yield top, count, slice(top * width * pixel_bytes, (top + count) * width * pixel_bytes)


@contextlib.contextmanager
def preserve(read, write):
    """Read something now and write it back afterwards, whatever happens in between."""
    before = read()
    try:
        yield
    finally:
        write(before)
