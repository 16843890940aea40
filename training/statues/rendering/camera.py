"""Cameras from their descriptions, and lamps as directions."""

import numpy as np
from numpy.typing import NDArray

from training.statues.description.layout import Table, rows
from training.statues.kernels.raster import Lamp, View

Floats = NDArray[np.float64]


def views(camera: Table, side: int) -> NDArray[np.void]:
    """(B,) array of ``raster.View`` for pictures of ``side`` pixels."""
    yaw, pitch, roll = (camera[name].astype(np.float64) for name in ("yaw", "pitch", "roll"))
    back = np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], 1)
    upright = np.stack([np.sin(roll), np.cos(roll), np.zeros_like(roll)], 1)
    # The roll turns about the line of sight: the helper lies in the plane of the unrolled picture.
    level = np.cross([0.0, 1.0, 0.0], back)
    level /= np.linalg.norm(level, axis=1, keepdims=True)
    above = np.cross(back, level)
    right = level * upright[:, 1:2] - above * upright[:, :1]
    tangent = np.tan(camera["field_of_view"].astype(np.float64) / 2)
    distance = camera["half"] / tangent
    result = rows(View, len(camera))
    result["eye"] = camera["centre"] + back * distance[:, None]
    result["right"], result["up"], result["back"] = right, np.cross(back, right), back
    result["distance"], result["scale"], result["spread"] = distance, side / (2 * tangent), 2 * tangent
    return result


def project_points(view: NDArray[np.void], side: int, points: Floats) -> Floats:
    """(B, K, 3) points in cm -> (B, K, 3) column, row (pixels, first centre at 0.5) and depth before the eye in cm."""
    d = points - view["eye"][:, None]
    along = {name: np.einsum("bkc,bc->bk", d, view[name]) for name in ("right", "up", "back")}
    depth = -along["back"]
    scale = view["scale"][:, None] / np.maximum(depth, 1.0)
    return np.stack([side / 2 + along["right"] * scale, side / 2 - along["up"] * scale, depth], -1)


def lamps(towards: Floats, on: NDArray[np.bool_]) -> NDArray[np.void]:
    """(B, L) array of ``raster.Lamp`` for (B, L, 3) unit vectors."""
    helper = np.where(np.abs(towards[..., 1:2]) < 0.95, [0.0, 1.0, 0.0], [1.0, 0.0, 0.0])
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    result = rows(Lamp, towards.shape[:2])
    result["towards"], result["right"], result["up"], result["on"] = towards, right, np.cross(towards, right), on
    return result
