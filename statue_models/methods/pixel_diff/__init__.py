"""``painting-pixel-diff``: the bright pixels of a selection are the damage, and fast marching closes them (system 1).

Nirvan, "Image-Restoration-deep-learning": a rectangle is selected, all pixels in it whose three channels are at least
150 are taken for damage, and OpenCV fills these. The selection may have any form here. White paint is taken for damage,
too: that is the method's weakness, and the threshold its only remedy.

Departure: the original fills a copy of the rectangle alone; here what lies beside the selection is seen as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.fields import FIELDS
from statue_models.methods.descriptor import Load, MethodDescriptor, MethodOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from statue_models.methods.method import Method
    from statue_models.request import RestorationRequest


@dataclass(frozen=True)
class PixelDiffOptions(MethodOptions):
    """What the methods can be asked for.

    Attributes:
        threshold: the darkest level of damage, of 255.
    """

    threshold: int = FIELDS["threshold"].default


def _narrow(request: "RestorationRequest", options: MethodOptions) -> "NDArray[np.uint8]":
    from statue_models.methods.pixel_diff.pixel_diff import bright_part

    assert isinstance(options, PixelDiffOptions)
    return bright_part(request, options.threshold)


def _load(name: str) -> Load:
    def load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
        from statue_models.methods.pixel_diff import pixel_diff

        make: Callable[[], Method] = getattr(pixel_diff, name)
        return make()

    return load


def _describe(name: str, title: str, class_name: str, how: str) -> MethodDescriptor:
    return MethodDescriptor(
        name, title, "classical", "pixels", "Apache-2.0", how, "white paint loss on paintings", _load(class_name),
        PixelDiffOptions, hypotheses=False, published=True, narrow=_narrow,
    )  # fmt: skip


DESCRIPTORS = (
    _describe(
        "painting-pixel-diff",
        "Bright damage, fast marching",
        "BrightTelea",
        "The selection's bright pixels alone are filled, by Telea's fast marching (Nirvan's pixel diff); for white "
        "paint loss on paintings.",
    ),
    _describe(
        "painting-pixel-diff-ns",
        "Bright damage, Navier-Stokes",
        "BrightNavierStokes",
        "The selection's bright pixels alone are filled, by Navier-Stokes inpainting (Nirvan's pixel diff); for white "
        "paint loss on paintings.",
    ),
)
