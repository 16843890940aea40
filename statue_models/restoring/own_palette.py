"""Pictures of a few colours keep to them: line engravings, halftones, stamps, scans of one bit.

A fill has as many levels as it likes; among two it is seen as a grey patch. Where the whole photograph shows a few
colours alone, the fill gets the nearest of them; where these stand for shades, by dots or by lines, it is dithered with
dots as large as theirs.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from statue_models.pixels.bands import bands
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.white import Scale
from statue_models.request import Hypothesis

#: Colours of a picture that has a palette, at most: photographs have more in any corner. Chosen: 4 bits.
MOST_COLOURS = 16
#: Pixels that are looked at before all are; for time, chosen.
SAMPLE = 4096
#: Share of neighbours that are unlike from which on colours stand for shades. Set by eye: shapes without shades have
#: less than a twentieth, screens and hatching a fifth and more.
BUSY = 0.08
#: Standard deviation of the noise that dots are made of, over the mean length of runs of one colour. Set by eye.
DOT = 0.25


def find_palette(image: NDArray[Any], mask: NDArray[np.uint8]) -> NDArray[Any] | None:
    """(K, 1 or 3) the colours that a photograph shows; None for one alone, and for more than ``MOST_COLOURS``.

    Args:
        image: (H, W, C) as in ``RestorationRequest``.
        mask: (H, W) uint8, > 0 = missing: what stands there counts for nothing, nor what is fully transparent.
    """
    step = max(1, round((mask.size / SAMPLE) ** 0.5))
    found: list[NDArray[Any]] = []
    if not _collect_colours(image[::step, ::step], mask[::step, ::step], found):
        return None
    if not all(_collect_colours(image[band], mask[band], found) for band in bands(len(mask))) or len(found) < 2:
        return None
    return np.stack(found)


def _collect_colours(image: NDArray[Any], mask: NDArray[np.uint8], found: list[NDArray[Any]]) -> bool:
    """Add the colours of a part of the photograph that are new; whether there are no more than may be."""
    seen = mask == 0
    if image.shape[2] in (2, 4):
        seen &= image[..., -1] > 0
    left = image[..., : 3 if image.shape[2] >= 3 else 1][seen]
    for colour in found:
        left = left[(left != colour).any(1)]
    while len(left):
        if len(found) == MOST_COLOURS:
            return False
        found.append(left[0].copy())
        left = left[(left != found[-1]).any(1)]
    return True


def keep_to_palette(
    pixels: NDArray[Any],
    mask: NDArray[np.uint8],
    palette: NDArray[Any],
    scale: Scale,
    run: float | None,
    hypothesis: Hypothesis,
) -> None:
    """Give every restored pixel a colour of the palette, in place.

    Args:
        pixels: (h, w, C) samples of the photograph's rectangle, restored.
        mask: (h, w) uint8 over it, > 0 = missing.
        palette: as ``find_palette`` gives it.
        scale: of the photograph's samples.
        run: as ``run_length`` gives it: pixels; None = nearest colours, without dots.
        hypothesis: whose seed the dots come from.
    """
    hole, colours = mask > 0, palette.shape[1]
    levels = scale.encode(pixels[..., :colours][hole].astype(np.float64))
    choices = scale.encode(palette.astype(np.float64))
    if run is not None and len(choices) > 1:
        apart = np.linalg.norm(choices[:, None] - choices[None], axis=2) / colours**0.5
        np.fill_diagonal(apart, np.inf)
        levels = levels + (_dots(hole.shape, run, hypothesis)[hole] - 0.5)[:, None] * apart.min(1).mean()
    nearest = np.zeros(len(levels), np.intp)
    least = np.full(len(levels), np.inf)
    for number, colour in enumerate(choices):
        distance = ((levels - colour) ** 2).sum(1)
        nearest[distance < least] = number
        np.minimum(least, distance, out=least)
    changed = pixels[hole]
    changed[:, :colours] = palette[nearest]
    pixels[hole] = changed


def run_length(image: NDArray[Any], mask: NDArray[np.uint8], rectangle: Rectangle) -> float | None:
    """Mean length in pixels of runs of one colour around a hole; None where colours do not stand for shades.

    Args:
        image: (H, W, C). mask: (H, W) uint8, > 0 = missing.
        rectangle: the hole's bounding box.
    """
    window = rectangle.expand(max(rectangle.width, rectangle.height), mask.shape).slices
    colours = image[window][..., : 3 if image.shape[2] >= 3 else 1]
    seen = mask[window] == 0
    unlike, pairs = 0, 0
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        both = seen[one] & seen[other]
        pairs += int(both.sum())
        unlike += int(((colours[one] != colours[other]).any(2) & both).sum())
    return None if unlike <= BUSY * pairs else pairs / unlike


def _dots(shape: tuple[int, ...], run: float, hypothesis: Hypothesis) -> NDArray[np.float64]:
    """(h, w) thresholds, evenly spread over 0..1, that change over as many pixels as the picture's own dots do."""
    sigma = DOT * run
    noise = np.random.default_rng(hypothesis.seed).standard_normal(shape)
    if sigma > 0.4:  # a narrower blur is none
        blurred = cv2.GaussianBlur(noise, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        noise = np.asarray(blurred / max(float(blurred.std()), 1e-9), np.float64)  # unit variance again
    return np.asarray(ndtr(noise))
