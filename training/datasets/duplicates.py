"""Near duplicates among face crops: the same photograph scaled, re-encoded, recoloured, mirrored or cut differently.

Candidates come from a 64-bit perceptual hash (the signs of the lowest frequencies of a discrete cosine transform,
Zauner 2010); they are confirmed by the correlation of their fine detail. Two photographs of similar faces agree in
their shading, but only one photograph agrees with itself in its detail.

Measured: of the 878 statue faces of the thesis, the eight pairs at ``SAME`` or above are one photograph each, among
them one that its list of duplicates does not have; the four pairs between ``ALIKE`` and ``SAME`` are one statue each
(one of them a photograph and its blurred copy). Of 254 studio portraits in one light, different people reach 0.77, and
one person with and without a smile 0.78 in the median and up to 0.96: pictures of a series can count as duplicates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: Sides in pixels of the pictures that are hashed and compared, and how many frequencies per axis the hash holds.
#: Chosen; 8 frequencies per axis make the 64 bits.
HASHED, COMPARED, FREQUENCIES = 32, 96, 8
#: Candidates differ in at most so many of the 64 bits. Chosen: loose, since ``SAME`` decides.
MOST_BITS = 18
#: Detail is what a Gaussian of so many pixels takes away. Set by eye.
BLUR = 3.0
#: Correlation from which two crops are one photograph, and from which they may be one statue in the same light, which
#: a split should not tear apart. Measured, as said above.
SAME, ALIKE = 0.82, 0.65
#: The middle of one crop, over its side, is looked for in the other one at these sizes: finders and people frame the
#: same face a little differently. Chosen.
MIDDLE, SIZES = 0.69, (0.9, 0.925, 0.95, 0.975, 1.0, 1.025, 1.05, 1.075, 1.1)
#: Most candidates are dropped by a quick look first: side in pixels, correlation and sizes. Chosen, for time.
QUICK, QUICK_ALIKE, QUICK_SIZES = 32, 0.5, (0.95, 1.0, 1.05)
#: Fingerprints compared with all others at a time; chosen, for memory.
ROWS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What a crop is compared by.

    Hashes of it and of its mirror image; its detail (96, 96) and the same small, (32, 32), both float32.
    """

    hash: int
    mirrored_hash: int
    detail: NDArray[np.float32]
    small: NDArray[np.float32]


def fingerprint(crop: NDArray[np.uint8]) -> Fingerprint:
    """Of a square crop (S, S, 3) RGB."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    small = cv2.resize(grey, (COMPARED, COMPARED), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = np.asarray(small - cv2.GaussianBlur(small, (0, 0), BLUR), np.float32)
    quick = np.asarray(cv2.resize(detail, (QUICK, QUICK), interpolation=cv2.INTER_AREA), np.float32)
    return Fingerprint(_hash(grey), _hash(np.ascontiguousarray(grey[:, ::-1])), detail, quick)


def _hash(grey: NDArray[np.uint8]) -> int:
    small = cv2.resize(grey, (HASHED, HASHED), interpolation=cv2.INTER_AREA).astype(np.float32)
    # The first row and column of frequencies say only how light falls off, which faces share.
    low = cv2.dct(small)[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1].ravel()
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


class Groups:
    """Numbers 0 .. count - 1, joined pair by pair; a group is called by its smallest number."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def of(self, number: int) -> int:
        """The group of a number."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Make the groups of two numbers one."""
        low, high = sorted((self.of(one), self.of(other)))
        self._parent[high] = low


def similar_pairs(prints: Sequence[Fingerprint]) -> list[tuple[int, int, float]]:
    """(earlier, later, correlation) of all crops that are at least ``ALIKE``, mirror images included; in order."""
    best: dict[tuple[int, int], float] = {}
    for one, other, mirrored in _candidates(prints):
        if correlation(prints[one].small, prints[other].small, mirrored, QUICK_SIZES) < QUICK_ALIKE:
            continue
        found = correlation(prints[one].detail, prints[other].detail, mirrored)
        if found >= ALIKE:
            best[one, other] = max(found, best.get((one, other), found))
    return [(one, other, value) for (one, other), value in sorted(best.items())]


def _candidates(prints: Sequence[Fingerprint]) -> list[tuple[int, int, bool]]:
    """(earlier, later, whether the later one's mirror image is meant) with hashes close to each other."""
    hashes = np.array([p.hash for p in prints], np.uint64)
    mirrored = np.array([p.mirrored_hash for p in prints], np.uint64)
    found: list[tuple[int, int, bool]] = []
    for start in range(0, len(prints), ROWS_AT_ONCE):
        rows = hashes[start : start + ROWS_AT_ONCE, None]
        for flipped, columns in ((False, hashes), (True, mirrored)):
            close = np.bitwise_count(rows ^ columns[None]) <= MOST_BITS
            found += [(int(r + start), int(c), flipped) for r, c in np.argwhere(close) if r + start < c]
    return found


def correlation(
    one: NDArray[np.float32], other: NDArray[np.float32], mirrored: bool = False, sizes: Sequence[float] = SIZES
) -> float:
    """Greatest correlation, -1 to 1, of the middle of one detail picture with any place of the other one.

    Args:
        one, other: (S, S).
        mirrored: take the other one's mirror image.
        sizes: to which the other one is scaled.
    """
    if mirrored:
        other = np.ascontiguousarray(other[:, ::-1])
    side = len(one)
    edge = round(side * (1 - MIDDLE) / 2)
    middle = one[edge : side - edge, edge : side - edge]
    # Even surfaces have no detail to compare.
    if min(middle.std(), other.std()) < 1e-3:
        return 1.0 if max(middle.std(), other.std()) < 1e-3 else 0.0
    best = -1.0
    for size in (round(side * scale) for scale in sizes):
        scaled = cv2.resize(other, (size, size), interpolation=cv2.INTER_LINEAR)
        best = max(best, float(cv2.matchTemplate(scaled, middle, cv2.TM_CCOEFF_NORMED).max()))
    return best
