"""Fine detail at the photograph's own resolution: what a crop smaller than the face cannot hold.

A fill is worked out on a crop of at most 512 pixels. On a larger face it would look smooth beside the stone, so the
structure that the crop lost, photograph minus enlarged crop, is borrowed from the visible patches that the fill came
from (``Fill.borrow``). Only its luma is moved: the stone's hue stays the fill's.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.fitting.patches import window_votes
from statue_models.restoring.compositing import LUMA
from statue_models.restoring.face_frame import FaceFrame
from statue_models.restoring.method import Crop, Fill

Rectangle = tuple[int, int, int, int]

#: Photograph pixels per crop pixel below which the crop holds everything.
WORTH_IT = 1.15


def enlarge(picture: NDArray[np.float32], frame: FaceFrame, rectangle: Rectangle) -> NDArray[np.float32]:
    """A crop-sized picture (S, S) or (S, S, C) as it looks on a rectangle (x, y, width, height) of the photograph."""
    size = picture.shape[0]
    x, y, width, height = rectangle
    corners = np.array([[x, y], [x + 1.0, y], [x, y + 1.0]]) + 0.5
    places = (frame.to_crop(corners, size) - 0.5).astype(np.float64)
    matrix = np.stack([places[1] - places[0], places[2] - places[0], places[0]], axis=1)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def fine_detail(
    luma: NDArray[np.float32], origin: tuple[int, int], crop: Crop, frame: FaceFrame, fill: Fill, rectangle: Rectangle
) -> NDArray[np.float32]:
    """(h, w) luma to add to the enlarged fill on a rectangle of the photograph.

    Args:
        luma: (H, W) float32 0..1 of the part of the photograph that the frame sees.
        origin: (x, y) of that part in the photograph.
        crop, frame, fill: as the method had them and gave it.
        rectangle: (x, y, width, height) in photograph pixels.
    """
    x, y, width, height = rectangle
    if fill.borrow is None or crop.scale < WORTH_IT:
        return np.zeros((height, width), np.float32)
    enlarged = enlarge(crop.rgb @ np.array(LUMA, np.float32), frame, (*origin, luma.shape[1], luma.shape[0]))
    lost = luma - enlarged
    size = crop.hole.shape[0]
    columns, rows = np.meshgrid(np.arange(x, x + width) + 0.5, np.arange(y, y + height) + 0.5)
    places = np.stack([columns.ravel(), rows.ravel()], 1)
    turn = frame.matrix(size)[:, :2].astype(np.float32)
    home = (places - np.array(origin) - 0.5).astype(np.float32).reshape(height, width, 2)
    total, sums = np.full((height, width), 1e-9, np.float32), np.zeros((height, width), np.float32)
    for shift, weight in window_votes(frame.to_crop(places, size), fill.borrow, size / fill.borrow.shape[0]):
        there = home + (shift @ turn.T).reshape(height, width, 2)
        window = weight.reshape(height, width)
        sums += window * cv2.remap(
            lost, there[..., 0], there[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        total += window
    return sums / total
