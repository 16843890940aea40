"""``statueflow``: the fitted head's fill, made over by a rectified flow."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor, MethodOptions

if TYPE_CHECKING:
    from statue_models.methods.method import Method


@dataclass(frozen=True)
class StatueFlowOptions(MethodOptions):
    """What ``statueflow`` can be asked for.

    Attributes:
        steps: sampling steps of each look of the network; None = as many as measured best.
    """

    steps: int | None = None


def _load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
    from statue_models.methods.statueflow.method import FlowMethod

    assert weights is not None, "the door opens no network without weights"
    return FlowMethod.from_file(weights, sha256, device, precision)


DESCRIPTORS = (
    MethodDescriptor(
        name="statueflow",
        title="Rectified-flow network",
        kind="network",
        needs="landmarks",
        licence="Apache-2.0",
        how="A rectified flow makes the fitted head's fill over into stone, each time differently where that is open.",
        use="faces of statues",
        load=_load,
        options=StatueFlowOptions,
        untrained="Train it with 'python -m training train statueflow', or choose the model statuefit.",
    ),
)
