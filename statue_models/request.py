"""What goes into a restoration and what comes out: one frozen request determines one result."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.face_box import FaceBox
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmarks68 import Landmarks
from statue_models.phases import Phase
from statue_models.pixels.bands import bands
from statue_models.pixels.rectangle import Rectangle

MAX_VARIANTS = 16
MAX_MEGAPIXELS = 64
MIN_SIDE = 32
#: Smallest side of a box around a face in pixels: a smaller one is a slip of the hand.
MIN_FACE = 8

#: Called with (phase, fraction in [0, 1]); raises StatueError("interrupted") to cancel.
Progress = Callable[[Phase, float], None]


def no_progress(phase: Phase, fraction: float) -> None:
    """The progress callback of a caller who does not care."""


def part_of_progress(progress: Progress, start: float, end: float) -> Progress:
    """The progress callback of a part of the work, which lies between two fractions of the whole."""
    return lambda phase, fraction: progress(phase, (1 - fraction) * start + fraction * end)


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
class RestorationRequest:
    """All that determines a result.

    ``METHOD_OPTIONS`` are the fields that only some methods know (``MethodDescriptor.options``).

    Attributes:
        image: (H, W, C) uint8, uint16 or float32, sRGB-encoded; C is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
            float32 samples are 0..1 for black..white; values outside that range are kept outside the mask.
        mask: (H, W) uint8; 255 = missing, values between are a soft edge, anything > 0 belongs to the hole.
        model: a name of the registry, or "default".
        seed: 0 .. 2**63 - 1; every hypothesis has its own, derived from it (``Hypothesis.of``).
        variants: how many hypotheses, 1 .. 16.
        variant: 1 .. 16, the number of the only hypothesis that is wanted; None = the first ``variants``. It is the one
            that a request for several has at that place, byte for byte.
        quality: "full", or "preview": as fast as the method can, at the same light and colour.
        steps: sampling steps of a generative model; None = the model's own. Methods without steps refuse any.
        landmarks: 68 points that the user gave, or None to find them.
        face: the box around the face that the user gave, or None.
        device: "auto", "cpu" or "cuda".
        precision: "fp32" or "bf16"; networks only.
    """

    image: NDArray[Any]
    mask: NDArray[np.uint8]
    model: str = "default"
    seed: int = 0
    variants: int = 1
    variant: int | None = None
    quality: Literal["full", "preview"] = "full"
    steps: int | None = None
    landmarks: Landmarks | None = None
    face: FaceBox | None = None
    device: str = "auto"
    precision: str = "fp32"

    METHOD_OPTIONS: ClassVar[tuple[str, ...]] = ("steps",)

    def checked(self) -> "RestorationRequest":
        """Itself, after every field has been checked.

        Raises:
            StatueError: with the code of the first thing that is wrong.
        """
        image, mask = self.image, self.mask
        check_picture(image)
        check_mask(mask, image)
        height, width = mask.shape
        if not mask.any():
            raise StatueError("empty-mask")
        if mask.all():
            raise StatueError("full-mask")
        if not 1 <= self.variants <= MAX_VARIANTS:
            raise StatueError("usage", reason=f"the number of variants is {self.variants}, not 1 to {MAX_VARIANTS}")
        if self.variant is not None and not 1 <= self.variant <= MAX_VARIANTS:
            raise StatueError("usage", reason=f"there is no variant {self.variant}, only 1 to {MAX_VARIANTS}")
        if self.variant is not None and self.variants != 1:
            raise StatueError("usage", reason="one variant alone and several are asked for at once")
        if not 0 <= self.seed < 2**63:
            raise StatueError("usage", reason="the seed is not between 0 and 2^63 - 1")
        if self.steps is not None and not 1 <= self.steps <= 1000:
            raise StatueError("usage", reason="the number of steps is not between 1 and 1000")
        if self.quality not in ("full", "preview"):
            raise StatueError("usage", reason=f"there is no quality called {self.quality}")
        if self.device not in ("auto", "cpu", "cuda"):
            raise StatueError("usage", reason=f"there is no device called {self.device}")
        if self.precision not in ("fp32", "bf16"):
            raise StatueError("usage", reason=f"there is no precision called {self.precision}")
        if self.face is not None:
            box = FaceBox(*self.face)
            if not (box.finite and min(box.width, box.height) >= MIN_FACE and box.meets(mask.shape)):
                raise StatueError("bad-face-box", box=box)
        if self.landmarks is not None and np.abs(self.landmarks.points).max() > 10 * max(height, width):
            raise StatueError("bad-landmarks", reason="they lie far outside the picture")
        return self

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Which are wanted, the likeliest first."""
        indices = range(self.variants) if self.variant is None else [self.variant - 1]
        return tuple(Hypothesis.of(self.seed, index) for index in indices)

    def to_json(self) -> dict[str, Any]:
        """The request as a record stores it: pixels by their hash, everything else in full."""
        return {
            "image": {
                "shape": list(self.image.shape),
                "dtype": str(self.image.dtype),
                "sha256": pixel_hash(self.image),
            },
            "mask": {"sha256": pixel_hash(self.mask)},
            "model": self.model,
            "seed": self.seed,
            "variants": self.variants,
            "variant": self.variant,
            "quality": self.quality,
            "steps": self.steps,
            "landmarks": None if self.landmarks is None else self.landmarks.to_json(),
            "face": None if self.face is None else list(self.face),
            "device": self.device,
            "precision": self.precision,
        }


def check_picture(image: NDArray[Any]) -> None:
    """Whether an array is a picture that can be worked on.

    Args:
        image: as in ``RestorationRequest``.

    Raises:
        StatueError: "bad-request", "image-too-small", "image-too-large" or "bad-pixels".
    """
    if image.ndim != 3 or image.shape[2] not in (1, 2, 3, 4) or image.dtype not in (np.uint8, np.uint16, np.float32):
        raise StatueError("bad-request", reason=f"the picture is {image.shape} {image.dtype}")
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise StatueError("image-too-small", width=width, height=height)
    if height * width > MAX_MEGAPIXELS * 1_000_000:
        raise StatueError("image-too-large", megapixels=round(height * width / 1e6), limit=MAX_MEGAPIXELS)
    if image.dtype == np.float32 and not all(np.isfinite(image[band]).all() for band in bands(height)):
        raise StatueError("bad-pixels")


def check_mask(mask: NDArray[Any], image: NDArray[Any]) -> None:
    """Whether an array is a mask of a picture.

    Raises:
        StatueError: "bad-request" or "mask-size".
    """
    if mask.ndim != 2 or mask.dtype != np.uint8:
        raise StatueError("bad-request", reason=f"the mask is {mask.shape} {mask.dtype}")
    (height, width), (mask_height, mask_width) = image.shape[:2], mask.shape
    if mask.shape != (height, width):
        raise StatueError("mask-size", mask_width=mask_width, mask_height=mask_height, width=width, height=height)


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
class Restoration:
    """The result of a request.

    Attributes:
        variants: at least one hypothesis, the most likely first.
        rectangle: the mask's bounding box, which every variant's pixels cover.
        landmarks: the 68 points in photograph pixels, or None for a model that needs none.
        frame: the face frame (or, for a model that knows no faces, the selection's), or None.
        size: side in pixels of the crop through ``frame`` that the method worked on, or None.
        uncertainty: (h, w) uint8 over ``rectangle``: how far the likeliest hypothesis may be off, a standard deviation
            in 8-bit grey levels x 4, saturating at 255; None where the model gives none, or the likeliest is not among
            the variants.
        record: JSON-ready: request, method used, weights hash, engine, versions, threads, timings, landmarks.
    """

    variants: tuple[Variant, ...]
    rectangle: Rectangle
    landmarks: Landmarks | None
    frame: FaceFrame | None
    size: int | None
    uncertainty: NDArray[np.uint8] | None
    record: Mapping[str, Any] = field(default_factory=dict)

    def applied_to(self, image: NDArray[Any], index: int = 0) -> NDArray[Any]:
        """A copy of the photograph with variant ``index`` in place; outside the mask every sample is the input's."""
        out = image.copy()
        out[self.rectangle.slices] = self.variants[index].pixels
        return out

    def record_text(self) -> str:
        """The record as indented JSON."""
        return json.dumps(self.record, indent=2, sort_keys=True) + "\n"
