"""``statuefit``: restoration by a fitted head."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor

if TYPE_CHECKING:
    from statue_models.methods.method import Method


def _load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
    from statue_models.methods.statuefit.statuefit import StatueFit

    return StatueFit()


DESCRIPTORS = (
    MethodDescriptor(
        name="statuefit",
        title="Fitted head",
        kind="fit",
        needs="landmarks",
        licence="Apache-2.0; head.npz MIT (ICT-FaceKit)",
        how="A morphable head is fitted to the landmarks, lit as the photograph is, carved and worn as statues are, "
        "and grained like the stone beside it.",
        use="faces of statues, without PyTorch",
        load=_load,
    ),
)
