"""A fill into the photograph at the photograph's own resolution: enlarged, grained as the stone is, met at the border.

Only samples where the mask is 0 are looked at; what stands in the hole, or under a soft edge of the mask, never is.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.restoring.border import RING, carried
from statue_models.restoring.compositing import luma
from statue_models.restoring.cropping import Rectangle, unit_samples
from statue_models.restoring.detail import FineDetail, enlarge
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.landmarks68 import interocular_distance
from statue_models.restoring.method import Crop, Fill
from statue_models.restoring.texture import Grain, drawn, grain_of, grained, log_luma

#: Interocular distances around the hole within which stone speaks for it.
NEAR = 0.5
#: Features whose edges are no grain, and how far around them, in interocular distances.
FEATURES = (range(17, 22), range(22, 27), range(36, 42), range(42, 48), range(48, 60), range(31, 36))
AROUND = 0.06
#: Of the grain where the head is, over that of plain stone: carving is rougher than the cheeks.
STRENGTH = ((64.0, 0.85), (220.0, 2.0), (560.0, 1.6))
CRISP, CRISPEST, CRISP_FADE = ((0.25, 0.7, 0.02), (0.0, 0.5, 0.006)), 0.25, 3.0
SMALL, LARGE = 64.0, 192.0


class Finish:
    """Brings fills of one crop into one photograph.

    Args:
        image: (H, W, C) the photograph, its hole filled with anything that is not the hole's own.
        missing: (H, W) uint8, > 0 = missing, whoever fills it.
        mask: (H, W) uint8, > 0 = missing and filled here.
        rectangle: (x, y, width, height) that is wanted: the mask's bounding box.
        frame: of the crop.
        crop: as the method had it.
    """

    def __init__(
        self,
        image: NDArray[Any],
        missing: NDArray[np.uint8],
        mask: NDArray[np.uint8],
        rectangle: Rectangle,
        frame: FaceFrame,
        crop: Crop,
    ) -> None:
        self._crop, self._frame, self._rectangle = crop, frame, rectangle
        self._interocular = 0.0
        if crop.landmarks is not None:
            self._interocular = interocular_distance(crop.landmarks) * crop.scale
        self._size = float(np.clip((self._interocular - SMALL) / (LARGE - SMALL), 0, 1))
        margin = max(RING + 1, int(NEAR * self._interocular))
        x, y, width, height = rectangle
        left, top = max(0, x - margin), max(0, y - margin)
        right, low = min(image.shape[1], x + width + margin), min(image.shape[0], y + height + margin)
        self._window = (left, top, right - left, low - top)
        self._inner = np.s_[y - top : y - top + height, x - left : x - left + width]
        self._photograph = unit_samples(image, self._window)
        self._hole = mask[top:low, left:right] > 0
        self._known = missing[top:low, left:right] == 0
        self._log = log_luma(luma(self._photograph))
        self._depth = np.asarray(cv2.distanceTransform(self._hole.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
        grown = cv2.dilate(self._hole.astype(np.uint8), np.ones((2 * RING + 1,) * 2, np.uint8)) > 0
        self._ring = grown & self._known
        self._detail = FineDetail(
            luma(self._photograph), self._window[:2], crop, frame, rectangle, self._hole[self._inner]
        )

    def picture(self, fill: Fill, seed: int) -> NDArray[np.float32]:
        """(height, width, 3) float32 in [0, 1] over the rectangle; only samples in the hole are meant."""
        shown = np.where(self._crop.hole[..., None], fill.rgb, self._crop.rgb).astype(np.float32)
        picture = enlarge(shown, self._frame, self._window)
        picture[self._inner] += self._detail.of(fill)[..., None]
        picture = np.clip(picture, 0, 1)
        if fill.stone is not None and self._interocular:
            stone = np.clip(enlarge(fill.stone, self._frame, self._window), 0, 1)
            picture = self._crisp(picture, stone)
            picture = self._grained(picture, stone, seed)
        step = self._photograph - picture
        picture = np.clip(picture + carried(step, self._ring, self._hole, self._depth), 0, 1)
        return np.ascontiguousarray(picture[self._inner])

    def _crisp(self, picture: NDArray[np.float32], stone: NDArray[np.float32]) -> NDArray[np.float32]:
        """Carved edges as sharp as a chisel leaves them: a conditional mean is softer than any statue."""
        log = log_luma(luma(picture))
        added = np.zeros_like(log)
        for small, large, reach in CRISP:
            added += np.float32(small + (large - small) * self._size) * (
                log - cv2.GaussianBlur(log, (0, 0), max(reach * self._interocular, 0.5))
            )
        added *= stone * (1 - np.exp(-np.maximum(self._depth - 1, 0) / CRISP_FADE))
        return np.where(self._hole[..., None], grained(picture, np.clip(added, -CRISPEST, CRISPEST / 2)), picture)

    def _grained(self, picture: NDArray[np.float32], stone: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        grain = self._measured(stone)
        if grain is None:
            return picture
        distances, strengths = zip(*STRENGTH, strict=True)
        strength = float(np.interp(self._interocular, distances, strengths))
        added = drawn(grain, log_luma(luma(picture)), self._hole, np.random.default_rng(seed), strength) * stone
        return np.where(self._hole[..., None], grained(picture, added), picture)

    def _measured(self, stone: NDArray[np.float32]) -> Grain | None:
        known = self._known
        use = known & (stone > 0.5) & ~self._features()
        away = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 5)
        use &= (away < NEAR * self._interocular) & (away > 2)
        return grain_of(self._log, known, use, self._interocular)

    def _features(self) -> NDArray[np.bool_]:
        assert self._crop.landmarks is not None
        points = self._frame.to_photograph(self._crop.landmarks, self._crop.hole.shape[0])
        points = points - np.array(self._window[:2])
        drawn_over = np.zeros(self._hole.shape, np.uint8)
        for feature in FEATURES:
            cv2.fillConvexPoly(drawn_over, cv2.convexHull(points[list(feature)].astype(np.int32)), 1)
        side = 2 * int(AROUND * self._interocular) + 1
        return cv2.dilate(drawn_over, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
