"""``surroundings``: any hole, by patches of what is visible around it; what stands in where no face is found."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor

if TYPE_CHECKING:
    from statue_models.methods.method import Method


def _load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
    from statue_models.methods.surroundings.surroundings import Surroundings

    return Surroundings()


DESCRIPTORS = (
    MethodDescriptor(
        name="surroundings",
        title="Surroundings",
        kind="classical",
        needs="pixels",
        licence="Apache-2.0",
        how="Patches of what is visible around the hole are put together in it (Wexler, Shechtman and Irani 2007), "
        "with their finest detail.",
        use="drapery, hair, ground: whatever goes on as it is around",
        load=_load,
    ),
)
