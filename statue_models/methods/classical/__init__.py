"""Classical inpainting behind the same door as the models: what a result has to be better than."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import Load, MethodDescriptor, Needs

if TYPE_CHECKING:
    from statue_models.methods.method import Method


def _load(name: str) -> Load:
    def load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
        from statue_models.methods.classical import classical

        make: Callable[[], Method] = getattr(classical, name)
        return make()

    return load


def _describe_method(
    name: str, title: str, class_name: str, how: str, use: str, needs: Needs = "pixels"
) -> MethodDescriptor:
    return MethodDescriptor(
        name, title, "classical", needs, "Apache-2.0", how, use, _load(class_name), hypotheses=False
    )


DESCRIPTORS = (
    _describe_method(
        "mirror",
        "Other half of the face",
        "Mirror",
        "The visible half is reflected across the face and matched to the surroundings.",
        "one lost side of a face seen from the front",
        "landmarks",
    ),
    _describe_method(
        "biharmonic",
        "Smooth continuation",
        "Biharmonic",
        "Brightness and its slope run on into the hole (Damelin and Hoang 2018).",
        "cracks and pits",
    ),
    _describe_method(
        "telea",
        "Fast marching",
        "Telea",
        "Telea's fast-marching inpainting (2004), as OpenCV has it.",
        "small holes anywhere",
    ),
    _describe_method(
        "ns",
        "Navier-Stokes",
        "NavierStokes",
        "Navier-Stokes inpainting (Bertalmio, Bertozzi and Sapiro 2001), as OpenCV has it.",
        "small holes anywhere",
    ),
)
