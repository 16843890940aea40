"""Classical inpainting behind the same door as the models: what a result has to be better than.

``Telea``, ``NavierStokes`` and ``Biharmonic`` know nothing of faces; ``Mirror`` copies the other half of the face. All
give the same fill for every seed.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from statue_models.face.landmarks68 import MIRROR, interocular_distance
from statue_models.inpainting.border_range import keep_in_range
from statue_models.inpainting.interpolation import biharmonic, membrane
from statue_models.methods.descriptor import MethodOptions
from statue_models.methods.method import Answer, Crop, Fill
from statue_models.phases import Phase
from statue_models.pixels.grid import cells_at, centres_of
from statue_models.pixels.regions import dilate
from statue_models.request import Hypothesis, Progress

#: Radius in crop pixels from which OpenCV's two algorithms take their neighbours. Chosen.
RADIUS = 5
#: Smoothing of the mirror map (thin-plate spline over coordinates in interocular distances): landmark noise, not shape.
#: Set by eye.
MIRROR_SMOOTHING = 0.02


def march(
    rgb: NDArray[np.floating],
    known: NDArray[np.bool_],
    algorithm: int = cv2.INPAINT_TELEA,
    radius: float = RADIUS,
) -> NDArray[np.float32]:
    """Fill everything that is not known by one of OpenCV's algorithms.

    Args:
        rgb: (H, W, 3) in [0, 1]; known: (H, W) bool; algorithm: ``cv2.INPAINT_TELEA`` or ``cv2.INPAINT_NS``;
            radius: in pixels, from which it takes neighbours.

    Returns:
        (H, W, 3) float32 in [0, 1]; new samples are multiples of 1/255, because that is all these algorithms can do.
    """
    samples = np.where(known[..., None], np.clip(np.nan_to_num(rgb), 0, 1), 0)
    filled = cv2.inpaint(np.rint(samples * 255).astype(np.uint8), (~known).astype(np.uint8), radius, algorithm)
    return np.where(known[..., None], samples, filled / 255).astype(np.float32)


class SelectionMethod:
    """A method that looks at pixels alone, and fills each hole within the range of its border."""

    def __init__(self, fill: Callable[[Crop], NDArray[np.floating]]) -> None:
        self.fill = fill

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """The same fill for every hypothesis."""
        progress(Phase.FILLING, 0.0)
        rgb = self.fill(crop).astype(np.float32)
        keep_in_range(rgb, crop.hole, crop.rgb, crop.known)
        fill = Fill(rgb, interpolated=True)
        progress(Phase.FILLING, 1.0)
        return Answer((fill,) * len(hypotheses), None, {"hypotheses": 1})


class Telea(SelectionMethod):
    """Telea, "An Image Inpainting Technique Based on the Fast Marching Method" (2004), by OpenCV."""

    def __init__(self) -> None:
        super().__init__(lambda crop: march(crop.rgb, crop.known, cv2.INPAINT_TELEA))


class NavierStokes(SelectionMethod):
    """Bertalmio et al., "Navier-Stokes, Fluid Dynamics, and Image and Video Inpainting" (2001), by OpenCV."""

    def __init__(self) -> None:
        super().__init__(lambda crop: march(crop.rgb, crop.known, cv2.INPAINT_NS))


class Biharmonic(SelectionMethod):
    """Biharmonic inpainting (Damelin and Hoang 2018)."""

    def __init__(self) -> None:
        super().__init__(lambda crop: biharmonic(crop.rgb, crop.hole, crop.known | crop.hole))


class Mirror:
    """The other half of the face, reflected and moved by a membrane to meet the photograph at the hole's border."""

    def restore(
        self, crop: Crop, hypotheses: Sequence[Hypothesis], options: MethodOptions, progress: Progress
    ) -> Answer:
        """The same fill for every hypothesis; Telea where the mirrored pixel is itself missing. Needs landmarks."""
        progress(Phase.FILLING, 0.0)
        positions = mirrored_positions(crop.face.points, _band(crop.hole))
        reflected, there = _reflect(crop, positions)
        copied = crop.hole & there
        rgb = crop.rgb.astype(np.float64)
        if copied.any():
            step = membrane(rgb - reflected, copied, copied | (crop.known & there))
            rgb[copied] = np.clip(reflected + step, 0, 1)[copied]
        filled = march(rgb, crop.known | copied)
        progress(Phase.FILLING, 1.0)
        share = float(copied.sum() / max(crop.hole.sum(), 1))
        # Nothing is borrowed: finer structure of the other half would have to be reflected, not shifted.
        fill = Fill(rgb=filled)
        return Answer((fill,) * len(hypotheses), None, {"hypotheses": 1, "mirrored": round(share, 4)})


def mirrored_positions(points: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """For each pixel of ``where`` (H, W), the position of its mirror image on the face.

    The map is a smoothing thin-plate spline that sends every landmark to its opposite: an affine reflection for a face
    seen from the front, bent as far as a three-quarter view needs.

    Args:
        points: (68, 2) landmarks in pixels (x, y).

    Returns:
        (H, W, 2) float32 (x, y) in pixels; zero outside ``where``.
    """
    positions = np.zeros((*where.shape, 2), np.float32)
    if not where.any():
        return positions
    centre, unit = points.mean(0), interocular_distance(points)
    normal = (points - centre) / unit
    spline = RBFInterpolator(normal, normal[MIRROR], smoothing=MIRROR_SMOOTHING, kernel="thin_plate_spline")
    rows, columns = np.nonzero(where)
    pixels = (centres_of(np.stack([columns, rows], axis=1)) - centre) / unit
    positions[where] = spline(pixels) * unit + centre
    return positions


def _band(hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The hole and one pixel around it, where the step at its border is read."""
    return dilate(hole, 1)


def _reflect(crop: Crop, positions: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Samples at ``positions`` (H, W, 3), and where all four pixels that they are made of are known (H, W)."""
    x, y = cells_at(positions[..., 0]), cells_at(positions[..., 1])
    samples = np.where(crop.known[..., None], crop.rgb, 0)
    with_known = np.dstack([samples, crop.known]).astype(np.float32)
    reflected = cv2.remap(with_known, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return reflected[..., :3].astype(np.float64), (reflected[..., 3] > 0.999) & _band(crop.hole)
