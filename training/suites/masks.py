"""Seeded damage: the holes of the evaluation suites. True = missing."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import HAIRLINE, interocular_distance, raise_brows
from statue_models.pixels.grid import centres_of

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: A feature is broken away.
FEATURES = ("nose", "mouth", "eye", "chin", "half")
#: The surface is damaged.
SURFACE = ("cracks", "pits", "boxes")
KINDS = FEATURES + SURFACE

#: Strength of the value noise that frays a hole's edge, by its grid's number of cells: standard deviations, over the
#: hole's own radius. Set by eye.
NOISE = ((5, 0.12), (10, 0.08), (20, 0.05))


def damage_mask(points: Points, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """A hole of a kind.

    Args:
        points: (68, 2) landmarks (x, y) in pixels of the picture.
        kind: one of ``KINDS``.
        shape: (H, W) of the picture.
        rng: decides the side, the edge and the places; nothing else does.

    Returns:
        (H, W) bool. It may be empty where the feature lies outside the picture.
    """
    if kind in FEATURES:
        return _broken_feature(points, kind, shape, rng)
    makers: dict[str, Callable[[Points, tuple[int, int], np.random.Generator], Mask]]
    makers = {"cracks": _cracks, "pits": _pits, "boxes": _boxes}
    return makers[kind](points, shape, rng)


def _broken_feature(points: Points, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """An ellipse with a frayed edge over the feature."""
    # Both sides are drawn whatever the kind is, so that a seed's noise does not depend on the kind.
    eye = points[36:42] if rng.random() < 0.5 else points[42:48]
    side = points[[1, 2, 3, 31, 36]] if rng.random() < 0.5 else points[[15, 14, 13, 35, 45]]
    # Centre, and semi-axes in distances of the outer eye corners.
    centre, across, down = {
        "nose": (points[30], 0.28, 0.38),
        "mouth": (points[[48, 54]].mean(0), 0.45, 0.25),
        "eye": (eye.mean(0), 0.34, 0.24),
        "chin": (points[8], 0.5, 0.35),
        "half": (side.mean(0), 0.6, 0.95),
    }[kind]
    unit = interocular_distance(points)
    y, x = centres_of(np.mgrid[: shape[0], : shape[1]])
    distance = np.sqrt(((x - centre[0]) / (across * unit)) ** 2 + ((y - centre[1]) / (down * unit)) ** 2)
    return distance + _value_noise(shape, rng) < 1


def _value_noise(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    total = np.zeros(shape)
    for cells, strength in NOISE:
        grid = rng.normal(0, 1, (cells, cells))
        total += cv2.resize(grid, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) * strength
    return total


def _face(points: Points, shape: tuple[int, int]) -> Mask:
    """Hull of the landmarks with the brows raised to about the hairline."""
    raised = raise_brows(points, HAIRLINE)
    filled = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(filled, cv2.convexHull(np.rint(np.concatenate([points, raised])).astype(np.int32)), 1)
    return filled.astype(bool)


def _random_place(face: Mask, rng: np.random.Generator) -> NDArray[np.float64]:
    """The centre (x, y) of a random pixel of the face."""
    rows, columns = np.nonzero(face)
    index = rng.integers(len(rows)) if len(rows) else 0
    return centres_of(np.array([columns[index], rows[index]])) if len(rows) else np.array(face.shape[::-1]) / 2


def _cracks(points: Points, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """One to three random walks that keep roughly to a direction, 1.5 to 4 % of the eye distance wide."""
    unit, face = interocular_distance(points), _face(points, shape)
    mask = np.zeros(shape, np.uint8)
    for _ in range(rng.integers(1, 4)):
        angle, width = rng.uniform(0, 2 * np.pi), rng.uniform(0.015, 0.04) * unit
        place = _random_place(face, rng)
        for _ in range(rng.integers(8, 22)):
            angle += rng.normal(0, 0.35)
            following = place + rng.uniform(0.05, 0.12) * unit * np.array([np.cos(angle), np.sin(angle)])
            ends = [tuple(int(v) for v in np.rint(p * 16)) for p in (place, following)]
            thickness = max(1, round(width * rng.uniform(0.7, 1.5)))
            cv2.line(mask, ends[0], ends[1], 1, thickness, cv2.LINE_8, 4)
            place = following
    return mask.astype(bool)


def _pits(points: Points, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Ten to thirty weathered pits, 2 to 6 % of the eye distance in radius."""
    unit, face = interocular_distance(points), _face(points, shape)
    y, x = centres_of(np.mgrid[: shape[0], : shape[1]])
    mask = np.zeros(shape, bool)
    for _ in range(rng.integers(10, 31)):
        centre, radius, flat = _random_place(face, rng), rng.uniform(0.02, 0.06) * unit, rng.uniform(0.6, 1)
        mask |= ((x - centre[0]) / radius) ** 2 + ((y - centre[1]) / (radius * flat)) ** 2 < 1
    return mask


def _boxes(points: Points, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """One rectangle on the face, sides 0.35 to 0.8 of the eye distance."""
    unit = interocular_distance(points)
    centre, half = _random_place(_face(points, shape), rng), rng.uniform(0.175, 0.4, 2) * unit
    y, x = centres_of(np.mgrid[: shape[0], : shape[1]])
    return (np.abs(x - centre[0]) < half[0]) & (np.abs(y - centre[1]) < half[1])
