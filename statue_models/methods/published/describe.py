"""How a published system describes itself: a row, and a loader that imports its network when it is opened."""

from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor, Needs
from statue_models.models_file import how_to_train

if TYPE_CHECKING:
    from statue_models.methods.method import Method


def published(
    name: str,
    title: str,
    how: str,
    network: str,
    needs: Needs = "pixels",
    hypotheses: bool = False,
    use: str = "pictures like those it was trained on",
) -> MethodDescriptor:
    """The descriptor of a published system.

    Args:
        name: with hyphens; its recipe has the same.
        title: for menus.
        how: one sentence: what it was published for, by whom, and how it works.
        network: "module:class" in ``statue_models.networks.published``.
        needs, hypotheses, use: as ``MethodDescriptor`` has them.
    """

    def load(device: str, precision: str, weights: Path | None, sha256: str | None) -> "Method":
        from statue_models.methods.completion import CompletionMethod
        from statue_models.networks.loading import read_published

        assert weights is not None, "the door opens no network without weights"
        return CompletionMethod(read_published(network, weights, sha256), device)

    return MethodDescriptor(
        name, title, "network", needs, "Apache-2.0", how, use, load, hypotheses=hypotheses, published=True,
        untrained=how_to_train(name),
    )  # fmt: skip
