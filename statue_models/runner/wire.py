r"""What travels between client and runner: header lines and planes, without any I/O.

A message is one line of JSON (UTF-8, ended by ``\n``) followed by raw samples: row-major, interleaved, little-endian.
Sizes are known from the header and checked before memory is taken.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from statue_models.arrays import check_size
from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.landmarks68 import COUNT, Landmarks
from statue_models.fields import BOX, FIELDS, LANDMARKS, MAX_MEGAPIXELS, Field
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import Restoration, RestorationRequest
from statue_models.runner.jobs import Snapshot
from statue_models.runner.protocol import MAX_LINE, SCHEMA

DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "uint16": np.dtype("<u2"), "float32": np.dtype("<f4")}
#: Beside landmarks that are bare pairs: which of them a user has placed.
PLACED = "placed"
#: The largest request that can be right: the most pixels, four floats and a mask byte each.
MAX_BODY = MAX_LINE + MAX_MEGAPIXELS * 1_000_000 * 17

#: What describes the samples, and what is right there.
_SAMPLES: dict[str, Callable[[Any], bool]] = {
    "width": lambda value: _integer(value) and 0 < value < 1 << 31,
    "height": lambda value: _integer(value) and 0 < value < 1 << 31,
    "channels": lambda value: _integer(value) and 1 <= value <= 4,
    "depth": lambda value: isinstance(value, str) and value in DTYPES,
}


@dataclass(frozen=True, eq=False)
class JobHeader:
    """The header of ``POST /v1/jobs``: everything of a request but its samples.

    Attributes:
        width, height: of the picture in pixels.
        channels: 1 to 4.
        depth: "uint8", "uint16" or "float32".
        fields: name -> value of what else the request says (``fields.py``); what is left out has its default.
    """

    width: int
    height: int
    channels: int
    depth: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, line: bytes) -> "JobHeader":
        """The header of a line of JSON.

        Raises:
            StatueError: bad-request, runner-version, image-too-small, image-too-large, usage, bad-landmarks.
        """
        data = _object(line)
        if data.pop("schema", None) != SCHEMA:
            raise StatueError("runner-version")
        unknown = sorted(data.keys() - _SAMPLES.keys() - FIELDS.keys() - {PLACED})
        if unknown:
            _refuse(f'it has an unknown field "{unknown[0][:40]}"')
        missing = _SAMPLES.keys() - data.keys()
        if missing:
            _refuse(f"it has no {min(missing)}")
        for name, check in _SAMPLES.items():
            if not check(data[name]):
                _refuse_value(name)
        samples = {name: data.pop(name) for name in _SAMPLES}
        check_size(samples["width"], samples["height"])  # before memory is taken for them
        placed = data.pop(PLACED, None)
        if placed is not None:
            data["landmarks"] = _with_placed(data.get("landmarks"), placed)
        return cls(**samples, fields={name: _read(FIELDS[name], value) for name, value in data.items()})

    @classmethod
    def of(cls, request: RestorationRequest) -> "JobHeader":
        """The header that describes a request."""
        height, width, channels = request.image.shape
        return cls(width, height, channels, request.image.dtype.name, {name: getattr(request, name) for name in FIELDS})

    def to_json(self) -> dict[str, Any]:
        """The object that ``parse`` takes."""
        samples = {name: getattr(self, name) for name in _SAMPLES}
        return {"schema": SCHEMA, **samples, **{name: _encode_value(value) for name, value in self.fields.items()}}

    @property
    def image_bytes(self) -> int:
        """Bytes of the picture's samples."""
        return self.width * self.height * self.channels * DTYPES[self.depth].itemsize

    @property
    def mask_bytes(self) -> int:
        """Bytes of the mask."""
        return self.width * self.height


class JobReader:
    """Puts a request together from the pieces of a body, however it is cut.

    Args:
        length: bytes of the whole body, as its ``Content-Length`` says.

    Raises:
        StatueError: body-too-large.
    """

    def __init__(self, length: int) -> None:
        if length > MAX_BODY:
            raise StatueError("body-too-large", limit=MAX_BODY)
        self._length = length
        self._line = bytearray()
        self._header: JobHeader | None = None
        self._planes: list[NDArray[np.uint8]] = []
        self._filled = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            StatueError: as ``JobHeader.parse``; bad-request when the length does not fit the header.
        """
        view = memoryview(chunk)
        if self._header is None:
            end = chunk.find(b"\n")
            self._line += view if end < 0 else view[:end]
            if len(self._line) > MAX_LINE:
                _refuse(f"its header line is longer than {MAX_LINE} bytes")
            if end < 0:
                return
            self._begin()
            view = view[end + 1 :]
        for plane, start in ((self._planes[0], 0), (self._planes[1], len(self._planes[0]))):
            place = self._filled - start
            if view and 0 <= place < len(plane):
                count = min(len(view), len(plane) - place)
                plane[place : place + count] = np.frombuffer(view[:count], np.uint8)
                self._filled += count
                view = view[count:]
        if view:
            _refuse("it is longer than its header says")

    def _begin(self) -> None:
        header = self._header = JobHeader.parse(bytes(self._line))
        expected = len(self._line) + 1 + header.image_bytes + header.mask_bytes
        if self._length != expected:
            _refuse(f"its Content-Length is {self._length}, its header needs {expected}")
        # Not zeroed, so that pages come into being only as bytes arrive.
        self._planes = [np.empty(header.image_bytes, np.uint8), np.empty(header.mask_bytes, np.uint8)]

    def request(self) -> RestorationRequest:
        """The complete request.

        Raises:
            StatueError: bad-request when bytes are missing; else as ``RestorationRequest``.
        """
        header = self._header
        if header is None or self._filled != header.image_bytes + header.mask_bytes:
            _refuse("it ends too early")
        image = self._planes[0].view(DTYPES[header.depth]).reshape(header.height, header.width, header.channels)
        return RestorationRequest(
            image=image.astype(image.dtype.newbyteorder("="), copy=False),
            mask=self._planes[1].reshape(header.height, header.width),
            **header.fields,
        )


def result_json(restoration: Restoration) -> dict[str, Any]:
    """The ``result`` of a job that is done; the samples are fetched apart from it."""
    first = restoration.groups[0].to_json()
    return {
        "variants": len(restoration.variants),
        "rectangle": list(restoration.rectangle),
        "landmarks": first["landmarks"],
        "frame": first["frame"],
        "groups": [group.to_json() for group in restoration.groups],
        "uncertainty": restoration.uncertainty is not None,
        "record": dict(restoration.record),
    }


def job_json(job: Snapshot) -> dict[str, Any]:
    """What is known about a job, with its ``result`` when it is done and its ``error`` when it failed."""
    data: dict[str, Any] = {"id": job.id, "state": str(job.state), "phase": job.phase}
    data |= {"fraction": job.fraction, "sequence": job.sequence}
    if job.restoration is not None:
        data["result"] = result_json(job.restoration)
    if job.error is not None:
        data["error"] = job.error.to_json()
    return data


def variant_message(restoration: Restoration, index: int) -> tuple[bytes, memoryview]:
    """(header line, samples) of variant ``index`` (0-based)."""
    variant = restoration.variants[index]
    which = variant.hypothesis
    return _plane_message(variant.pixels, restoration.rectangle, variant=which.number, seed=which.seed)


def uncertainty_message(restoration: Restoration) -> tuple[bytes, memoryview] | None:
    """(header line, samples) of the uncertainty, one uint8 channel; None where the model gives none."""
    if restoration.uncertainty is None:
        return None
    return _plane_message(restoration.uncertainty[..., None], restoration.rectangle)


def pixels_of(header: Mapping[str, Any], samples: bytearray) -> NDArray[Any]:
    """(h, w, C) array of a variant's (or the uncertainty's) answer.

    Raises:
        StatueError: runner-version when header and samples do not fit each other.
    """
    try:
        dtype = DTYPES[header["depth"]]
        pixels = np.frombuffer(samples, dtype).reshape(header["height"], header["width"], header["channels"])
    except (KeyError, TypeError, ValueError):
        raise StatueError("runner-version") from None
    return pixels.astype(dtype.newbyteorder("="), copy=False)


def samples_of(array: NDArray[Any]) -> memoryview:
    """An array's bytes as they travel; no copy for contiguous arrays on little-endian machines."""
    dtype = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
    return np.ascontiguousarray(array, dtype).reshape(-1).view(np.uint8).data


def json_line(data: Mapping[str, Any]) -> bytes:
    """One line of JSON.

    Raises:
        ValueError, TypeError: for what JSON cannot hold.
    """
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _plane_message(pixels: NDArray[Any], rectangle: Rectangle, **more: object) -> tuple[bytes, memoryview]:
    header: dict[str, object] = {"schema": SCHEMA, **rectangle._asdict()}
    header |= {"channels": pixels.shape[2], "depth": pixels.dtype.name}
    return json_line({**header, **more}), samples_of(pixels)


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object without repeated keys, NaN or infinity."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) != len(items):
            _refuse("a field appears twice")
        return dict(items)

    def constant(name: str) -> NoReturn:
        _refuse(f"{name} is not a number")

    try:
        data = json.loads(text.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        _refuse("its first line is not JSON")
    if not isinstance(data, dict):
        _refuse("its first line is not a JSON object")
    return data


def _refuse(reason: str) -> NoReturn:
    raise StatueError("bad-request", reason=reason)


def _refuse_value(name: str) -> NoReturn:
    _refuse(f"its {name} has the wrong type or value")


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(value: object, count: int) -> bool:
    if not isinstance(value, list) or len(value) != count:
        return False
    # Beyond 1e9 no pixel can lie; the bound also refuses what json makes of 1e999.
    return all((_integer(item) or isinstance(item, float)) and abs(item) < 1e9 for item in value)


def _points(value: object) -> bool:
    return isinstance(value, list) and len(value) == COUNT and all(_numbers(pair, 2) for pair in value)


def _with_placed(points: object, placed: object) -> dict[str, object]:
    """Pairs of numbers and which of them a user has placed, as one object."""
    if not isinstance(points, list):
        _refuse("its placed says something of landmarks that it has not")
    if not (isinstance(placed, list) and [type(flag) for flag in placed] == [bool] * COUNT):
        _refuse_value(PLACED)
    return {"points": points, PLACED: placed}


def _read(field: Field, value: Any) -> Any:
    """A field's value out of a header."""
    if value is None and field.default is None:
        return None
    if field.kind == BOX:
        if not _numbers(value, 4):
            _refuse_value(field.name)
        return FaceBox(*(float(number) for number in value))
    if field.kind == LANDMARKS:
        return _read_landmarks(value)
    try:
        return field.check_value(value)
    except TypeError:
        _refuse_value(field.name)
    except ValueError as error:
        raise StatueError("usage", reason=error) from None


def _read_landmarks(value: Any) -> Landmarks:
    """Pairs of numbers as a user gave them, or an object with all that ``_encode_value`` says of landmarks."""
    parts = value if isinstance(value, dict) else {"points": value}
    if not _points(parts.get("points")):
        raise StatueError("bad-landmarks", reason="they are not 68 pairs of numbers")
    if parts.keys() <= {"points", PLACED}:
        return Landmarks.given(parts["points"], parts.get(PLACED))
    return Landmarks.from_json(parts)


def _encode_value(value: Any) -> Any:
    """A field's value in a header: landmarks in full, for what is sent is not to be less than what is kept."""
    if not isinstance(value, Landmarks):
        return value
    parts = {name: part.tolist() if isinstance(part, np.ndarray) else part for name, part in vars(value).items()}
    return {name: part for name, part in parts.items() if part is not None}
