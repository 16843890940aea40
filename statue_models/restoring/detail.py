"""Fine detail at the photograph's own resolution: what a crop smaller than the face cannot hold.

A fill is worked out on a crop of at most 512 pixels. On a larger face it would look smooth beside the stone, so the
structure that the crop lost, photograph minus enlarged crop, is borrowed from the visible patches that the fill came
from (``Fill.borrow``). Only its luma is moved: the stone's hue stays the fill's.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.inpainting.patches import clip_edges, window_votes
from statue_models.methods.method import Crop, Fill
from statue_models.pixels.bands import bands
from statue_models.pixels.grid import cells_at, centres_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.samples import LUMA

#: Photograph pixels per crop pixel below which the crop holds everything. Chosen.
WORTH_IT = 1.15


class FineDetail:
    """What the crop lost of the visible stone, ready to be borrowed by every fill of one photograph.

    Args:
        luma: (H, W) float32 0..1 of a part of the photograph that the frame sees.
        part: that part.
        crop: as the method had it.
        frame: the crop's.
        rectangle: of the photograph, that detail is wanted for.
        hole: (height, width) bool, the pixels in it that are missing.
    """

    def __init__(
        self,
        luma: NDArray[np.float32],
        part: Rectangle,
        crop: Crop,
        frame: FaceFrame,
        rectangle: Rectangle,
        hole: NDArray[np.bool_],
    ) -> None:
        self._size, self._hole = crop.size, hole
        self._worth_it = crop.scale >= WORTH_IT
        if not self._worth_it:
            return
        enlarged = frame.uncrop(crop.rgb @ np.array(LUMA, np.float32), part)
        self._lost = np.subtract(luma, enlarged, out=enlarged)
        self._frame, self._part, self._corner = frame, part, rectangle.corner
        self._turn = frame.matrix(crop.size)[:, :2].astype(np.float32)

    def of(self, fill: Fill) -> NDArray[np.float32]:
        """(h, w) luma to add to the enlarged fill over the rectangle; 0 outside the hole."""
        out = np.zeros(self._hole.shape, np.float32)
        if fill.borrow is None or not self._worth_it or not self._hole.any():
            return out
        for band in bands(len(out)):
            rows, columns = np.nonzero(self._hole[band])
            if len(rows):
                cells = np.stack([columns + self._corner[0], rows + band.start + self._corner[1]], 1)
                out[band][rows, columns] = self._at(centres_of(cells), fill.borrow)
        return clip_edges(out, self._hole)

    def _at(self, places: NDArray[np.float64], borrow: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) luma borrowed for (N, 2) positions in the photograph."""
        in_crop = self._frame.to_crop(places, self._size).astype(np.float32)
        in_luma = cells_at(places - np.array(self._part.corner)).astype(np.float32)
        total, sums = np.full(len(places), 1e-9, np.float32), np.zeros(len(places), np.float32)
        for shift, weight in window_votes(in_crop, borrow, self._size / borrow.shape[0]):
            there = in_luma + shift @ self._turn.T
            sums += weight * _sample_bilinear(self._lost, there)
            total += weight
        return sums / total


def _sample_bilinear(picture: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) bilinear samples of (H, W) at (N, 2) positions, pixel centres at integers."""
    width = 4096  # remap takes pictures, not lists, and none wider than 32767
    rows = -(-len(places) // width)
    padded = np.zeros((rows * width, 2), np.float32)
    padded[: len(places)] = places
    maps = padded.reshape(rows, width, 2)
    samples = cv2.remap(picture, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(samples, np.float32).ravel()[: len(places)]
