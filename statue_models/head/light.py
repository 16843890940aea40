"""How the visible stone is lit, learnt from the photograph: low-order light on the fitted head's normals and openness.

Linear-light intensity = second-order spherical harmonics of the normal + openness x first-order harmonics, fitted by
robust regularised least squares (Basri and Jacobs 2003: nine harmonics hold 98 % of a Lambertian surface's light).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

DARKEST = 0.003  #: linear light: below this a photograph shows noise, not shape; set by eye
#: Ridge weights in units of the pixels' total weight: constant, linear, quadratic harmonics; openness terms. Set by
#: eye.
RIDGE = np.array([1e-3] + [0.02] * 3 + [0.08] * 5 + [0.01] + [0.05] * 3)
ROBUST_ROUNDS = 6  #: of reweighted least squares; set by eye
ENOUGH = 20_000  #: pixels that thirteen coefficients are fitted to; for time
#: Interocular distances from the hole over which stone's say falls off, for near stone says more about the light there;
#: weight of all other stone. Set by eye.
NEAR, FAR_WEIGHT = 0.6, 0.15


def to_linear(encoded: NDArray[Any]) -> NDArray[Any]:
    """sRGB-encoded 0..1 -> linear light (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4)


def to_encoded(linear: NDArray[Any]) -> NDArray[Any]:
    """Linear light 0..1 -> sRGB-encoded."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def light_basis(normal: NDArray[np.float32], open_sky: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 13): nine harmonics of the normal, then openness alone and times the three linear ones."""
    x, y, z = normal[..., 0], normal[..., 1], normal[..., 2]
    harmonics = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1]
    return np.stack([*harmonics, open_sky, open_sky * x, open_sky * y, open_sky * z], -1)


@dataclass(frozen=True, eq=False)
class Light:
    """Fitted light: ``coefficients`` (13,) of ``light_basis`` and the stone's ``hue`` (3,), mean about 1."""

    coefficients: NDArray[np.float64]
    hue: NDArray[np.float64]

    def intensity(self, basis: NDArray[np.float32]) -> NDArray[np.float64]:
        """(...,) linear light of the bare head."""
        return np.maximum(basis @ self.coefficients, DARKEST)

    def colour(self, intensity: NDArray[Any]) -> NDArray[Any]:
        """(..., 3) sRGB-encoded 0..1 of linear intensities in the stone's hue."""
        return to_encoded(np.clip(intensity, 0, 1)[..., None] * self.hue)


def fit_light(
    basis: NDArray[np.float32],
    linear: NDArray[np.float64],
    use: NDArray[np.bool_],
    hole: NDArray[np.bool_],
    interocular: float,
) -> Light:
    """Fits the light on the visible face.

    Args:
        basis: (S, S, 13) of ``light_basis``.
        linear: (S, S, 3) the photograph in linear light.
        use: (S, S) pixels that show the face's surface.
        hole: (S, S) the missing part: nearer pixels count more.
        interocular: distance of the outer eye corners in pixels.
    """
    pixels = np.flatnonzero(use)
    pixels = pixels[:: max(1, len(pixels) // ENOUGH)]
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5).ravel()[pixels]
    local = FAR_WEIGHT + np.exp(-((distance / (NEAR * interocular)) ** 2))
    rows = basis.reshape(-1, basis.shape[-1])[pixels].astype(np.float64)
    colours = linear.reshape(-1, 3)[pixels]
    luminance = colours.mean(1)
    ridge = np.diag(RIDGE) * local.sum()
    weights = local
    for _ in range(ROBUST_ROUNDS):
        coefficients = np.linalg.solve(
            (rows * weights[:, None]).T @ rows + ridge, (rows * weights[:, None]).T @ luminance
        )
        error = np.abs(rows @ coefficients - luminance)
        weights = local / np.maximum(1, error / (np.median(error) * 1.5 + 1e-4))
    hue = np.median(colours / np.maximum(luminance, 1e-3)[:, None], 0)
    return Light(coefficients, hue)
