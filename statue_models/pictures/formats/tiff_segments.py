"""The samples of a TIFF file's strips and tiles.

What is not deflated is unpacked by Pillow's libtiff: tifffile needs a further package for LZW, and OpenCV turns,
premultiplies or refuses some of these pictures. libtiff sees nothing but rows of bytes, so that sample type, planes and
differencing are undone here, in one way for all.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from statue_models.errors import StatueError
from statue_models.metadata.tiff_directory import Directory, longs, shorts
from statue_models.pictures.formats.stderr import libraries_heard

#: Values of Compression (TIFF 6.0; deflate: Adobe's and the older number).
_UNPACKED = 1
_DEFLATE = (8, 32946)
#: Compressions of any sample type: none, LZW, deflate, PackBits, Zstandard.
LOSSLESS = (_UNPACKED, 5, *_DEFLATE, 32773, 50000)
#: Values of Predictor (TIFF 6.0; floating point: TIFF Technical Note 3), of PhotometricInterpretation.
HORIZONTAL, _FLOATING_POINT = 2, 3
_MIN_IS_BLACK = 1
_GROUP = 8 << 20  # bytes unpacked at a time; chosen, for memory


@dataclass(frozen=True)
class _Layout:
    """How the samples lie in the file. A segment is a strip or a tile of one plane or of all channels together."""

    width: int
    height: int
    channels: int
    dtype: np.dtype[Any]
    segment_width: int
    segment_height: int
    tiled: bool
    planar: bool

    @property
    def segment_channels(self) -> int:
        return 1 if self.planar else self.channels

    @property
    def row_bytes(self) -> int:
        return self.segment_width * self.segment_channels * self.dtype.itemsize

    def places(self) -> Iterator[tuple[int, int, int, int]]:
        """(plane, top, left, stored rows) of each segment, in the file's order."""
        for plane in range(self.channels if self.planar else 1):
            for top in range(0, self.height, self.segment_height):
                for left in range(0, self.width, self.segment_width):
                    stored = self.segment_height if self.tiled else min(self.segment_height, self.height - top)
                    yield plane, top, left, stored


def check_segments(path: Path, page: tifffile.TiffPage) -> None:
    """Refuse a file that ends before its last strip or tile does.

    Raises:
        StatueError: truncated-image.
    """
    size = path.stat().st_size
    if any(offset + count > size for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)):
        raise StatueError("truncated-image", path=path)


def read_samples(path: Path, page: tifffile.TiffPage, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(H, W, C) samples of a page whose compression is one of ``LOSSLESS``, in native byte order.

    Raises:
        StatueError: truncated-image.
        ValueError, OSError: when the strips are damaged.
    """
    check_segments(path, page)
    layout = _Layout(
        width=page.imagewidth,
        height=page.imagelength,
        channels=page.samplesperpixel,
        dtype=dtype.newbyteorder(page.parent.byteorder),
        segment_width=page.tilewidth if page.is_tiled else page.imagewidth,
        segment_height=page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength),
        tiled=page.is_tiled,
        planar=page.samplesperpixel > 1 and int(page.planarconfig) == 2,
    )
    places = list(layout.places())
    if not len(places) == len(page.dataoffsets) == len(page.databytecounts):
        raise ValueError("another number of strips than the size asks for")
    packing, fill_order, predictor = int(page.compression), int(page.fillorder), int(page.predictor)
    samples = np.empty((layout.height, layout.width, layout.channels), dtype)
    per_group = max(1, _GROUP // (layout.row_bytes * layout.segment_height))
    located = zip(places, page.dataoffsets, page.databytecounts, strict=True)
    with path.open("rb") as file:
        # Only segments of equal height can be unpacked together: the last strip is often shorter.
        for (_, rows), group in groupby(enumerate(located), key=lambda item: (item[0] // per_group, item[1][0][3])):
            members = [item for _, item in group]
            blobs = []
            for _, offset, count in members:
                file.seek(offset)
                blobs.append(file.read(count))
            unpacked = _unpack_segments(blobs, rows, layout.row_bytes, packing, fill_order)
            for (place, _, _), block in zip(members, unpacked, strict=True):
                _put_block(samples, layout, place, _undo_prediction(block, layout, predictor))
    return samples


def _unpack_segments(blobs: list[bytes], rows: int, row_bytes: int, packing: int, fill_order: int) -> NDArray[np.uint8]:
    """(segments, rows, row_bytes) bytes of segments; libtiff is shown them as strips of an 8-bit picture."""
    size = rows * row_bytes
    if packing in _DEFLATE and fill_order == 1:
        blobs, packing = [zlib.decompressobj().decompress(blob, size) for blob in blobs], _UNPACKED
    if packing == _UNPACKED:
        if any(len(blob) < size for blob in blobs):
            raise ValueError("a strip is too short")
        if len(blobs) == 1:
            return np.frombuffer(blobs[0], np.uint8, size).reshape(1, rows, row_bytes)
        return np.stack([np.frombuffer(blob, np.uint8, size).reshape(rows, row_bytes) for blob in blobs])
    offsets = np.cumsum([8] + [len(blob) for blob in blobs]).tolist()
    start = offsets.pop() + 1 & ~1
    entries = {
        256: longs("<", row_bytes),
        257: longs("<", rows * len(blobs)),
        258: shorts("<", 8),
        259: shorts("<", packing),
        262: shorts("<", _MIN_IS_BLACK),
        266: shorts("<", fill_order),
        273: longs("<", *offsets),
        277: shorts("<", 1),
        278: longs("<", rows),
        279: longs("<", *(len(blob) for blob in blobs)),
    }
    content = b"".join([b"II*\0", struct.pack("<I", start), *blobs]).ljust(start, b"\0")
    with (
        libraries_heard(),
        warnings.catch_warnings(),
    ):  # Pillow takes these bytes for pixels, and from 89 million on for a bomb
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content + Directory(entries).to_bytes(start, "<")), formats=["TIFF"]) as image:
            return np.asarray(image).reshape(len(blobs), rows, row_bytes)


def _undo_prediction(block: NDArray[np.uint8], layout: _Layout, predictor: int) -> NDArray[Any]:
    """(rows, width, channels) samples of a segment's bytes (TIFF 6.0 section 14; floats: TIFF technical note 3)."""
    shape = (block.shape[0], layout.segment_width, layout.segment_channels)
    if predictor == _FLOATING_POINT:
        # Bytes are differenced over the whole row, where all first (most significant) bytes precede all second ones.
        planes = np.cumsum(block.reshape(shape[0], -1, shape[2]), axis=1, dtype=np.uint8)
        planes = planes.reshape(shape[0], layout.dtype.itemsize, -1)
        return np.ascontiguousarray(planes.swapaxes(1, 2)).view(layout.dtype.newbyteorder(">")).reshape(shape)
    samples = np.ascontiguousarray(block).view(layout.dtype).reshape(shape)
    if predictor == HORIZONTAL:
        if layout.dtype.kind == "f":  # differences of the bit patterns, as libtiff takes them
            patterns = samples.view(np.dtype(np.uint32).newbyteorder(layout.dtype.byteorder))
            return np.cumsum(patterns, axis=1, dtype=np.uint32).view(np.float32)
        return np.cumsum(samples, axis=1, dtype=layout.dtype.newbyteorder("="))
    return samples


def _put_block(samples: NDArray[Any], layout: _Layout, place: tuple[int, int, int, int], block: NDArray[Any]) -> None:
    plane, top, left, _ = place
    rows, columns = min(block.shape[0], layout.height - top), min(block.shape[1], layout.width - left)
    channels = slice(plane, plane + 1) if layout.planar else slice(None)
    samples[top : top + rows, left : left + columns, channels] = block[:rows, :columns]
