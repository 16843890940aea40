"""How rough stone is where so much form is carved: lids and lips are rougher than cheeks, on smooth marble, too."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.inpainting.local_means import normalise_blur

#: Standard deviation of the blur below which form counts as relief, over that of the blur above which it is grain; set
#: by eye.
RELIEF = 3.0
#: Pixels: standard deviation to which wide blurs are brought by making the picture smaller. For time; set by eye.
WIDE = 2.0
#: Groups of pixels of like relief, equally many in each, that a photograph's own relation is read from; set by eye.
GROUPS = 10
FAINTEST = 1e-7  #: mean square of log luma: less is rounding


@dataclass(frozen=True, eq=False)
class Roughness:
    """The relation, as a photograph shows it.

    Attributes:
        relief: (K,) increasing natural logarithms of the mean square of relief.
        rough: (K,) the mean square of what is finer beside so much relief.
    """

    relief: NDArray[np.float64]
    rough: NDArray[np.float64]

    def at(self, relief: NDArray[np.float32]) -> NDArray[np.float64]:
        """(...) mean square to be expected; constant beyond the first and the last."""
        return np.interp(relief, self.relief, self.rough)


def fit_roughness(relief: NDArray[np.float32], rough: NDArray[np.float32]) -> Roughness:
    """What pixels show.

    Args:
        relief, rough: (N,) as ``Neighbourhoods.relief`` and ``Neighbourhoods.roughness`` give them, at least one.
    """
    edges = np.quantile(relief, np.linspace(0, 1, GROUPS + 1)[1:-1])
    group = np.searchsorted(edges, relief, side="right")
    count = np.bincount(group, minlength=GROUPS)
    there = count > 0
    means = (np.bincount(group, values, GROUPS)[there] / count[there] for values in (relief, rough))
    return Roughness(*means)


class Neighbourhoods:
    """Local statistics of some pixels of a picture, on a smaller one.

    Args:
        where: (H, W) bool, the pixels.
        reach: standard deviation in pixels of the blur that parts grain from form.
        wide: the same of the neighbourhoods.
    """

    def __init__(self, where: NDArray[np.bool_], reach: float, wide: float) -> None:
        factor = max(1, int(reach / WIDE))
        self._full, self._reach, self._wide = where.shape, reach / factor, wide / factor
        self._size = (-(-where.shape[1] // factor), -(-where.shape[0] // factor))
        self.share = self.shrink(where.astype(np.float32))

    def relief(self, log: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) natural logarithm of the local mean square of relief.

        Args:
            log: (H, W) log luma, 0 elsewhere.
        """
        sums = self.shrink(log)
        band = self._mean(sums, self._reach) - self._mean(sums, RELIEF * self._reach)
        return np.log(np.maximum(self._mean(band * band * self.share, self._wide), np.float32(FAINTEST)))

    def roughness(self, fine: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) local mean square.

        Args:
            fine: (H, W) log luma less its blur, 0 elsewhere.
        """
        return self._mean(self.shrink(fine * fine), self._wide)

    def enlarge(self, small: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W) of (h, w)."""
        return np.asarray(cv2.resize(small, self._full[::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def shrink(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) means of (H, W)."""
        return np.asarray(cv2.resize(values, self._size, interpolation=cv2.INTER_AREA), np.float32)

    def _mean(self, sums: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
        return normalise_blur(sums, self.share, reach)
