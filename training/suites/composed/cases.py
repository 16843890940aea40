"""Composed pictures for the face-frame suite: one to three heads in a scene, a mask on one of them, the truth exact.

Everything about a case follows from its number. Heads come from the statue factory (``frame_heads``), so their 68
landmarks are known wherever they are pasted, and hidden or missing ones too.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.landmarks68 import unturned_eye_distance
from statue_models.pixels.grid import opencv_matrix
from training.suites.cases import DAMAGE
from training.suites.composed.heads import Head, Heads
from training.suites.composed.scenes import KINDS, Box, Rgb, Scenes
from training.suites.masks import damage_mask

#: Half faces are the hardest and the most wanted, so they come up twice as often as the others.
DAMAGES = ("nose", "mouth", "eye", "chin", "half", "half", "cracks", "boxes")
#: Longer side in pixels of the 68 points' box. Chosen.
FACE_SIZES = (60.0, 2000.0)
#: The picture's longer side, over the face's, and in pixels. Chosen.
PICTURE_OVER_FACE, LONGEST_SIDE = (1.35, 14.0), 3600
#: Width over height: square, and photographs' usual 4:3, 3:2 and 16:9.
ASPECTS = (1.0, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9)
#: Roll of the eye line, degrees. Chosen.
LARGEST_ROLL = 30.0
#: Share of the faces that touch the picture's edge, and how far their box may reach beyond it, over its size. Chosen.
NEAR_EDGE, BEYOND_EDGE = 0.25, 0.08
#: The hole is drawn in a square of so many pixels and eye distances, as large a part of it as in the check suite.
#: Chosen.
HOLE_SIDE, HOLE_EXTENT = 256, 2.8
#: A head's box over its 68 points' box: nobody else stands within it. Set by eye.
ROOM = 1.6


@dataclass(frozen=True, eq=False)
class FrameCase:
    """One damaged picture with its truth.

    Attributes:
        number: of the case. profile: whether the head is in profile and must be refused.
        rgb: (H, W, 3) uint8, grey in the hole; hole: (H, W) bool.
        points: (68, 2) landmarks of the head under the hole, pixels.
        damage, scene: kinds. faces: number of faces in the picture.
        size: longer side of the points' box in pixels. yaw, roll: degrees. at_edge: whether it touches the edge.
    """

    number: int
    profile: bool
    rgb: Rgb
    hole: NDArray[np.bool_]
    points: NDArray[np.float64]
    damage: str
    scene: str
    faces: int
    size: float
    yaw: float
    roll: float
    at_edge: bool


def composed_cases(heads: Heads, scenes: Scenes, count: int, profiles: int) -> Iterator[FrameCase]:
    """``count`` cases with faces that can be restored, then ``profiles`` with heads in profile."""
    for number in range(count):
        yield _case(number, heads.faces[number % len(heads.faces)], heads, scenes)
    for number in range(profiles):
        yield _case(count + number, heads.profiles[number % len(heads.profiles)], heads, scenes, profile=True)


def composed_digest(cases: Iterator[FrameCase]) -> str:
    """sha256 over pictures and holes: two tables compare only if it is the same."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(case.rgb.tobytes())
        digest.update(np.packbits(case.hole).tobytes())
    return digest.hexdigest()


def _case(number: int, head: Head, heads: Heads, scenes: Scenes, profile: bool = False) -> FrameCase:
    rng = np.random.default_rng([7, number, int(profile)])
    damage = DAMAGES[number % len(DAMAGES)]
    # Not in step with the damage.
    scene = KINDS[(number // len(DAMAGES) + number) % len(KINDS)]
    while True:
        case = _draw_case(number, head, heads, scenes, damage, scene, rng, profile)
        if case is not None:
            return case


def _draw_case(
    number: int,
    head: Head,
    heads: Heads,
    scenes: Scenes,
    damage: str,
    scene: str,
    rng: np.random.Generator,
    profile: bool,
) -> FrameCase | None:
    """One try; None where the face finds no room, or most of its hole would lie outside the picture."""
    size = math.exp(rng.uniform(*np.log(FACE_SIZES)))
    width, height = _picture_size(size, scene, rng)
    at_edge = rng.random() < NEAR_EDGE
    paste = _place_head(head, size, (width, height), at_edge, rng)
    canvas, taken = scenes.draw(scene, width, height, rng)
    own = _box(paste @ _homogeneous(head.points))
    if any(_overlap(_grow_box(own), _grow_box(other)) for other in taken):
        return None
    others = 0
    for _ in range(int(rng.integers(3 - len(taken)))):
        other = heads.faces[rng.integers(len(heads.faces))]
        matrix = _place_head(other, size * rng.uniform(0.5, 1.6), (width, height), False, rng)
        box = _box(matrix @ _homogeneous(other.points))
        if not any(_overlap(_grow_box(box), _grow_box(known)) for known in [own, *taken]):
            paste_head(canvas, other, matrix)
            taken.append(box)
            others += 1
    paste_head(canvas, head, paste)
    points = (paste @ _homogeneous(head.points)).T
    hole, share = hole_on(points, damage, (height, width), rng)
    if hole.sum() < 12 or share < 0.6:
        return None
    canvas[hole] = DAMAGE
    return FrameCase(
        number, profile, canvas, hole, points, damage, scene, 1 + len(taken), size, head.yaw,
        math.degrees(_eye_line(points)), at_edge,
    )  # fmt: skip


def _picture_size(size: float, scene: str, rng: np.random.Generator) -> tuple[int, int]:
    """Width and height of a picture around a face of so many pixels."""
    low, high = PICTURE_OVER_FACE
    # Beside a bust there must be room.
    low = 4.0 if scene == "photograph" else low
    longer = size * math.exp(rng.uniform(math.log(low), math.log(high)))
    longer = min(max(longer, 200.0), max(LONGEST_SIDE, low * size))
    aspect = 16 / 9 if scene == "photograph" else ASPECTS[rng.integers(len(ASPECTS))]
    width, height = (longer, longer / aspect) if aspect >= 1 else (longer * aspect, longer)
    shorter = 1.15 * size
    return round(max(width, shorter)), round(max(height, shorter))


def _place_head(
    head: Head, size: float, extent: tuple[int, int], at_edge: bool, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(2, 3) map from the head's render to the picture: its size, roll and place."""
    roll = math.radians(rng.uniform(-LARGEST_ROLL, LARGEST_ROLL))
    by = roll - _eye_line(head.points) if abs(head.yaw) <= 60 else roll
    turn = np.array([[math.cos(by), -math.sin(by)], [math.sin(by), math.cos(by)]])
    turned = head.points @ turn.T
    matrix = np.column_stack([turn * (size / float(np.ptp(turned, axis=0).max())), np.zeros(2)])
    x0, y0, x1, y1 = _box(matrix @ _homogeneous(head.points))
    room = np.array(extent, np.float64) - (x1 - x0, y1 - y0)
    corner = rng.uniform(0, 1, 2) * room
    if at_edge:
        axis, beyond = int(rng.integers(2)), rng.uniform(0, BEYOND_EDGE) * size
        corner[axis] = -beyond if rng.random() < 0.5 else room[axis] + beyond
    matrix[:, 2] = corner - (x0, y0)
    return matrix


def paste_head(canvas: Rgb, head: Head, matrix: NDArray[np.float64]) -> None:
    """Draw the cut-out head into the canvas, in place."""
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    picture = np.dstack([head.rgb, head.alpha]).astype(np.float32)
    picture[..., :3] *= picture[..., 3:] / 255
    if scale < 1:
        blur = 0.5 * math.sqrt(1 / scale**2 - 0.99)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.float32)
    side = head.rgb.shape[0]
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float64)
    x0, y0, x1, y1 = _box(matrix @ _homogeneous(corners))
    left, top = max(0, math.floor(x0)), max(0, math.floor(y0))
    right, bottom = min(canvas.shape[1], math.ceil(x1)), min(canvas.shape[0], math.ceil(y1))
    if right <= left or bottom <= top:
        return
    local = opencv_matrix(matrix)
    local[:, 2] -= left, top
    drawn = cv2.warpAffine(picture, local, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    part = canvas[top:bottom, left:right]
    part[:] = np.rint(np.clip(drawn[..., :3] + part * (1 - drawn[..., 3:] / 255), 0, 255)).astype(np.uint8)


def hole_on(
    points: NDArray[np.float64], damage: str, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], float]:
    """The hole (H, W), and the share of it that lies in the picture."""
    side = HOLE_EXTENT * unturned_eye_distance(points)
    scale, angle = side / HOLE_SIDE, _eye_line(points)
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    shift = points.mean(axis=0) - turn @ np.full(2, HOLE_SIDE / 2)
    within = (points - shift) @ np.linalg.inv(turn).T
    small = damage_mask(within, damage, (HOLE_SIDE, HOLE_SIDE), rng)
    local = opencv_matrix(np.column_stack([turn, shift]))
    drawn = cv2.warpAffine(small.astype(np.float32), local, shape[::-1], flags=cv2.INTER_LINEAR)
    hole = drawn > (0.5 if scale > 0.5 else 0.25)
    return hole, float(hole.sum()) / max(1.0, float(small.sum()) * scale**2)


def _eye_line(points: NDArray[np.float64]) -> float:
    """Angle in radians of the line from one eye to the other of (68, 2) points. Frozen: cases are turned by it."""
    right, left = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    return math.atan2(left[1] - right[1], left[0] - right[0])


def _homogeneous(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, N) of (N, 2)."""
    return np.vstack([points.T, np.ones(len(points))])


def _box(points: NDArray[np.float64]) -> Box:
    """Of (2, N) points."""
    low, high = points.min(axis=1), points.max(axis=1)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _grow_box(box: Box) -> Box:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = ROOM * max(box[2] - box[0], box[3] - box[1]) / 2
    return x - half, y - half, x + half, y + half


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
