"""The frozen ``check`` suite: every twelfth well-labelled photograph of statues128's training split, with seeded holes.

For decisions while working. The test split is for final tables only and is never read here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.masks import FEATURES, KINDS, damage_mask
from training.evaluation.metrics import Box

FOLDER = "statues128"
EVERY = 12
#: Smaller holes (in pixels) are left out.
SMALLEST = 30
#: Level that stands in the hole of the damaged picture.
DAMAGE = 128
#: sha256 over all cases of the five feature kinds (``suite_digest``): two tables compare only if it is the same.
CHECK_DIGEST = "27fe9718d40129d9331d8d954cbadbaff71e21aa7980b348f6255a757841a689"


@dataclass(frozen=True, eq=False)
class Case:
    """One damaged picture with its truth.

    Attributes:
        name: of the picture, "train/0001.jpg".
        kind: of damage, one of ``masks.KINDS``.
        truth: (H, W, 3) uint8 RGB; hole: (H, W) bool, True = missing.
        points: (68, 2) landmarks of the undamaged picture, pixels (x, y).
    """

    name: str
    kind: str
    truth: NDArray[np.uint8]
    hole: NDArray[np.bool_]
    points: NDArray[np.float64]

    @property
    def damaged(self) -> NDArray[np.uint8]:
        """The picture with grey in the hole: what methods get."""
        return np.where(self.hole[..., None], np.uint8(DAMAGE), self.truth)

    @property
    def box(self) -> Box:
        """The face box: extent of the landmarks, (x, y, width, height)."""
        low, size = self.points.min(0), np.ptp(self.points, axis=0)
        return float(low[0]), float(low[1]), float(size[0]), float(size[1])

    @property
    def coverage(self) -> float:
        """Hole area / face-box area."""
        return float(self.hole.sum()) / (self.box[2] * self.box[3])


def check_pictures(assets: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """(name, landmarks) of the suite's pictures, in order."""
    labels = json.loads((assets / FOLDER / "relabelled_landmarks68.json").read_text(encoding="utf-8"))
    good = [name for name in sorted(labels) if name.startswith("train/") and labels[name]["good"]]
    return [(name, np.array(labels[name]["points"], np.float64)) for name in good[::EVERY]]


def check_cases(assets: Path, kinds: Sequence[str] = FEATURES, limit: int | None = None) -> Iterator[Case]:
    """The suite's cases, picture by picture.

    Args:
        assets: folder with ``statues128``.
        kinds: of damage; a case's hole does not depend on which others are asked for.
        limit: only so many pictures.
    """
    for number, (name, points) in enumerate(check_pictures(assets)[:limit]):
        bgr = cv2.imread(str(assets / FOLDER / name))
        if bgr is None:
            raise FileNotFoundError(assets / FOLDER / name)
        truth = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
        for kind in kinds:
            seed = number * 10 + KINDS.index(kind)
            hole = damage_mask(points, kind, truth.shape[:2], np.random.default_rng(seed))
            if hole.sum() >= SMALLEST:
                yield Case(name, kind, truth, hole, points)


def suite_digest(cases: Sequence[Case]) -> str:
    """sha256 over names, kinds, pixels and holes."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(f"{case.name} {case.kind}\n".encode())
        digest.update(case.truth.tobytes())
        digest.update(np.packbits(case.hole).tobytes())
    return digest.hexdigest()
