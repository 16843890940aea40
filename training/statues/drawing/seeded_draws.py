"""Random numbers that belong to a seed and a name: the same on every machine, in any order, in any batch.

Each number is a hash (SplitMix64: Steele, Lea, Flood 2014) of the statue's seed and the number's name, so a new number
changes none of the others and a thousand statues are drawn at once.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Seeds = NDArray[np.uint64]

#: 2^64 over the golden ratio: SplitMix64's increment (Steele et al. 2014).
_STEP = np.uint64(0x9E3779B97F4A7C15)


def _mix_bits(x: Seeds) -> Seeds:
    """SplitMix64's finaliser."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


class SeededDraws:
    """Named numbers of N seeds; every method returns N of them.

    Args:
        seeds: (N,) whole numbers from 0.
    """

    def __init__(self, seeds: NDArray[np.integer] | Sequence[int]) -> None:
        self.seeds = np.asarray(seeds, np.uint64)
        self._roots = _mix_bits(self.seeds * _STEP + _STEP)

    def __len__(self) -> int:
        return len(self.seeds)

    def bits(self, name: str, count: int = 1) -> NDArray[np.uint64]:
        """(N, count) 64 random bits each."""
        key = np.uint64(zlib.crc32(name.encode()))
        steps = np.arange(1, count + 1, dtype=np.uint64) * _STEP
        return _mix_bits(_mix_bits(self._roots ^ (key << np.uint64(16)))[:, None] + steps)

    def uniforms(self, name: str, count: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """(N, count) uniform in [low, high)."""
        return low + (high - low) * ((self.bits(name, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0) -> Floats:
        """(N,) uniform in [low, high)."""
        return self.uniforms(name, 1, low, high)[:, 0]

    def normals(self, name: str, count: int) -> Floats:
        """(N, count) standard normal (Box and Muller 1958)."""
        first, second = self.uniforms(name + "/radius", count), self.uniforms(name + "/angle", count)
        return np.sqrt(-2 * np.log1p(-first)) * np.cos(2 * np.pi * second)

    def normal(self, name: str, spread: float = 1.0, limit: float = np.inf) -> Floats:
        """(N,) normal with the given standard deviation, clipped to +- limit."""
        return np.clip(spread * self.normals(name, 1)[:, 0], -limit, limit)

    def chance(self, name: str, probability: float | Floats) -> Floats:
        """(N,) 1.0 with the probability, else 0.0."""
        return (self.uniform(name) < probability).astype(np.float64)

    def choice(self, name: str, weights: Sequence[float] | Floats) -> NDArray[np.int64]:
        """(N,) indices with the given weights, (K,) or (N, K)."""
        table = np.cumsum(np.broadcast_to(np.asarray(weights, np.float64), (len(self), np.shape(weights)[-1])), axis=1)
        return (self.uniform(name)[:, None] * table[:, -1:] >= table).sum(1).clip(max=table.shape[1] - 1)
