"""What goes into a restoration and what comes out: one frozen request determines one result."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.arrays import mask_of, picture_of, scale_in
from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks, check_points
from statue_models.fields import BOX, FIELDS, LANDMARKS, Field, RequestFields
from statue_models.notes import Note
from statue_models.phases import Phase
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.white import Scale, full_white, to_full_scale

#: Smallest side of a box around a face in pixels: a smaller one is a slip of the hand. Chosen.
MIN_FACE = 8

#: Called with (phase, fraction in [0, 1]); raises StatueError("interrupted") to cancel.
Progress = Callable[[Phase, float], None]


def no_progress(phase: Phase, fraction: float) -> None:
    """The progress callback of a caller who does not care."""


def part_of_progress(progress: Progress, start: float, end: float) -> Progress:
    """The progress callback of a part of the work, which lies between two fractions of the whole."""
    return lambda phase, fraction: progress(phase, (1 - fraction) * start + fraction * end)


def split_progress(progress: Progress, at: float) -> tuple[Progress, Progress]:
    """The progress callbacks of two parts of the work, the first of which ends at a fraction of the whole."""
    return part_of_progress(progress, 0.0, at), part_of_progress(progress, at, 1.0)


@dataclass(frozen=True)
class Hypothesis:
    """Which of a request's answers: a place in the order of likelihood, and the random numbers that go with it.

    Attributes:
        index: from 0; 0 is the likeliest, all others are draws. People count from 1: ``number``.
        seed: of all its random numbers, derived from the request's (``of``).
    """

    index: int
    seed: int

    @classmethod
    def of(cls, seed: int, index: int) -> "Hypothesis":
        """The hypothesis of a request with that seed: the same whichever others are asked for."""
        words = np.random.SeedSequence([seed & 0xFFFFFFFF, seed >> 32, index]).generate_state(1, np.uint64)
        return cls(index, int(words[0]))

    @property
    def number(self) -> int:
        """From 1, as ``--variant`` and files count them."""
        return self.index + 1


@dataclass(frozen=True, eq=False)
class RestorationRequest(RequestFields):
    """All that determines a result: the fields of ``fields.py``.

    One that exists is valid: requests are checked here and nowhere else. Any four numbers for ``face`` become a
    ``FaceBox``, any 68 pairs ``Landmarks``, and those of them that lie under the mask hidden ones, so that one request
    is the same from wherever it comes. Picture and mask may be whatever ``arrays.py`` takes for one.

    Attributes:
        notes: of how picture and mask came about (a file was converted, a mask was scaled); they determine nothing, and
            come first among the notes of the record.

    Raises:
        StatueError: with the code of the first thing that is wrong.
    """

    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", picture_of(self.image))
        mask, guessed = mask_of(self.mask, self.image)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "notes", (*self.notes, *guessed))
        if not self.mask.any():
            raise StatueError("empty-mask")
        if self.mask.all():
            raise StatueError("full-mask")
        for field in FIELDS.values():
            object.__setattr__(self, field.name, self._check_field(field))
            if field.without and self._says(field) and self._says(FIELDS[field.without]):
                raise StatueError("usage", reason=f"The {field.name} and the {field.without} cannot both be given")
        self._is_plain  # noqa: B018 - says what is wrong with the picture's values

    def _check_field(self, field: Field) -> Any:
        value = getattr(self, field.name)
        try:
            value = field.check_value(value)
        except (TypeError, ValueError) as error:
            raise StatueError("usage", reason=error) from None
        if value is not None and field.kind == BOX:
            return face_box_in(value, self.mask)
        if value is not None and field.kind == LANDMARKS:
            return _given_landmarks(value, self.mask)
        return value

    def _says(self, field: Field) -> bool:
        """Whether a field has been given anything but its default."""
        return bool(getattr(self, field.name) != field.default)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Which are wanted, the likeliest first."""
        indices = range(self.variants) if self.variant is None else [self.variant - 1]
        return tuple(Hypothesis.of(self.seed, index) for index in indices)

    @cached_property
    def scale(self) -> Scale:
        """What the samples mean: white as it was given, or as the picture's values show it."""
        return scale_in(self.image, self.mask, self.white)

    @cached_property
    def _is_plain(self) -> bool:
        """Whether white is the one of the samples' kind."""
        full = full_white(self.image.dtype)
        return self.scale == (full, full, False)

    def on_full_scale(self) -> "RestorationRequest":
        """The same as if white were its kind's own, which every method takes for granted; itself where it is."""
        if self._is_plain:
            return self
        image = to_full_scale(self.image, self.scale)
        return dataclasses.replace(self, image=image, white=full_white(image.dtype))

    def to_json(self) -> dict[str, Any]:
        """The request as a record stores it: pixels by their hash, everything else in full."""
        return {
            "image": {
                "shape": list(self.image.shape),
                "dtype": str(self.image.dtype),
                "sha256": pixel_hash(self.image),
            },
            "mask": {"sha256": pixel_hash(self.mask)},
            **{name: _in_record(getattr(self, name)) for name in FIELDS},
        }


def face_box_in(numbers: Sequence[float], mask: NDArray[np.uint8]) -> FaceBox:
    """Four numbers as a box that lies in the picture."""
    try:
        box = FaceBox(*(float(number) for number in numbers))
    except (TypeError, ValueError):
        raise StatueError("bad-face-box", box=numbers) from None
    if not (box.finite and min(box.width, box.height) >= MIN_FACE and box.meets(mask.shape)):
        raise StatueError("bad-face-box", box=box)
    return box


def _given_landmarks(points: Landmarks | Sequence[Sequence[float]], mask: NDArray[np.uint8]) -> Landmarks:
    """Landmarks that lie in the picture or near it, those under the mask hidden."""
    landmarks = points if isinstance(points, Landmarks) else Landmarks.given(points)
    check_points(landmarks.points)
    if np.abs(landmarks.points).max() > 10 * max(mask.shape):
        raise StatueError("bad-landmarks", reason="they lie far outside the picture")
    return landmarks.hidden_under(mask)


def _in_record(value: Any) -> Any:
    """A field's value in JSON."""
    if isinstance(value, Landmarks):
        return value.to_json()
    return list(value) if isinstance(value, FaceBox) else value


def pixel_hash(array: NDArray[Any]) -> str:
    """sha256 of an array's samples in C order, little-endian."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


@dataclass(frozen=True, eq=False)
class Variant:
    """One hypothesis, restored.

    Attributes:
        pixels: (h, w, C) samples of the changed rectangle, same dtype and channels as the request's image; samples
            where the mask is 0 are the input's own.
        hypothesis: which it is: ``hypothesis.number``, given back as ``RestorationRequest.variant``, makes it again.
    """

    pixels: NDArray[Any]
    hypothesis: Hypothesis


@dataclass(frozen=True, eq=False)
class RestoredGroup:
    """Holes that were restored together: those near each other, and those of one face.

    Attributes:
        rectangle: their bounding box.
        pixels: how many are missing in it.
        method: the name of what restored them; another than was asked where they have no face.
        landmarks: the 68 points of their face in photograph pixels; None where there is none, or none was needed.
        frame: the face frame (or, for what knows no faces, the surroundings of the holes), or None.
        size: side in pixels of the crop through ``frame`` that the method worked on, or None.
    """

    rectangle: Rectangle
    pixels: int
    method: str
    landmarks: Landmarks | None = None
    frame: FaceFrame | None = None
    size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As records and answers hold it."""
        return {
            "rectangle": list(self.rectangle),
            "pixels": self.pixels,
            "method": self.method,
            "landmarks": None if self.landmarks is None else self.landmarks.to_json(),
            "frame": None if self.frame is None else self.frame.to_json(self.size),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RestoredGroup":
        """The group that ``to_json`` described."""
        landmarks, frame = data["landmarks"], data["frame"]
        return cls(
            Rectangle(*data["rectangle"]),
            data["pixels"],
            data["method"],
            None if landmarks is None else Landmarks.from_json(landmarks),
            None if frame is None else FaceFrame.from_json(frame),
            None if frame is None else frame["size"],
        )


@dataclass(frozen=True, eq=False)
class Restoration:
    """The result of a request.

    Attributes:
        variants: at least one hypothesis, the most likely first.
        rectangle: the bounding box of the mask, or of the part of it that the method takes for damage; every variant's
            pixels cover it.
        groups: at least one, of the holes that were restored together; those with a face come first, then the larger.
        uncertainty: (h, w) uint8 over ``rectangle``: how far the likeliest hypothesis may be off, a standard deviation
            in 8-bit grey levels x 4, saturating at 255; 255 where a hole was filled without its face, 0 where nothing
            is missing or a crack was closed. None where nothing says more, or the likeliest is not among the variants.
        record: JSON-ready: request, method used, weights hash, engine, versions, threads, timings, landmarks.
    """

    variants: tuple[Variant, ...]
    rectangle: Rectangle
    groups: tuple[RestoredGroup, ...]
    uncertainty: NDArray[np.uint8] | None
    record: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def landmarks(self) -> Landmarks | None:
        """Of the first group."""
        return self.groups[0].landmarks

    @property
    def frame(self) -> FaceFrame | None:
        """Of the first group."""
        return self.groups[0].frame

    @property
    def size(self) -> int | None:
        """Of the first group."""
        return self.groups[0].size

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user is to be told, of all that the record holds."""
        return tuple(Note.from_json(note) for note in self.record.get("notes", ()))

    def applied_to(self, image: NDArray[Any], index: int = 0) -> NDArray[Any]:
        """A copy of the photograph with variant ``index`` in place; outside the mask every sample is the input's."""
        out = image.copy()
        out[self.rectangle.slices] = self.variants[index].pixels
        return out

    def record_text(self) -> str:
        """The record as indented JSON."""
        return json.dumps(self.record, indent=2, sort_keys=True) + "\n"
