"""The metrics of the project's tables. Pictures are RGB uint8 (H, W, 3), holes bool (H, W), True = missing."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from training.features.mobilenet import MobileNet
from training.suites.cases import Box

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Pixels: window and standard deviation of its weights (Wang et al. 2004).
SSIM_WINDOW, SSIM_SIGMA = 11, 1.5
#: dB: what a perfect hole is given; chosen.
PSNR_CAP = 60.0
#: Pixels: the side that MobileNet's weights were trained at.
FEATURE_SIDE = 224
#: Stage whose channel means make the Frechet distance: 32 channels at stride 16, few enough for 50 cases.
FRECHET_STAGE = 4
#: Cases below which there is no Frechet distance; chosen, as above.
FRECHET_CASES = 50


def grey(picture: Picture) -> NDArray[np.float64]:
    """(H, W) luma, rounded to 8 bits as OpenCV does, as float64."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)


def psnr(result: Picture, truth: Picture, hole: Mask) -> float:
    """Peak signal-to-noise ratio over the hole's samples in dB, capped at 60."""
    squared = float(np.mean((result[hole].astype(float) - truth[hole]) ** 2))
    return min(PSNR_CAP, float(10 * np.log10(255**2 / max(squared, 1e-9))))


def ssim(result: Picture, truth: Picture, hole: Mask) -> float:
    """Structural similarity (Wang et al. 2004), grey, averaged over the Gaussian windows that touch the hole."""
    a, b = grey(result), grey(truth)

    def mean(image: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(image, (SSIM_WINDOW, SSIM_WINDOW), SSIM_SIGMA))

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    likeness /= (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    touching = cv2.dilate(hole.astype(np.uint8), np.ones((SSIM_WINDOW, SSIM_WINDOW), np.uint8)) > 0
    return float(likeness[touching].mean())


def seam(result: Picture, truth: Picture, hole: Mask) -> float:
    """Mean absolute grey step across the hole's border, less the same in the truth; 0 is right."""
    a, b = grey(result), grey(truth)
    total, count = 0.0, 0
    for axis in (0, 1):
        crosses = np.diff(hole.astype(np.int8), axis=axis) != 0
        steps = np.abs(np.diff(a, axis=axis)) - np.abs(np.diff(b, axis=axis))
        total += float(steps[crosses].sum())
        count += int(crosses.sum())
    return total / max(count, 1)


def sharpness(result: Picture, truth: Picture, hole: Mask) -> float:
    """Laplacian energy in the hole, result / truth; average it geometrically. 1 is right.

    A pixel of distance to the hole's border is kept where the hole is wide enough.
    """
    core = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    core = core if core.sum() >= 20 else hole
    energy = [float(np.mean(cv2.Laplacian(grey(p), cv2.CV_64F)[core] ** 2)) for p in (result, truth)]
    return (energy[0] + 0.5) / (energy[1] + 0.5)


def outside(result: Picture, given: Picture, hole: Mask) -> int:
    """Number of samples outside the hole that differ from the input; must be 0."""
    return int((result[~hole] != given[~hole]).sum())


def feature_window(hole: Mask, box: Box) -> tuple[slice, slice]:
    """Rows and columns of the square around the hole: at least half the face's height, inside the picture."""
    rows, columns = np.nonzero(hole)
    side = int(min(max(np.ptp(columns) + 1, np.ptp(rows) + 1, 0.5 * box[3]), *hole.shape))
    left = int(np.clip((columns.min() + columns.max() + 1 - side) / 2, 0, hole.shape[1] - side))
    top = int(np.clip((rows.min() + rows.max() + 1 - side) / 2, 0, hole.shape[0] - side))
    return slice(top, top + side), slice(left, left + side)


@dataclass(frozen=True, eq=False)
class Features:
    """Features of one case: distance of every result to the truth, and what the Frechet distance is made of.

    Attributes:
        distances: (M,) feature distance of each result.
        pooled: (M, 32) channel means of each result; pooled_truth: (32,).
        diversity: mean pairwise feature distance among the results.
    """

    distances: NDArray[np.float64]
    pooled: NDArray[np.float64]
    pooled_truth: NDArray[np.float64]
    diversity: float


class FeatureMetric:
    """LPIPS-like distance on MobileNetV2 features, not comparable with published LPIPS.

    Per stage: channels normalised to unit length at every position, squared differences summed over channels, averaged
    over positions with the hole's area as weight; then the mean over stages.
    """

    def __init__(self, network: MobileNet) -> None:
        self.network = network

    def __call__(self, truth: Picture, results: list[Picture], hole: Mask, box: Box) -> Features:
        """One pass of the network over the truth and all results of a case."""
        window = feature_window(hole, box)
        maps = self.network(np.stack([self._fit_picture(picture[window]) for picture in (truth, *results)]))
        area = torch.from_numpy(hole[window].astype(np.float32))[None, None]
        pool = torch.nn.functional.adaptive_avg_pool2d
        weights = [pool(area, (f.shape[2], f.shape[3]))[0, 0] for f in maps]
        units = [f / (f.norm(dim=1, keepdim=True) + 1e-6) for f in maps]

        def distance(i: int, j: int) -> float:
            stages = [
                float((((u[i] - u[j]) ** 2).sum(0) * w).sum() / w.sum()) for u, w in zip(units, weights, strict=True)
            ]
            return sum(stages) / len(stages)

        pooled = maps[FRECHET_STAGE].mean((2, 3)).double().numpy()
        pairs = list(combinations(range(1, len(results) + 1), 2))
        return Features(
            distances=np.array([distance(0, i + 1) for i in range(len(results))]),
            pooled=pooled[1:],
            pooled_truth=pooled[0],
            diversity=float(np.mean([distance(i, j) for i, j in pairs])) if pairs else 0.0,
        )

    @staticmethod
    def _fit_picture(picture: Picture) -> Picture:
        shrinks = picture.shape[0] > FEATURE_SIDE
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(picture, (FEATURE_SIDE,) * 2, interpolation=interpolation), np.uint8)


def frechet(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Frechet distance between Gaussians through two sets of (N, 32) pooled features; NaN below 50 cases."""
    if len(first) < FRECHET_CASES or len(second) < FRECHET_CASES:
        return float("nan")
    covariance_1, covariance_2 = np.cov(first.T), np.cov(second.T)
    roots = np.sqrt(np.maximum(np.linalg.eigvals(covariance_1 @ covariance_2).real, 0))
    apart = np.sum((first.mean(0) - second.mean(0)) ** 2)
    return float(apart + np.trace(covariance_1 + covariance_2) - 2 * roots.sum())
