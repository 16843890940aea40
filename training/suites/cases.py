"""Damaged pictures with their truth, and the frozen suites of photographs, with seeded holes.

``check``: every twelfth well-labelled photograph of statues128's training split, for decisions while working.
``photographs``: the well-labelled ones of its test split, for final tables only.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from training.suites.masks import FEATURES, KINDS, damage_mask

#: (x, y, width, height) in pixels.
Box = tuple[float, float, float, float]

FOLDER = "statues128"
LABELS = "relabelled_landmarks68.json"
#: Photographs of the training split from one of the ``check`` suite to the next; chosen, frozen by its digest.
EVERY = 12
#: Smaller holes (in pixels) are left out. Chosen.
SMALLEST = 30
#: Level that stands in the hole of the damaged picture. Grey, of 255: the middle.
DAMAGE = 128
#: sha256 over all cases of the five feature kinds (``suite_digest``): two tables compare only if it is the same.
CHECK_DIGEST = "27fe9718d40129d9331d8d954cbadbaff71e21aa7980b348f6255a757841a689"
PHOTOGRAPHS_DIGEST = "264ce348f3b364ad1ba4c0030ee1ff65ac2fb68d73bdc1f3384fea02179ac7a2"


@dataclass(frozen=True, eq=False)
class Truth:
    """An undamaged picture: its name, (H, W, 3) uint8 RGB, and its (68, 2) landmarks in pixels (x, y)."""

    name: str
    picture: NDArray[np.uint8]
    points: NDArray[np.float64]


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


def labelled_landmarks(assets: Path, split: str) -> list[tuple[str, NDArray[np.float64]]]:
    """(name, landmarks) of a split's well-labelled photographs, in order."""
    path = assets / FOLDER / LABELS
    if not path.is_file():
        raise StatueError("missing-file", path=path)
    labels = json.loads(path.read_text(encoding="utf-8"))
    good = [name for name in sorted(labels) if name.startswith(split + "/") and labels[name]["good"]]
    return [(name, np.array(labels[name]["points"], np.float64)) for name in good]


def check_pictures(assets: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """(name, landmarks) of the ``check`` suite's pictures, in order.

    Raises:
        StatueError: ``missing-file``.
    """
    return labelled_landmarks(assets, "train")[::EVERY]


def final_pictures(assets: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """(name, landmarks) of the ``photographs`` suite's pictures, in order.

    Raises:
        StatueError: ``missing-file``.
    """
    return labelled_landmarks(assets, "test")


def photographs(assets: Path, named: Iterable[tuple[str, NDArray[np.float64]]]) -> Iterator[Truth]:
    """The photographs of those names.

    Raises:
        StatueError: ``missing-file``; ``not-an-image``.
    """
    for name, points in named:
        path = assets / FOLDER / name
        bgr = cv2.imread(str(path))
        if bgr is None:
            raise StatueError("not-an-image" if path.is_file() else "missing-file", path=path)
        yield Truth(name, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), points)


def cases_of(truths: Iterable[Truth], kinds: Sequence[str] = FEATURES) -> Iterator[Case]:
    """Every picture with a hole of every kind; its kind and the picture's place in the suite alone decide a hole."""
    for number, truth in enumerate(truths):
        for kind in kinds:
            seed = number * 10 + KINDS.index(kind)
            hole = damage_mask(truth.points, kind, truth.picture.shape[:2], np.random.default_rng(seed))
            if hole.sum() >= SMALLEST:
                yield Case(truth.name, kind, truth.picture, hole, truth.points)


def check_cases(assets: Path, kinds: Sequence[str] = FEATURES, limit: int | None = None) -> Iterator[Case]:
    """The cases of the first ``limit`` pictures (all without one) of the ``check`` suite.

    Raises:
        StatueError: as ``photographs`` does.
    """
    return cases_of(photographs(assets, check_pictures(assets)[:limit]), kinds)


def case_digest(case: Case) -> str:
    """sha256 over name, kind, pixels and hole of one case."""
    return suite_digest([case])


def suite_digest(cases: Sequence[Case]) -> str:
    """sha256 over names, kinds, pixels and holes."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(f"{case.name} {case.kind}\n".encode())
        digest.update(case.truth.tobytes())
        digest.update(np.packbits(case.hole).tobytes())
    return digest.hexdigest()
