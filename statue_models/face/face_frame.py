"""Where the face is: a square in the photograph, and the exact affine map between it and a crop of any size.

Two pixel grids meet here, photograph and crop. In both, coordinates are (x, y), y down, and the centre of the first
pixel is (0.5, 0.5), so the square's corner is crop position (0, 0) at every crop size (``pixels.grid``).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.pixels.bands import ROWS, bands
from statue_models.pixels.grid import cells_at, centres_of, warp
from statue_models.pixels.overlay import Pixels
from statue_models.pixels.rectangle import Rectangle

#: Side of the frame over the larger side of the landmarks' box. The 68 points end at the brows, so with ``LIFT`` half
#: a box height stays above them (hairline and some hair) and a fifth below the chin.
MARGIN = 1.7
#: How far the frame's centre lies above the box's centre, in larger sides of the box. Both set by eye.
LIFT = 0.15
#: Heads tilted less than this stay in an axis-aligned frame: every model takes such a tilt, and a crop that is only
#: scaled keeps the stone's texture crisper than one that is also rotated. Chosen.
LEVEL = math.radians(15)
#: Least distance of the eyes' middles over that from them to the mouth's, of heads turned by less than about 45
#: degrees; from the front it is some .9. Chosen.
EYES_APART = 0.6

#: Pixels: sides of the crops, and the step between two; chosen.
SMALLEST_CROP, LARGEST_CROP, CROP_STEP = 128, 512, 16


@dataclass(frozen=True)
class FaceFrame:
    """A square in the photograph.

    Attributes:
        centre: (x, y) in photograph pixels.
        side: in photograph pixels.
        angle: radians from the photograph's x axis to the crop's x axis, positive turning x towards y (clockwise on
            the screen).
    """

    centre: tuple[float, float]
    side: float
    angle: float = 0.0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """(2, 3) float64 that takes crop coordinates (x, y, 1) at ``size`` x ``size`` to photograph coordinates."""
        scale = self.scale(size)
        cosine, sine = scale * math.cos(self.angle), scale * math.sin(self.angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        return np.column_stack([turn, np.array(self.centre) - turn @ np.full(2, size / 2)])

    def to_photograph(self, points: NDArray[np.floating], size: int) -> NDArray[np.float64]:
        """(N, 2) crop coordinates at ``size`` as photograph coordinates."""
        matrix = self.matrix(size)
        return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]

    def to_crop(self, points: NDArray[np.floating], size: int) -> NDArray[np.float64]:
        """(N, 2) photograph coordinates as crop coordinates at ``size``."""
        matrix = self.matrix(size)
        return (np.asarray(points, np.float64) - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T

    def crop(
        self, image: Pixels, size: int, read: Callable[[NDArray[Any]], NDArray[Any]] = np.asarray
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The photograph as seen through the frame.

        Shrinking averages first (whole blocks, then a Gaussian for the rest), so nothing aliases; the last step and
        every enlargement is cubic. Outside the photograph its edge is repeated.

        Args:
            image: (H, W) or (H, W, C) uint8, uint16 or float32, C at most 4.
            size: side of the crop in pixels.
            read: what is resampled of rows (h, w) or (h, w, C) of the photograph: the samples themselves, which the
                crop then rounds to their dtype, or floats.

        Returns:
            crop: (size, size) or (size, size, C) of the dtype of ``read``'s answer.
            inside: (size, size) bool, True where the crop pixel's centre lies in the photograph.
        """
        height, width = image.shape[:2]
        matrix = self.matrix(size)
        scale = self.scale(size)
        # Cubic sampling reaches two pixels of the averaged picture, the Gaussian three standard deviations.
        x0, y0, x1, y1 = _window(matrix, size, (width, height), reach=math.ceil(5 * max(scale, 1.0)))
        block = max(1, math.floor(scale))
        rows = block * max(1, ROWS // block)
        parts = [
            block_mean(read(image[y0 + each.start : y0 + each.stop, x0:x1]), block) for each in bands(y1 - y0, rows)
        ]
        source = parts[0] if len(parts) == 1 else np.concatenate(parts)
        rest = scale / block
        if rest > 1.02:
            sigma = 0.5 * math.sqrt(rest * rest - 1)
            source = cv2.GaussianBlur(source, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        local = matrix.copy()
        local[:, 2] -= (x0, y0)
        crop = warp(source, local / block, (size, size), cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)
        if crop.ndim < len(image.shape):
            crop = crop[..., None]
        x, y = _centres(matrix, size)
        return crop, (x >= 0) & (x < width) & (y >= 0) & (y < height)

    def crop_mask(self, mask: Pixels, size: int) -> NDArray[np.uint8]:
        """The mask as seen through the frame; every crop pixel takes the largest value that it touches.

        So not even a hole of one pixel in a 50-megapixel photograph gets lost, and a crop pixel that is 0 shows
        nothing but known stone.

        Args:
            mask: (H, W) uint8 or bool, > 0 = missing.
            size: side of the crop in pixels.

        Returns:
            (size, size) uint8; 0 outside the photograph. A bool mask comes back as 0 and 1.
        """
        height, width = mask.shape
        matrix = self.matrix(size)
        x0, y0, x1, y1 = _window(matrix, size, (width, height), reach=2)
        source = np.ascontiguousarray(mask[y0:y1, x0:x1], dtype=np.uint8)
        out = np.zeros((size, size), np.uint8)
        if not source.any():
            return out
        # Each crop pixel's footprint is looked up on a grid fine enough to meet every photograph pixel in it: steps
        # below one pixel along the axes, below 0.7 where the grid is turned.
        fineness = 1.0 if self.angle == 0 else math.sqrt(2)
        steps = math.ceil(self.scale(size) * fineness) + 1
        # Just inside the border: a pixel that merely shares an edge with the hole does not touch it.
        offsets = np.linspace(-0.499, 0.499, steps)
        for dy in offsets:
            for dx in offsets:
                local = matrix.copy()
                local[:, 2] += local[:, :2] @ (dx, dy) - (x0, y0)
                touched = warp(source, local, (size, size), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT)
                np.maximum(out, touched, out=out)
        return out

    def uncrop(self, picture: NDArray[np.float32], rectangle: Rectangle) -> NDArray[np.float32]:
        """A crop's picture as it looks on a rectangle of the photograph: the way back from ``crop``, cubic.

        Args:
            picture: (size, size) or (size, size, C) float32, C at most 4.
            rectangle: of the photograph.

        Returns:
            (height, width) or (height, width, C) float32; beyond the crop its edge is repeated.
        """
        size, (x, y) = picture.shape[0], rectangle.corner
        corners = centres_of(np.array([[x, y], [x + 1.0, y], [x, y + 1.0]]))
        places = cells_at(self.to_crop(corners, size))
        matrix = np.stack([places[1] - places[0], places[2] - places[0], places[0]], axis=1)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        extent = (rectangle.width, rectangle.height)
        seen = cv2.warpAffine(picture, matrix, extent, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, np.float32)

    def holds(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(N,) which of (N, 2) positions in the photograph lie in the square."""
        places = self.to_crop(points, 1)
        return np.asarray(((places >= 0) & (places <= 1)).all(1))

    def scale(self, size: int) -> float:
        """Photograph pixels per crop pixel at ``size``."""
        return self.side / size

    def to_json(self, size: int | None = None) -> dict[str, object]:
        """The form that records and answers carry, with the side in pixels of the crop through it if that is given."""
        data: dict[str, object] = {"centre": [*self.centre], "side": self.side, "angle": self.angle}
        return data if size is None else {**data, "size": size}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FaceFrame":
        """The frame that ``to_json`` described.

        Raises:
            KeyError, TypeError, ValueError: for anything else.
        """
        x, y = (float(value) for value in data["centre"])
        frame = cls((x, y), float(data["side"]), float(data["angle"]))
        if not (np.isfinite([x, y, frame.side, frame.angle]).all() and frame.side > 0):
            raise ValueError("a face frame needs finite numbers and a positive side")
        return frame


def frame_of_landmarks(points: NDArray[np.floating], margin: float = MARGIN, level: float = LEVEL) -> FaceFrame:
    """The frame that holds the front of the head whose 68 points these are.

    Args:
        points: (68, 2) in photograph pixels.
        margin: side of the frame over the larger side of the points' box.
        level: roll of the eye line, in radians, up to which the frame stays axis-aligned; 0 always follows the roll.
    """
    points = np.asarray(points, np.float64)
    roll = eye_roll(points)
    angle = roll if abs(roll) > level else 0.0
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    upright = points @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    larger = float((high - low).max())
    centre = turn @ ((low + high) / 2 - (0.0, LIFT * larger))
    return FaceFrame((float(centre[0]), float(centre[1])), margin * larger, angle)


def eye_roll(points: NDArray[np.floating]) -> float:
    """Angle in radians of the line from the right eye (36-41) to the left eye (42-47) of (68, 2) points.

    Turned far to the side, the eyes come to lie behind each other, and their line points anywhere; what it lacks is
    taken across the way from the eyes to the mouth.
    """
    right, left, mouth = (points[part].mean(axis=0) for part in (slice(36, 42), slice(42, 48), slice(48, 60)))
    across, down = left - right, mouth - (right + left) / 2
    length, height = math.hypot(*across), math.hypot(*down)
    lacking = EYES_APART - length / height if height else 0.0
    if lacking > 0:
        across = across + lacking * np.array([down[1], -down[0]])
    return math.atan2(across[1], across[0])


def working_size(frame: FaceFrame) -> int:
    """Side of the crop that a method works on: the frame's own pixels, as a multiple of 16 within 128 and 512."""
    size = CROP_STEP * math.ceil(frame.side / CROP_STEP)
    return min(LARGEST_CROP, max(SMALLEST_CROP, size))


def _centres(matrix: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Photograph x and y, each (size, size), of the crop pixels' centres."""
    grid = centres_of(np.arange(size))
    x = matrix[0, 0] * grid[None, :] + matrix[0, 1] * grid[:, None] + matrix[0, 2]
    y = matrix[1, 0] * grid[None, :] + matrix[1, 1] * grid[:, None] + matrix[1, 2]
    return x, y


def _window(matrix: NDArray[np.float64], size: int, extent: tuple[int, int], reach: int) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the part of the photograph (width, height) that the crop needs; never empty."""
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ matrix.T
    limits = np.array(extent)
    low = np.clip(np.floor(corners.min(axis=0)) - reach, 0, limits - 1).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + reach, low + 1, limits).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def block_mean(image: NDArray[Any], block: int) -> NDArray[Any]:
    """Means of ``block`` x ``block`` pixels; the last ones are completed by repeating the edge."""
    if block == 1:
        return np.ascontiguousarray(image)
    height, width = image.shape[:2]
    down, right = -height % block, -width % block
    full = cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE)
    return cv2.resize(full, (full.shape[1] // block, full.shape[0] // block), interpolation=cv2.INTER_AREA)
