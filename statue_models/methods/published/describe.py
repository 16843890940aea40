"""How a published system describes itself: a row, and a loader that imports its network when it is opened."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from statue_models.methods.descriptor import MethodDescriptor, Needs

if TYPE_CHECKING:
    from statue_models.methods.method import Method

_ROOM = "statue_models.networks.published"


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
        from statue_models.networks.loading import read_network

        assert weights is not None, "the door opens no network without weights"
        module, kind = network.split(":")
        return CompletionMethod(
            read_network(getattr(import_module(f"{_ROOM}.{module}"), kind), weights, sha256), device
        )

    run = f"runs/{name}"
    train = f"python -m training train {name} --reduced --out {run}"
    return MethodDescriptor(
        name, title, "network", needs, "Apache-2.0", how, use, load, hypotheses=hypotheses, published=True,
        untrained=f"Train it in a checkout of the project with '{train}', then 'python -m training publish {run}'.",
    )  # fmt: skip
