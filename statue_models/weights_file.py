"""Weights come as safetensors and as nothing else: recognised by content, checked in full before a tensor is made.

A checkpoint in any format that can hold code (pickle, PyTorch's ZIP) is refused whatever its name. Torch is not needed.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError, reason_of

#: Largest file that is read at all; the project's own weights stay below 40 MB together. Bytes; chosen.
MAX_FILE = 1 << 30
#: Largest header: 236 tensors need 30 kB. Bytes; chosen.
MAX_HEADER = 1 << 20
#: Types that the project stores, by safetensors' names, and their sizes in bytes.
SIZES = {"F32": 4, "F16": 2, "BF16": 2}
#: How other files betray themselves.
FOREIGN = (
    (b"PK\x03\x04", "it is a ZIP archive, as PyTorch checkpoints are"),
    (b"\x80", "it is a Python pickle"),
    (b"\x89HDF", "it is an HDF5 file"),
    (b"GGUF", "it is a GGUF file"),
)

#: Name -> (dtype by safetensors' name, shape).
Template = Mapping[str, tuple[str, tuple[int, ...]]]


def load_weights(path: Path, sha256: str | None, template: Template) -> dict[str, NDArray[np.float32]]:
    """The tensors of a weights file that is exactly what the template says.

    Args:
        path: the file.
        sha256: hexadecimal digest of the whole file, or None for a file of the user's own training.
        template: every tensor's name, dtype and shape; no other tensors may be there.

    Returns:
        Name -> float32 array (half precision is widened, which is exact), writable, owning its memory.

    Raises:
        StatueError: ``weights-missing``, ``weights-corrupt`` or ``weights-hash``.
    """
    content = _read(path)
    try:
        tensors, _ = _read_header(content)
    except _CorruptError as error:
        raise StatueError("weights-corrupt", path=path, reason=str(error)) from None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256.lower():
        raise StatueError("weights-hash", path=path)
    try:
        _compare(tensors, template)
        return _unpack(content, template)
    except _CorruptError as error:
        raise StatueError("weights-corrupt", path=path, reason=str(error)) from None


def read_metadata(path: Path) -> dict[str, str]:
    """What a weights file says of itself beside its tensors; empty where it says nothing.

    Raises:
        StatueError: ``weights-missing`` or ``weights-corrupt``.
    """
    try:
        return _read_header(_read(path))[1]
    except _CorruptError as error:
        raise StatueError("weights-corrupt", path=path, reason=str(error)) from None


class _CorruptError(Exception):
    """Why a file is refused, in words that complete "is damaged or not a safetensors file: ...".

    Never leaves this module.
    """


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise StatueError("weights-corrupt", path=path, reason="it is larger than 1 GiB")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise StatueError("weights-missing", path=path, how="Run 'python3 -m installer' again to fetch it.") from None
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None


def _read_header(content: bytes) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Name -> {"dtype", "shape", "data_offsets"}, and the metadata.

    Every number in the header has been checked against the file.

    Layout (huggingface/safetensors, "Format"): length of the header as little-endian uint64, the header as a JSON
    object, then the tensors' bytes, without gaps.
    """
    if len(content) < 8 + 2:
        raise _CorruptError("it is too short")
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER:
        # Only here: a header of 640 bytes begins as a pickle does.
        foreign = [what for start, what in FOREIGN if content.startswith(start)]
        raise _CorruptError(foreign[0] if foreign else "its header has an impossible length")
    if 8 + length > len(content):
        raise _CorruptError("it is cut off inside its header")
    try:
        header = json.loads(content[8 : 8 + length].decode("utf-8"), object_pairs_hook=_without_repeats)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise _CorruptError("its header is not valid") from None
    if not isinstance(header, dict):
        raise _CorruptError("its header is not valid")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _CorruptError("its metadata is not text")
    ranges = sorted(_range(name, entry) for name, entry in header.items())
    end = 0
    for begin, stop in ranges:
        if begin != end:
            raise _CorruptError("its tensors overlap or leave gaps")
        end = stop
    if end != len(content) - 8 - length:
        raise _CorruptError("it is cut off" if end > len(content) - 8 - length else "something follows its tensors")
    return header, metadata


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name twice")
    return result


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _range(name: str, entry: Any) -> tuple[int, int]:
    """(begin, end) of a tensor's bytes, after its type, shape and size have been found to agree."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _CorruptError(f"the entry of tensor {name} is not valid")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in SIZES:
        raise _CorruptError(f"tensor {name} has a type that is not used here")
    if not isinstance(shape, list) or not all(_count(side) for side in shape):
        raise _CorruptError(f"the shape of tensor {name} is not valid")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_count(offset) for offset in offsets):
        raise _CorruptError(f"the place of tensor {name} is not valid")
    begin, end = offsets
    if end - begin != math.prod(shape) * SIZES[dtype]:
        raise _CorruptError(f"the size of tensor {name} does not fit its shape")
    return begin, end


def _compare(tensors: dict[str, dict[str, Any]], template: Template) -> None:
    missing, extra = template.keys() - tensors.keys(), tensors.keys() - template.keys()
    if missing:
        raise _CorruptError(f"tensor {min(missing)} is missing")
    if extra:
        raise _CorruptError(f"tensor {min(extra)} does not belong to this model")
    for name, (dtype, shape) in template.items():
        if tensors[name]["shape"] != list(shape):
            raise _CorruptError(f"tensor {name} has shape {tensors[name]['shape']}, not {list(shape)}")
        if tensors[name]["dtype"] != dtype:
            raise _CorruptError(f"tensor {name} is {tensors[name]['dtype']}, not {dtype}")


def _unpack(content: bytes, template: Template) -> dict[str, NDArray[np.float32]]:
    # Imported here: registry look-ups and refusals need no third-party reader.
    from safetensors import SafetensorError, deserialize

    try:
        parts = dict(deserialize(content))  # type: ignore[no-untyped-call]
    except SafetensorError:
        raise _CorruptError("its header is not valid") from None
    arrays = {}
    for name, (dtype, shape) in template.items():
        arrays[name] = _widen_to_float32(bytes(parts[name]["data"]), dtype).reshape(shape)
        if not np.isfinite(arrays[name]).all():
            raise _CorruptError(f"tensor {name} holds values that are not numbers")
    return arrays


def _widen_to_float32(data: bytes, dtype: str) -> NDArray[np.float32]:
    """float32 values of little-endian bytes; bfloat16 is the upper half of a float32."""
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, "<f4" if dtype == "F32" else "<f2").astype(np.float32)
