"""The search suite's pictures: faces to be found, and pictures and holes where nobody may be found.

Everything about a case follows from its place in the list. Heads are those of ``searched.heads``; scenes are stone,
panoramas and plain paper; nobody else stands in them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import face_outline, unturned_eye_distance
from training.suites.cases import DAMAGE
from training.suites.composed.cases import hole_on, paste_head
from training.suites.composed.heads import Head, Heads
from training.suites.composed.scenes import Rgb, Scenes, panoramas, stones
from training.suites.searched.heads import MATERIALS, PER_YAW, YAWS, wanted_heads

#: Scenes that heads are set into.
GROUNDS = ("stone", "panorama", "plain")
#: Longer side of a picture, and of the 68 points' box over it; chosen.
SIDES, FACE_SHARE = (480.0, 1000.0), (0.22, 0.5)
#: Degrees by which heads, or whole photographs, are rolled; so many cases of each. Chosen.
ROLLS, PER_ROLL = tuple(range(0, 360, 45)), 6
#: Cases of each kind of crop and damage; chosen.
CROPS, DAMAGED, FACELESS, BESIDE = 16, 16, 100, 100
#: What a crop from the brows to the chin leaves round the points, over their box; chosen.
CROP_MARGIN = 0.03
#: Holes beside a face: radius, and least and largest distance from the face's outline, over the points' box; chosen.
HOLE_RADIUS, HOLE_AWAY = (0.12, 0.3), (0.45, 1.3)
#: Largest sides of pictures without a face; chosen.
FACELESS_SIDE = 900


@dataclass(frozen=True, eq=False)
class SearchCase:
    """One picture and its mask.

    Attributes:
        group: "yaw 40", "roll 135", "gilt", "crop", "nose", "half", "face missing", "no face", "hole beside".
        rgb: (H, W, 3) uint8; hole: (H, W) bool.
        points: (68, 2) of the face that is to be found, in pixels; None where nobody may be.
        yaw: degrees.
    """

    group: str
    rgb: Rgb
    hole: NDArray[np.bool_]
    points: NDArray[np.float64] | None
    yaw: float = 0.0


def search_cases(assets: Path, heads: Heads, every: int = 1) -> Iterator[SearchCase]:
    """The suite; of each group the first, and every so manieth after it.

    Args:
        assets: of the scenes.
        heads: of ``search_heads``.
        every: 1 = all.
    """
    maker = _Maker(Scenes(assets, []), heads)
    plans = [*maker.faces(), *(("no face", number) for number in range(FACELESS))]
    plans += [("hole beside", number) for number in range(BESIDE)]
    empty = [*stones(assets), *panoramas(assets)]
    for group in dict.fromkeys(name for name, _ in plans):
        for number in [number for name, number in plans if name == group][::every]:
            yield maker.without_face(number, empty) if group == "no face" else maker.case(group, number)


class _Maker:
    """Makes cases out of heads and scenes."""

    def __init__(self, scenes: Scenes, heads: Heads) -> None:
        self._scenes = scenes
        groups = [one.group for one in wanted_heads()]
        self._heads = {
            name: [head for head, of in zip(heads.faces, groups, strict=True) if of == name]
            for name in dict.fromkeys(groups)
        }
        #: Of stone and whatever was drawn, from the front to 30 degrees.
        self._plain = [head for name in ("yaw 0", "yaw 10", "yaw 20", "yaw 30", "stone") for head in self._heads[name]]

    def faces(self) -> list[tuple[str, int]]:
        """(group, number) of the cases with a face to be found, and of those whose face is missing."""
        counts = {f"yaw {yaw}": PER_YAW for yaw in YAWS}
        counts |= {f"roll {roll}": PER_ROLL for roll in ROLLS}
        counts |= {name: len(self._heads[name]) for name in MATERIALS}
        counts |= {"crop": CROPS, "nose": DAMAGED, "half": DAMAGED, "face missing": DAMAGED}
        return [(group, number) for group, count in counts.items() for number in range(count)]

    def case(self, group: str, number: int) -> SearchCase:
        """One case with a head in it."""
        rng = np.random.default_rng([group_key(group), number])
        own = self._heads.get(group)
        head = own[number] if own else self._plain[int(rng.integers(len(self._plain)))]
        roll = int(group.split()[1]) if group.startswith("roll") else 0
        quarter, rest = divmod(roll, 90)
        rgb, points = self._picture(head, math.radians(rest + rng.uniform(-5, 5)), rng, wide=group == "hole beside")
        hole = np.zeros(rgb.shape[:2], bool)
        if group in ("nose", "half") or ((group in MATERIALS or group.startswith(("roll", "crop"))) and number % 2):
            hole = hole_on(points, group if group == "half" else "nose", rgb.shape[:2], rng)[0]
        elif group == "face missing":
            hole = face_outline(points, rgb.shape[:2])
            hole = cv2.dilate(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        elif group == "hole beside":
            hole = _hole_beside(points, rgb.shape[:2], rng)
        rgb[hole] = DAMAGE
        if group == "crop":
            rgb, hole, points = _crop(rgb, hole, points)
        for _ in range(quarter):
            points = np.column_stack([rgb.shape[0] - points[:, 1], points[:, 0]])
            rgb, hole = np.rot90(rgb, -1), np.rot90(hole, -1)
        whole = group != "hole beside"
        return SearchCase(
            group, np.ascontiguousarray(rgb), np.ascontiguousarray(hole), points if whole else None, head.yaw
        )

    def without_face(self, number: int, empty: list[Rgb]) -> SearchCase:
        """Stone and its maps, panoramas, and heads from behind; every other with a round hole."""
        rng = np.random.default_rng([group_key("no face"), number])
        if number < len(empty):
            rgb = empty[number].copy()
            scale = FACELESS_SIDE / max(rgb.shape[:2])
            if scale < 1:
                rgb = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        else:
            backs = self._heads["back"]
            rgb, _ = self._picture(backs[number % len(backs)], rng.uniform(-0.3, 0.3), rng)
        height, width = rgb.shape[:2]
        hole = np.zeros((height, width), np.uint8)
        if number % 2:
            centre = rng.uniform(0.3, 0.7, 2) * (width, height)
            cv2.circle(hole, (int(centre[0]), int(centre[1])), int(rng.uniform(20, 90)), 1, -1)
        rgb[hole > 0] = DAMAGE
        return SearchCase("no face", rgb, hole > 0, None)

    def _picture(
        self, head: Head, roll: float, rng: np.random.Generator, wide: bool = False
    ) -> tuple[Rgb, NDArray[np.float64]]:
        """A head, rolled clockwise by so many radians, somewhere in a scene; and its points."""
        longer = rng.uniform(*SIDES)
        share = FACE_SHARE[0] if wide else rng.uniform(*FACE_SHARE)
        width, height = (
            (longer, longer * rng.uniform(0.66, 1)) if rng.random() < 0.5 or wide else (longer * 0.75, longer)
        )
        ground = GROUNDS[int(rng.integers(len(GROUNDS)))]
        canvas, _ = self._scenes.draw(ground, round(width), round(height), rng)
        turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
        turned = head.points @ turn.T
        scale = share * longer / float(np.ptp(turned, axis=0).max())
        low, high = scale * turned.min(axis=0), scale * turned.max(axis=0)
        # Most of the head is seen, too.
        room = np.maximum(0.3 * (high - low), 4.0)
        space = np.maximum((width, height) - (high - low) - 2 * room, 0.0)
        corner = room + rng.uniform(0, 1, 2) * space
        matrix = np.column_stack([scale * turn, corner - low])
        paste_head(canvas, head, matrix)
        return canvas, head.points @ matrix[:, :2].T + matrix[:, 2]


def group_key(group: str) -> int:
    """A number of a group that is the same on every machine."""
    return int.from_bytes(group.encode(), "little") % 1_000_003


def _crop(
    rgb: Rgb, hole: NDArray[np.bool_], points: NDArray[np.float64]
) -> tuple[Rgb, NDArray[np.bool_], NDArray[np.float64]]:
    """What a user cuts out who wants the face and nothing else: from the brows to the chin, without a border."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = CROP_MARGIN * float((high - low).max())
    x0, y0 = np.maximum(np.floor(low - margin), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high + margin), rgb.shape[1::-1]).astype(int)
    return rgb[y0:y1, x0:x1].copy(), hole[y0:y1, x0:x1], points - (x0, y0)


def _hole_beside(points: NDArray[np.float64], shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A disc in the picture that keeps away from the face: on the hair's far side, the neck, or what is behind."""
    size = float(np.ptp(points, axis=0).max())
    away = cv2.distanceTransform((~face_outline(points, shape)).astype(np.uint8), cv2.DIST_L2, 5)
    radius = rng.uniform(*HOLE_RADIUS) * size
    near, far = (radius + share * size for share in HOLE_AWAY)
    y, x = np.nonzero((away >= near) & (away <= far))
    if not len(y):
        y, x = np.nonzero(away >= away.max() - 1)
    index = int(rng.integers(len(y)))
    disc = np.zeros(shape, np.uint8)
    cv2.circle(disc, (int(x[index]), int(y[index])), max(4, int(radius)), 1, -1)
    return disc > 0


def error_of(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Mean distance of the 68 points over ``unturned_eye_distance``."""
    return float(np.linalg.norm(found - truth, axis=1).mean()) / unturned_eye_distance(truth)
