"""What travels between client and runner: header lines and planes, without any I/O.

A message is one line of JSON (UTF-8, ended by ``\\n``) followed by raw samples: row-major, interleaved, little-endian.
Sizes are known from the header and checked before memory is taken.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.landmarks68 import COUNT, Landmarks
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import MAX_MEGAPIXELS, MIN_SIDE, Restoration, RestorationRequest
from statue_models.runner.jobs import Snapshot
from statue_models.runner.protocol import MAX_LINE, SCHEMA

DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "uint16": np.dtype("<u2"), "float32": np.dtype("<f4")}
#: The largest request that can be right: the most pixels, four floats and a mask byte each.
MAX_BODY = MAX_LINE + MAX_MEGAPIXELS * 1_000_000 * 17


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(value: object, count: int) -> bool:
    if not isinstance(value, list) or len(value) != count:
        return False
    # Beyond 1e9 no pixel can lie; the bound also refuses what json makes of 1e999.
    return all((_integer(item) or isinstance(item, float)) and abs(item) < 1e9 for item in value)


def _word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64


def _points(value: object) -> bool:
    return isinstance(value, list) and len(value) == COUNT and all(_numbers(pair, 2) for pair in value)


_CHECKS = {
    "width": lambda value: _integer(value) and 0 < value < 1 << 31,
    "height": lambda value: _integer(value) and 0 < value < 1 << 31,
    "channels": lambda value: _integer(value) and 1 <= value <= 4,
    "depth": lambda value: isinstance(value, str) and value in DTYPES,
    "model": _word,
    "seed": _integer,
    "variants": _integer,
    "quality": _word,
    "variant": lambda value: value is None or _integer(value),
    "steps": lambda value: value is None or _integer(value),
    "placed": lambda value: value is None or (isinstance(value, list) and [type(v) for v in value] == [bool] * COUNT),
    "face": lambda value: value is None or _numbers(value, 4),
    "device": _word,
    "precision": _word,
}


@dataclass(frozen=True)
class JobHeader:
    """The header of ``POST /v1/jobs``: everything of a request but its samples.

    Attributes are those of ``RestorationRequest``, with the picture described by ``width``, ``height`` (pixels),
    ``channels`` (1-4) and ``depth`` ("uint8", "uint16", "float32"), and ``landmarks`` as 68 (x, y) pairs.
    """

    width: int
    height: int
    channels: int
    depth: str
    model: str = "default"
    seed: int = 0
    variants: int = 1
    variant: int | None = None
    quality: str = "full"
    steps: int | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None
    placed: tuple[bool, ...] | None = None
    face: FaceBox | None = None
    device: str = "auto"
    precision: str = "fp32"

    @classmethod
    def parse(cls, line: bytes) -> "JobHeader":
        """The header of a line of JSON; fields with defaults may be left out, others than these are refused.

        Raises:
            StatueError: bad-request, runner-version, image-too-small, image-too-large, bad-landmarks.
        """
        data = _object(line)
        if data.pop("schema", None) != SCHEMA:
            raise StatueError("runner-version")
        unknown = sorted(data.keys() - {field.name for field in fields(cls)})
        if unknown:
            _refuse(f'it has an unknown field "{unknown[0][:40]}"')
        missing = {"width", "height", "channels", "depth"} - data.keys()
        if missing:
            _refuse(f"it has no {min(missing)}")
        if data.get("landmarks") is not None and not _points(data["landmarks"]):
            raise StatueError("bad-landmarks", reason="they are not 68 pairs of numbers")
        for name, check in _CHECKS.items():
            if name in data and not check(data[name]):
                _refuse(f"its {name} has the wrong type or value")
        width, height = data["width"], data["height"]
        if min(width, height) < MIN_SIDE:
            raise StatueError("image-too-small", width=width, height=height)
        if width * height > MAX_MEGAPIXELS * 1_000_000:
            raise StatueError("image-too-large", megapixels=round(width * height / 1e6), limit=MAX_MEGAPIXELS)
        if data.get("landmarks") is not None:
            data["landmarks"] = tuple((float(x), float(y)) for x, y in data["landmarks"])
            if data.get("placed") is not None:
                data["placed"] = tuple(data["placed"])
        elif data.get("placed") is not None:
            _refuse("its placed says something of landmarks that it has not")
        if data.get("face") is not None:
            data["face"] = FaceBox(*(float(value) for value in data["face"]))
        return cls(**data)

    @classmethod
    def of(cls, request: RestorationRequest) -> "JobHeader":
        """The header that describes a request."""
        height, width, channels = request.image.shape
        points = None if request.landmarks is None else request.landmarks.points.tolist()
        placed = None if request.landmarks is None else request.landmarks.placed
        return cls(
            width=width,
            height=height,
            channels=channels,
            depth=request.image.dtype.name,
            model=request.model,
            seed=request.seed,
            variants=request.variants,
            variant=request.variant,
            quality=request.quality,
            steps=request.steps,
            landmarks=None if points is None else tuple((x, y) for x, y in points),
            placed=None if placed is None else tuple(placed.tolist()),
            face=request.face,
            device=request.device,
            precision=request.precision,
        )

    def to_json(self) -> dict[str, Any]:
        """The object that ``parse`` takes."""
        return {"schema": SCHEMA, **asdict(self)}

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
        """The complete request, checked.

        Raises:
            StatueError: bad-request when bytes are missing; else as ``RestorationRequest.checked``.
        """
        header = self._header
        if header is None or self._filled != header.image_bytes + header.mask_bytes:
            _refuse("it ends too early")
        image = self._planes[0].view(DTYPES[header.depth]).reshape(header.height, header.width, header.channels)
        return RestorationRequest(
            image=image.astype(image.dtype.newbyteorder("="), copy=False),
            mask=self._planes[1].reshape(header.height, header.width),
            model=header.model,
            seed=header.seed,
            variants=header.variants,
            variant=header.variant,
            quality=header.quality,  # type: ignore[arg-type]
            steps=header.steps,
            landmarks=None if header.landmarks is None else Landmarks.given(header.landmarks, header.placed),
            face=header.face,
            device=header.device,
            precision=header.precision,
        ).checked()


def result_json(restoration: Restoration) -> dict[str, Any]:
    """The ``result`` of a job that is done; the samples are fetched apart from it."""
    landmarks = restoration.landmarks
    return {
        "variants": len(restoration.variants),
        "rectangle": list(restoration.rectangle),
        "landmarks": None if landmarks is None else landmarks.to_json(),
        "frame": None if restoration.frame is None else restoration.frame.to_json(restoration.size),
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
